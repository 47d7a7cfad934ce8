import { isWrapped, type Padding, unpadded } from "./dialect.js";
import type { TextRecord } from "./records.js";

/** What is known of a table when its rows are read. */
export interface TableShape {
  /** Fields of every row. */
  readonly width: number;
  /** The header's cells; null without one. */
  readonly names: readonly string[] | null;
  readonly delimiter: string;
  readonly quote: string;
  /** Whether the quote was found out and not declared: then a field in other quotes is refused. */
  readonly quoteGuessed: boolean;
  /** Whether two backslashes in quotes could stand for one. */
  readonly escapeUnclear: boolean;
  readonly padding: Padding | null;
  /** Whether U+FFFD stands for bytes that are no text. */
  readonly damaged: boolean;
  /** The first row belongs to the header. */
  readonly headerGoesOn: boolean;
}

export interface TableRow {
  readonly line: number;
  /** Of the shape's width; null where it is refused. */
  readonly cells: readonly string[] | null;
  readonly trouble: string | null;
  readonly raw: string;
}

/**
 * The records below a header -> rows, each with its line, and what is no row of this table with the reason: too long, too short, torn,
 * damaged, the header once more, another table, a footnote. Blank lines are none.
 */
export async function* tableRows(records: AsyncIterable<readonly TextRecord[]>, shape: TableShape): AsyncGenerator<readonly TableRow[]> {
  const reader = rowReader(shape);
  for await (const some of records) {
    const rows: TableRow[] = [];
    for (const record of some) reader.read(record, rows);
    yield rows;
  }
  yield reader.end();
}

/** A record that is a row by itself; what comes behind it may still speak against it. */
interface Held extends TextRecord {
  readonly afterBlank: boolean;
}

function rowReader(shape: TableShape): {
  readonly read: (record: TextRecord, out: TableRow[]) => void;
  readonly end: () => readonly TableRow[];
} {
  const seen: Seen = { rows: 0, headerLike: 0, first: true, kinds: Array.from({ length: shape.width }, () => new Set()) };
  let blanks: TextRecord[] = [];
  /** Where the header of another table stands, above what is read. */
  let foreign: number | null = null;
  /** Rows that a footnote would look like, and those below a blank line: if they are the last, they are asked whether they are rows. */
  let held: Held[] = [];
  /** The row above: what follows may be the rest of it. */
  let last: Held | null = null;
  const release = (): readonly TableRow[] => {
    const rows = held.map((row) => taken(row, seen));
    held = [];
    return rows;
  };
  const take = (row: Held, out: TableRow[]): void => {
    const mayBeNone =
      (shape.width > 1 && isFootnoteShaped(row.cells)) || (row.afterBlank && seen.rows > 0) || held.some((other) => other.afterBlank);
    if (mayBeNone && held.length < mostHeld) {
      held.push(row);
      return;
    }
    if (held.length > 0) out.push(...release());
    out.push(taken(row, seen));
  };

  const read = (record: TextRecord, out: TableRow[]): void => {
    if (record.trouble === null && record.cells.length === 0) {
      blanks.push(record);
      return;
    }
    const afterBlank = blanks.length > 0;
    const above = last;
    last = null;
    if (above !== null && afterBlank) take(above, out);
    // In a table of one column an empty line could be an empty value.
    if (shape.width === 1) out.push(...blanks.map((blank) => refused(blank, "is blank, and could be an empty value")));
    blanks = [];
    const { padding } = shape;
    const cells = padding === null ? record.cells : record.cells.map((cell) => unpadded(cell, padding));
    const repeats = repeatsHeader(cells, shape);
    if (repeats) foreign = null;
    let trouble = record.trouble ?? (foreign === null ? null : `stands below the header of another table, on line ${foreign}`);
    trouble ??= repeats ? repeatedHeader : troubleOf(cells, record.raw, shape);
    if (trouble === null && shape.headerGoesOn && seen.first) trouble = "looks like a second row of the header";
    if (!repeats) seen.first = false;
    if (trouble === null && afterBlank && isOtherHeader(cells, shape, seen)) {
      foreign = record.line;
      trouble = "looks like the header of another table";
    }
    // A line end within a field that lost its first quote: a row that looks whole, and a rest with the other quote.
    if (above !== null && !afterBlank) {
      const isTorn = isRest(record, shape);
      if (isTorn) out.push(refused(above, `goes on on line ${record.line}, which has the end of a quoted field`));
      else take(above, out);
    }
    if (trouble === null) last = { line: record.line, cells, trouble, raw: record.raw, afterBlank };
    else out.push(refused(record, trouble));
  };

  const end = (): readonly TableRow[] => {
    const out: TableRow[] = [];
    if (last !== null) take(last, out);
    // What is below a gap belongs together.
    const gap = held.findIndex((row) => row.afterBlank);
    const isBelow = (at: number): boolean => gap >= 0 && at >= gap;
    const none = held.map((row, at) => isNone(row, isBelow(at), held.length, seen));
    const allBelow = none.some((is, at) => is && isBelow(at));
    held.forEach((row, at) => {
      out.push(none[at] === true || (allBelow && isBelow(at)) ? refused(row, footnote) : taken(row, seen));
    });
    return out;
  };
  return { read, end };
}

/** More rows than that at the end of a table are no footnote. */
const mostHeld = 5;

/** What the rows of a table look like is learnt from so many of them. */
const mostLearnt = 10_000;

interface Seen {
  rows: number;
  /** Nothing but the header was read so far. */
  first: boolean;
  headerLike: number;
  /** What was seen in each column. */
  readonly kinds: readonly Set<Kind>[];
}

type Kind = "empty" | "number" | "words";

const pair = "\\\\";
export const repeatedHeader = "repeats the header";
const nothingInIt = "has nothing in any field";
const footnote = "stands at the end of the table like a footnote, and does not look like the rows above";

function refused({ line, raw }: TextRecord, trouble: string): TableRow {
  return { line, cells: null, trouble, raw };
}

function taken({ line, cells, raw }: TextRecord, seen: Seen): TableRow {
  seen.rows += 1;
  if (seen.rows <= mostLearnt) {
    if (looksLikeHeader(cells)) seen.headerLike += 1;
    cells.forEach((cell, at) => {
      seen.kinds[at]?.add(kindOf(cell));
    });
  }
  return { line, cells, trouble: null, raw };
}

/** Also of a table that was put together from several files: a byte order mark may stand before its first name. */
function repeatsHeader(cells: readonly string[], { names, width }: TableShape): boolean {
  return names !== null && cells.length === width && cells.every((cell, at) => cell.replace("\uFEFF", "").trim() === names[at]);
}

function troubleOf(cells: readonly string[], raw: string, shape: TableShape): string | null {
  const { width, quote, quoteGuessed } = shape;
  if (cells.length !== width) return wrongWidth(cells.length, width);
  if (raw.includes("\0")) return "has a NUL byte";
  if (shape.damaged && raw.includes("\uFFFD")) return "has bytes that are no text in the file's encoding";
  if (width > 1 && cells.every((cell) => cell.trim() === "")) return nothingInIt;
  if (quoteGuessed && /["'`]/.test(raw) && cells.some((cell) => isOddlyQuoted(cell, quote)))
    return "has a field in quotes that are not those of the file";
  if (shape.escapeUnclear && isQuotedPair(raw, quote)) return "has two backslashes, which could stand for one";
  if (cells[0]?.startsWith("\uFEFF") === true) return "begins with a byte order mark, as a file does";
  return null;
}

/** Whether a record in trouble is too short for a row, as the rest of a torn one is. */
function isRest({ trouble, raw }: TextRecord, { delimiter, width }: TableShape): boolean {
  return trouble !== null && raw.split(delimiter).length < width;
}

/** Whether two backslashes stand within quotes; in an unquoted field they are what they are. */
function isQuotedPair(raw: string, quote: string): boolean {
  for (let at = raw.indexOf(pair); at >= 0; at = raw.indexOf(pair, at + 1)) {
    if (raw.slice(0, at).split(quote).length % 2 === 0) return true;
  }
  return false;
}

function wrongWidth(found: number, width: number): string {
  return `has ${found} ${found === 1 ? "field" : "fields"} where the header has ${width}`;
}

/** Where the quote is another, or none, a double one at the edge of a field is a doubt, too. */
function isOddlyQuoted(cell: string, quote: string): boolean {
  return isWrapped(cell, quote) || (quote !== '"' && /^"|"$/.test(cell));
}

/** A row of names, below a blank line, in a table whose rows so far had other things. */
function isOtherHeader(cells: readonly string[], { names }: TableShape, seen: Seen): boolean {
  return names !== null && cells.length > 1 && seen.rows > 0 && seen.headerLike === 0 && looksLikeHeader(cells);
}

function looksLikeHeader(cells: readonly string[]): boolean {
  return new Set(cells).size === cells.length && cells.every((cell) => /^[^\d"'][^"']{0,60}$/.test(cell) && /\p{L}/u.test(cell));
}

function isFootnoteShaped([first, ...others]: readonly string[]): boolean {
  return first !== undefined && first !== "" && others.every((cell) => cell === "");
}

/** Whether a row at the end is none: it does not look like those above, or a gap is above it and nothing tells that it is a row. */
function isNone(row: Held, isBelowGap: boolean, tail: number, seen: Seen): boolean {
  if (seen.rows <= tail) return false;
  const isNumber = (kinds: ReadonlySet<Kind> | undefined): boolean => kinds?.size === 1 && kinds.has("number");
  const strays = row.cells.some((cell, at) => isNumber(seen.kinds[at]) && kindOf(cell) === "words");
  if (strays || (isBelowGap && !seen.kinds.some(isNumber))) return true;
  const [first, ...others] = seen.kinds;
  if (!isFootnoteShaped(row.cells) || isNumber(first)) return false;
  const alwaysFilled = others.filter((kinds) => !kinds.has("empty")).length;
  return first?.has(kindOf(row.cells[0] ?? "")) !== true || (seen.rows >= 3 && alwaysFilled >= 2);
}

function kindOf(cell: string): Kind {
  return cell === "" ? "empty" : /\d/.test(cell) && !/\p{L}{3}/u.test(cell) ? "number" : "words";
}
