import { utf8Checker } from "./encoding.js";

/** What a CSV file is once every byte of it was looked at. */
export interface PlainProof {
  /** Its records, the header among them; null: the file is not plain. */
  readonly records: number | null;
  readonly isUtf8: boolean;
}

export interface PlainShape {
  /** One character of ASCII. */
  readonly delimiter: string;
  /** The same character escapes itself; empty: none. */
  readonly quote: string;
  /** Whether the quote was found out and not declared. */
  readonly quoteGuessed: boolean;
  /** Whether two backslashes in quotes could stand for one. */
  readonly escapeUnclear: boolean;
  /** Fields of every record. */
  readonly width: number;
}

const [lineFeed, carriageReturn, doubleQuote, apostrophe, backtick, backslash] = [10, 13, 34, 39, 96, 92] as const;
const blank = 32;
/** The first byte of a byte order mark. */
const mark = 0xef;
/** Where in a field the next byte stands. */
const [atStart, inBare, inQuoted, behindQuote] = [0, 1, 2, 3] as const;

/**
 * Whether a file is so plain that any reader reads it alike: UTF-8, one line a record, every record of the same number of fields, one kind
 * of line end, quotes only around whole fields and doubled within, no blank line, no NUL, nothing odd at its end. Any doubt means no, and
 * costs only time: the file is then read with care.
 */
export async function provePlain(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, shape: PlainShape): Promise<PlainProof> {
  const utf8 = utf8Checker();
  const scan = plainScan(shape);
  let [isUtf8, plain] = [true, true];
  for await (const chunk of chunks) {
    isUtf8 &&= utf8.add(chunk);
    plain &&= isUtf8 && scan.add(chunk);
    if (!isUtf8) return { records: null, isUtf8 };
  }
  isUtf8 &&= utf8.end();
  return { records: plain && isUtf8 ? scan.end() : null, isUtf8 };
}

/** `add` says whether all is plain so far, `end` how many records there were, or null. */
function plainScan(shape: PlainShape): { readonly add: (chunk: Uint8Array) => boolean; readonly end: () => number | null } {
  const delimiter = shape.delimiter.charCodeAt(0);
  const quote = shape.quote === "" ? -1 : shape.quote.charCodeAt(0);
  const last = shape.width - 1;
  const { quoteGuessed } = shape;
  let state: number = atStart;
  let field = 0;
  let records = 0;
  let before: number = lineFeed;
  let crlf = -1;
  let firstFilled = false;
  let othersFilled = false;

  /** A record ends: as wide as the others, and with something in it. */
  const endRecord = (): boolean => {
    if (field !== last || !(firstFilled || othersFilled)) return false;
    records += 1;
    field = 0;
    state = atStart;
    return true;
  };
  const content = (): void => {
    if (field === 0) firstFilled = true;
    else othersFilled = true;
  };
  const add = (chunk: Uint8Array): boolean => {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (before === lineFeed && state === atStart && field === 0) firstFilled = othersFilled = false;
      if (state === inQuoted) {
        if (byte === quote) state = behindQuote;
        else if (byte === lineFeed || byte === carriageReturn || byte === 0) return false;
        else if (byte === backslash && before === backslash && shape.escapeUnclear) return false;
        else if (byte !== blank) content();
      } else if (byte === lineFeed) {
        const ending = before === carriageReturn ? 1 : 0;
        if (crlf < 0) crlf = ending;
        if (ending !== crlf || !endRecord()) return false;
      } else if (before === carriageReturn || byte === 0) return false;
      else if (byte === delimiter) {
        field += 1;
        state = atStart;
      } else if (byte === quote) {
        if (state === inBare) return false;
        if (state === behindQuote) content();
        state = inQuoted;
      } else if (byte !== carriageReturn) {
        if (state === behindQuote || (byte === mark && before === lineFeed && records > 0)) return false;
        if (quoteGuessed && ((byte === doubleQuote && quote !== doubleQuote) || (state === atStart && isQuote(byte)))) return false;
        state = inBare;
        if (byte !== blank) content();
      }
      before = byte;
    }
    return true;
  };
  const end = (): number | null => {
    if (state === inQuoted || before === carriageReturn) return null;
    if (before !== lineFeed && !endRecord()) return null;
    // With something in its first field only, the last record may be a footnote.
    return last > 0 && !othersFilled ? null : records;
  };
  return { add, end };
}

function isQuote(byte: number): boolean {
  return byte === doubleQuote || byte === apostrophe || byte === backtick;
}
