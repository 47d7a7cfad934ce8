import { decode, detectEncoding, type Encoding, wideEncoding } from "../csv/encoding.js";
import { provePlain } from "../csv/plain.js";
import { type CsvLayout, SqlError } from "../engine/engine.js";
import type { IngestedAsset } from "../model.js";
import { unpacked } from "../store/unpacked.js";
import { type CsvReading, mayBePlain, readCsvLayout } from "./csv-layout.js";
import { type Head, readHead, wholeLines } from "./head.js";
import type { IngestWork } from "./work.js";

/** A CSV file as it will be read, or why it cannot be. */
export type CsvFile =
  | {
      readonly kind: "layout";
      readonly layout: CsvLayout;
      /** Rows of a file that is proven plain; null: it is read with care. */
      readonly records: number | null;
      readonly added: readonly string[];
      readonly missing: readonly string[];
      /** What was found out about it and is worth a look. */
      readonly remarks: readonly string[];
    }
  | { readonly kind: "empty" }
  | { readonly kind: "unreadable"; readonly reason: string };

type Asset = Pick<IngestedAsset, "ingest" | "columns"> & IngestedAsset;

/** Looks at every byte of a file before anything is made of it: encoding, dialect, header, and whether it is plain. */
export async function inspectCsv(asset: Asset, session: IngestWork["session"], path: string): Promise<CsvFile> {
  if (path.endsWith(".zst")) return packedZst(asset, session, path);
  const head = await readHead(path);
  const told = await encodingOf(asset, head, path);
  if (told.encoding === null) return { kind: "unreadable", reason: unreadable(told.why) };
  const reading = readCsvLayout(asset, await headText(head, told.encoding), told.encoding);
  if (reading.kind !== "layout") return reading;
  const { layout } = reading;
  const proof = mayBePlain(layout)
    ? await provePlain(bytesOf(path, head), { ...layout, width: layout.fields.length })
    : { records: null, isUtf8: layout.encoding !== "utf-8" || told.damaged };
  // Its first lines are UTF-8, and all that follows has to be, or another encoding it is.
  const all = proof.isUtf8 ? told : await encodingOf(asset, null, path);
  if (all.encoding === null) return { kind: "unreadable", reason: unreadable(all.why) };
  const full = { ...layout, encoding: all.encoding, damaged: all.damaged };
  const records = proof.records === null ? null : proof.records - (layout.header ? 1 : 0);
  return { ...reading, layout: full, records, remarks: remarksOn(asset, full, all.guessed) };
}

/** Its columns by its first lines alone, and these as text. */
export async function readCsvHead(
  asset: Asset,
  session: IngestWork["session"],
  path: string,
): Promise<{ reading: CsvReading; text: string }> {
  if (path.endsWith(".zst")) {
    const text = (await session.readHead(path)).replace("\uFEFF", "");
    return { reading: readCsvLayout(asset, text, "utf-8"), text };
  }
  const head = await readHead(path);
  const told = await encodingOf(asset, head, path);
  if (told.encoding === null) return { reading: { kind: "unreadable", reason: unreadable(told.why) }, text: "" };
  const text = await headText(head, told.encoding);
  return { reading: readCsvLayout(asset, text, told.encoding), text };
}

function unreadable(why: string): string {
  return `${why}; write it as UTF-8, or declare its \`encoding\` under \`ingest.csv\``;
}

/** Only the engine can unpack it, and only where its text is UTF-8. */
async function packedZst(asset: Asset, session: IngestWork["session"], path: string): Promise<CsvFile> {
  const text = await session.readHead(path).catch((trouble: unknown) => {
    if (trouble instanceof SqlError) return null;
    throw trouble;
  });
  if (text === null) return { kind: "unreadable", reason: "its text is not UTF-8; a `.zst` file in another encoding cannot be read" };
  const reading = readCsvLayout(asset, text.replace("\uFEFF", ""), "utf-8");
  return reading.kind === "layout" ? { ...reading, records: null, remarks: remarksOn(asset, reading.layout, false) } : reading;
}

type Told =
  | { readonly encoding: Encoding; readonly damaged: boolean; readonly guessed: boolean }
  | { readonly encoding: null; readonly why: string };

/** What is declared is binding; otherwise the file tells. Without a head the whole file is asked. */
async function encodingOf({ ingest: { csv } }: Asset, head: Head | null, path: string): Promise<Told> {
  const declared = csv.encoding;
  if (declared === "latin-1" || declared === "windows-1252") return { encoding: declared, damaged: false, guessed: false };
  const bytes = head?.bytes ?? new Uint8Array(0);
  const wide = declared === "utf-8" ? null : wideEncoding(bytes);
  if (declared === "utf-16") return { encoding: wide === "utf-16be" ? wide : "utf-16le", damaged: true, guessed: false };
  if (wide === "utf-32") return { encoding: null, why: "it is UTF-32" };
  if (wide !== null) return { encoding: wide, damaged: true, guessed: false };
  if (declared === "utf-8") return { encoding: "utf-8", damaged: true, guessed: false };
  if (head?.bytes.every((byte) => byte < 0x80) === true) return { encoding: "utf-8", damaged: false, guessed: false };
  return detectEncoding(bytesOf(path, head));
}

/** A small file was read with its head. */
function bytesOf(path: string, head: Head | null): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return head?.whole === true ? [head.bytes] : unpacked(path);
}

async function headText(head: Head, encoding: Encoding): Promise<string> {
  let text = "";
  for await (const part of decode([head.bytes], encoding)) text += part;
  return wholeLines(text, head.whole);
}

function remarksOn({ ingest: { csv } }: Asset, layout: CsvLayout, guessed: boolean): readonly string[] {
  const above = layout.firstLine - 2 - csv.skip;
  return [
    ...(guessed ? ["is not UTF-8, and is read as windows-1252"] : []),
    ...(layout.header && above > 0
      ? [`has its header below ${above === 1 ? "a line" : `${above} lines`} that ${above === 1 ? "is" : "are"} not read`]
      : []),
    ...(layout.padding !== null ? ["pads its fields with blanks, which are cut off"] : []),
  ];
}
