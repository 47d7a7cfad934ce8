import type { Place } from "../diagnostic.js";
import type { Range, SourceFile } from "../source.js";

/** SQL text and the stretch of a file that holds it. */
export interface SqlText {
  readonly sql: string;
  readonly file: SourceFile;
  /** The text's own stretch: without the header of a block scalar, without quotes. */
  readonly range: Range;
}

/** SQL that is a whole file. */
export function sqlOfFile(file: SourceFile): SqlText {
  return { sql: file.text, file, range: { start: 0, end: file.text.length } };
}

/** SQL that is a YAML scalar at this range. */
export function sqlOfScalar(sql: string, file: SourceFile, range: Range): SqlText {
  return { sql, file, range: contentRange(file.text, range) };
}

/**
 * The place of the word at an offset of the SQL. YAML changes nothing but blanks and line breaks of a block or plain
 * scalar, so the n-th character that is not blank is the same in both; where that does not hold (escapes in quotes)
 * the place is the start of the scalar.
 */
export function placeInSql(text: SqlText, offset: number | null): Place {
  const source = text.file.text.slice(text.range.start, text.range.end);
  const start = offset === null ? null : sameCharacter(text.sql, offset, source);
  if (start === null) return { file: text.file, range: firstWord(text, source) };
  const from = text.range.start + start;
  return { file: text.file, range: { start: from, end: from + wordLength(source.slice(start)) } };
}

function contentRange(text: string, range: Range): Range {
  const first = text.charAt(range.start);
  if (first === '"' || first === "'") return { start: range.start + 1, end: range.end - 1 };
  if (first !== "|" && first !== ">") return range;
  const lineEnd = text.indexOf("\n", range.start);
  return lineEnd < 0 || lineEnd >= range.end ? range : { start: lineEnd + 1, end: range.end };
}

function sameCharacter(sql: string, offset: number, source: string): number | null {
  if (sql === source) return offset;
  if (sql.replace(/\s+/g, "") !== source.replace(/\s+/g, "")) return null;
  const nth = sql.slice(0, offset).replace(/\s+/g, "").length;
  let seen = 0;
  for (let at = 0; at < source.length; at++) {
    if (/\s/.test(source.charAt(at))) continue;
    if (seen === nth) return at;
    seen += 1;
  }
  return lastVisible(source);
}

function lastVisible(source: string): number {
  return Math.max(0, source.trimEnd().length - 1);
}

function firstWord(text: SqlText, source: string): Range {
  const start = text.range.start + (source.length - source.trimStart().length);
  return { start, end: start + wordLength(source.trimStart()) };
}

function wordLength(text: string): number {
  return /^(?:"(?:[^"]|"")*"|[\p{L}\p{N}_:$]+|\S?)/u.exec(text)?.[0].length ?? 1;
}
