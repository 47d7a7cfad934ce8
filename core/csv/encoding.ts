import { isUtf8 } from "node:buffer";

/** `windows-1252` is what programs of Western Europe wrote before UTF-8; `latin-1` differs from it in 27 signs. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "latin-1" | "windows-1252";

/** What the bytes say, or why they are no text that can be read without being told. */
export type EncodingFound =
  | {
      readonly encoding: Encoding;
      /** Whether some of its bytes are no text in this encoding: their rows are refused. */
      readonly damaged: boolean;
      /** Whether it was guessed from the bytes alone, and could be another. */
      readonly guessed: boolean;
    }
  | { readonly encoding: null; readonly why: string };

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** By the byte order mark, or by the zeros of UTF-16; null: by neither. */
export function wideEncoding(head: Uint8Array): "utf-16le" | "utf-16be" | "utf-32" | null {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "utf-32" : "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return "utf-32";
  const sample = head.subarray(0, 1024);
  if (sample.length < 4) return null;
  const zeros = [0, 0];
  sample.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const many = sample.length * 0.4;
  if (odd > many && even === 0) return "utf-16le";
  if (even > many && odd === 0) return "utf-16be";
  return null;
}

/**
 * UTF-8 where the bytes are; where only some are not, the file is UTF-8 and damaged. Where none of what is beyond ASCII is UTF-8, and it
 * reads like a Western European text, `windows-1252`.
 */
export async function detectEncoding(bytes: Bytes): Promise<EncodingFound> {
  const seen = { first: true, valid: 0, invalid: 0, letters: 0, foreign: 0, odd: null as string | null, wide: null as string | null };
  for await (const text of latinTexts(bytes)) {
    if (seen.first) seen.wide = wideEncoding(Buffer.from(text.slice(0, 1024), "latin1"));
    seen.first = false;
    if (seen.wide !== null) break;
    const rest = text.replace(multibyte, (sequence) => {
      seen.valid += 1;
      return sequence.length > 3 ? "  " : " ";
    });
    seen.invalid += count(rest, /[\x80-\xff]/g);
    seen.letters += count(rest, /[A-Za-z]/g);
    seen.foreign += count(rest, letterBeyondAscii);
    seen.odd ??= implausible.find(([pattern]) => pattern.test(rest))?.[1] ?? null;
  }
  if (seen.wide === "utf-32") return { encoding: null, why: "it is UTF-32" };
  if (seen.wide !== null) return { encoding: seen.wide as Encoding, damaged: false, guessed: false };
  if (seen.invalid === 0) return { encoding: "utf-8", damaged: false, guessed: false };
  if (seen.valid > 0) return { encoding: "utf-8", damaged: true, guessed: false };
  if (seen.odd !== null) return { encoding: null, why: `it is not UTF-8, and not windows-1252 either: ${seen.odd}` };
  if (seen.foreign > 3 && seen.foreign * 2 > seen.letters)
    return { encoding: null, why: "it is not UTF-8, and has more letters beyond ASCII than windows-1252 texts have" };
  return { encoding: "windows-1252", damaged: false, guessed: true };
}

const multibyte = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;
const letterBeyondAscii = /[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]/g;
const implausible: readonly (readonly [RegExp, string])[] = [
  [/[\x81\x8d\x8f\x90\x9d]/, "it has bytes that stand for nothing there"],
  [/[A-Za-z][\x80-\x89\x8b\x91\x93-\x99\x9b\xa1-\xac\xae-\xb6\xb8-\xbf\xd7\xf7][a-z]/, "signs would stand in the middle of words"],
  [/[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]{4}/, "words would be made of accented letters"],
];

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Bytes as characters of the same number, cut only between ASCII characters, so that no word and no sequence is torn. */
async function* latinTexts(bytes: Bytes): AsyncGenerator<string> {
  let kept = "";
  for await (const chunk of bytes) {
    const text = kept + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    let cut = text.length - 1;
    while (cut > 0 && text.charCodeAt(cut) >= 0x80) cut -= 1;
    kept = text.slice(Math.max(cut, 0));
    if (cut > 0) yield text.slice(0, cut);
  }
  yield kept;
}

/** Bytes -> texts, without the byte order mark. What is no text becomes U+FFFD. */
export async function* decode(bytes: Bytes, encoding: Encoding): AsyncGenerator<string> {
  if (encoding === "latin-1" || encoding === "windows-1252") {
    for await (const chunk of bytes) {
      const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
      yield encoding === "latin-1" ? text : fromWindows1252(text);
    }
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** The bytes 0x80 to 0x9f (Node's own decoder takes them for control characters). */
const signs = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

function fromWindows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (character) => signs[character.charCodeAt(0) - 0x80] ?? character);
}

/** The other way; what it has no byte for becomes a question mark. */
export function toWindows1252(text: string): Uint8Array {
  const byteOf = (character: string): number => {
    const sign = signs.indexOf(character);
    const code = character.charCodeAt(0);
    return sign >= 0 ? 0x80 + sign : code > 0xff ? 0x3f : code;
  };
  return Uint8Array.from([...text], byteOf);
}

/** Whether chunk after chunk is UTF-8; a sequence may go on in the next one. */
export function utf8Checker(): { readonly add: (chunk: Uint8Array) => boolean; readonly end: () => boolean } {
  let kept: Uint8Array = new Uint8Array(0);
  return {
    add(chunk) {
      const all = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
      const whole = all.length - unfinished(all);
      kept = all.slice(whole);
      return isUtf8(all.subarray(0, whole));
    },
    end: () => isUtf8(kept),
  };
}

/** Bytes at the end that may be the beginning of a character. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}
