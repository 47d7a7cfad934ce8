/** How the fields and records of a CSV text are told apart. Empty `quote` or `escape`: there is none. */
export interface Dialect {
  /** One character or more. */
  readonly delimiter: string;
  readonly quote: string;
  /** The same character as `quote`: a quote is doubled. */
  readonly escape: string;
}

export interface TextRecord {
  /** 1-based physical line on which it begins. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Why it cannot be told apart into fields; null where it can. */
  readonly trouble: string | null;
  /** As it stands in the file, without its line end. */
  readonly raw: string;
}

/** A text that cannot be told apart into records from some line on. */
export class UnreadableText extends Error {
  constructor(line: number, trouble: string) {
    super(`the record on line ${line} ${trouble}, and what follows may be a part of it`);
    this.name = "UnreadableText";
  }
}

/** A quoted field that grows beyond this many characters has most likely lost its closing quote. */
const longestField = 1 << 22;

/**
 * Texts -> records, many at a time. Every line end counts as one, `\r\n`, `\n` and `\r`, in any mixture; a blank line is a record without cells.
 * A quote that is never closed, or closed in the middle of a field, costs its own line where all lines behind it are whole records of
 * `width` fields; otherwise it costs everything up to the place where the trouble showed, for a line from the middle of a field must
 * not pass as a record.
 */
export async function* readRecords(
  texts: AsyncIterable<string> | Iterable<string>,
  dialect: Dialect,
  width: number,
  firstLine = 1,
): AsyncGenerator<readonly TextRecord[]> {
  let buffer = "";
  let line = firstLine;
  const parseAll = (ended: boolean): readonly TextRecord[] => {
    const records: TextRecord[] = [];
    let at = 0;
    while (at < buffer.length) {
      const tooLong = !ended && buffer.length - at > longestField;
      const piece = parseRecord(buffer, at, dialect, ended || tooLong);
      if (piece === null) break;
      const end = piece.trouble === null ? piece.end : resumeAt(buffer, at, piece.end, dialect, width, ended);
      // In the middle of a record without an end: whatever follows may be a part of it.
      if (tooLong && end >= buffer.length) throw new UnreadableText(line, piece.trouble ?? "is longer than 4 MiB");
      records.push({ line, cells: piece.cells, trouble: piece.trouble, raw: withoutLineEnd(buffer.slice(at, end)) });
      line += lineEnds(buffer.slice(at, end));
      at = end;
    }
    buffer = buffer.slice(at);
    return records;
  };
  for await (const text of texts) {
    buffer += text;
    yield parseAll(false);
  }
  yield parseAll(true);
}

/** The first records of a text; after one in trouble it goes on with the next line, for it may be no record at all. */
export function recordsOf(text: string, dialect: Dialect, most: number): readonly TextRecord[] {
  const records: TextRecord[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length && records.length < most) {
    const piece = parseRecord(text, at, dialect, true);
    if (piece === null) break;
    const end = piece.trouble === null ? piece.end : Math.min(lineEndFrom(text, at), text.length);
    const raw = text.slice(at, end);
    records.push({ line, cells: piece.cells, trouble: piece.trouble, raw: withoutLineEnd(raw) });
    line += lineEnds(raw);
    at = end;
  }
  return records;
}

interface Piece {
  readonly cells: readonly string[];
  readonly trouble: string | null;
  /** Behind its line end. */
  readonly end: number;
}

/** Where reading goes on after a record in trouble: on its second line, or behind all of it. */
function resumeAt(buffer: string, start: number, end: number, dialect: Dialect, width: number, ended: boolean): number {
  const second = lineEndFrom(buffer, start);
  if (second >= end) return end;
  let at = second;
  while (at < end) {
    const piece = parseRecord(buffer, at, dialect, ended);
    // The last one goes on behind what there is so far.
    if (piece === null || piece.trouble === unclosed) return second;
    const isBlank = piece.trouble === null && piece.cells.length === 0;
    if (piece.trouble !== null || (piece.cells.length !== width && !isBlank)) return end;
    at = piece.end;
  }
  return second;
}

const unclosed = "has a quote that is never closed";
const behindQuote = "has text behind a closing quote";
const bareQuote = "has a quote inside a field that is not quoted";
const strayEscape = "has an escape before a character that needs none";

/** One record from `at` on; null: the text ends before the record does, and more may come. */
function parseRecord(text: string, at: number, dialect: Dialect, ended: boolean): Piece | null {
  const cells: string[] = [];
  const newline = lineEndAt(text, at, ended);
  if (newline === null) return null;
  if (newline > 0) return { cells: [], trouble: null, end: at + newline };
  let position = at;
  let trouble: string | null = null;
  while (true) {
    const field = parseField(text, position, dialect, ended);
    if (field === null) return null;
    cells.push(field.cell);
    trouble ??= field.trouble;
    if (text.startsWith(dialect.delimiter, field.end)) {
      position = field.end + dialect.delimiter.length;
      continue;
    }
    const length = lineEndAt(text, field.end, ended);
    if (length === null || (field.end >= text.length && !ended)) return null;
    return { cells: trouble === null ? cells : [], trouble, end: field.end + length };
  }
}

interface Field {
  readonly cell: string;
  readonly trouble: string | null;
  /** At its delimiter, its line end, or where the text ends. */
  readonly end: number;
}

function parseField(text: string, from: number, dialect: Dialect, ended: boolean): Field | null {
  const { quote, delimiter } = dialect;
  if (quote !== "") {
    const opening = skipBlanks(text, from, delimiter);
    if (text.startsWith(quote, opening)) return parseQuoted(text, opening + quote.length, dialect, ended);
  }
  return parseBare(text, from, dialect, ended);
}

function parseQuoted(text: string, from: number, dialect: Dialect, ended: boolean): Field | null {
  const { quote, escape, delimiter } = dialect;
  let cell = "";
  let at = from;
  let copied = from;
  let trouble: string | null = null;
  while (true) {
    if (at >= text.length) return ended ? { cell: "", trouble: unclosed, end: text.length } : null;
    const character = text[at] ?? "";
    if (character === escape && escape !== quote) {
      const next = text[at + 1];
      if (next === undefined && !ended) return null;
      if (next !== quote && next !== escape) trouble ??= strayEscape;
      cell += text.slice(copied, at) + (next ?? "");
      at += 2;
      copied = at;
    } else if (character === quote) {
      if (at + 1 >= text.length && !ended) return null;
      if (escape === quote && text[at + 1] === quote) {
        cell += text.slice(copied, at + 1);
        at += 2;
        copied = at;
        continue;
      }
      cell += text.slice(copied, at);
      const end = skipBlanks(text, at + 1, delimiter);
      if (end >= text.length && !ended) return null;
      const closes = end >= text.length || text.startsWith(delimiter, end) || isLineEnd(text[end]);
      // A delimiter of several characters may be cut off by the end of what is there.
      if (!closes && !ended && text.length - end < delimiter.length) return null;
      if (closes) return { cell, trouble, end };
      const rest = parseBare(text, end, dialect, ended);
      return rest === null ? null : { cell, trouble: trouble ?? behindQuote, end: rest.end };
    } else at += 1;
  }
}

function parseBare(text: string, from: number, { quote, escape, delimiter }: Dialect, ended: boolean): Field | null {
  const first = delimiter[0] ?? "";
  let cell = "";
  let copied = from;
  let trouble: string | null = null;
  let at = from;
  for (; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\n" || character === "\r") break;
    if (character === first && (delimiter.length === 1 || text.startsWith(delimiter, at))) break;
    if (character === quote) trouble = bareQuote;
    else if (character === escape) {
      if (at + 1 >= text.length && !ended) return null;
      const isEscaped = text.startsWith(delimiter, at + 1) || text[at + 1] === escape || (quote !== "" && text[at + 1] === quote);
      if (!isEscaped && quote !== "") continue;
      if (!isEscaped) trouble ??= strayEscape;
      cell += text.slice(copied, at);
      copied = at + 1;
      at += 1;
    }
  }
  if (at >= text.length && !ended) return null;
  return { cell: cell + text.slice(copied, at), trouble, end: at };
}

/** Blanks between a delimiter and a quote belong to neither. */
function skipBlanks(text: string, from: number, delimiter: string): number {
  let at = from;
  while ((text[at] === " " || text[at] === "\t") && !text.startsWith(delimiter, at)) at += 1;
  return at;
}

function isLineEnd(character: string | undefined): boolean {
  return character === "\n" || character === "\r";
}

/** Characters of the line end at this place, 0 where there is none; null: more text could make it longer. */
function lineEndAt(text: string, at: number, ended: boolean): number | null {
  if (text[at] === "\n") return 1;
  if (text[at] !== "\r") return 0;
  if (at + 1 >= text.length && !ended) return null;
  return text[at + 1] === "\n" ? 2 : 1;
}

/** Behind the next line end from here on; beyond the text where there is none. */
function lineEndFrom(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (isLineEnd(text[at])) return at + (lineEndAt(text, at, true) ?? 1);
  }
  return text.length + 1;
}

function withoutLineEnd(raw: string): string {
  if (raw.endsWith("\r\n")) return raw.slice(0, -2);
  return raw.endsWith("\n") || raw.endsWith("\r") ? raw.slice(0, -1) : raw;
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\n" || (character === "\r" && text[at + 1] !== "\n")) count += 1;
  }
  return count;
}
