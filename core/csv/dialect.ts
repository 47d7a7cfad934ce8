import { type Dialect, recordsOf, type TextRecord } from "./records.js";

/** What is declared; `auto`: to be found out. */
export interface DeclaredDialect {
  readonly delimiter: string | "auto";
  readonly quote: string | "auto";
  readonly escape: string | "auto";
}

/** What is known of the table before its text is looked at. */
export interface KnownTable {
  /** Every name under which a header may have one of the columns. */
  readonly names: readonly string[];
  /** How many columns there are. */
  readonly columns: number;
  /** How many of the columns a header of these cells names. */
  readonly match: (cells: readonly string[]) => number;
}

export interface Reading {
  readonly dialect: Dialect;
  /** Cells of the header, or of the first record where there is none; without blanks around them. */
  readonly cells: readonly string[];
  readonly matched: number;
  /** Line on which the header begins; null without one. */
  readonly headerLine: number | null;
  /** Line behind the header: where the rows begin. */
  readonly firstLine: number;
  /** Blanks around every field, the header's among them, which are none of their own; null: there are none. */
  readonly padding: Padding | null;
  /** The first record below the header is a part of it, such as units. */
  readonly goesOn: boolean;
}

/** Up to so many blanks before and behind a field; before the first and behind the last of a record there may be none. */
export interface Padding {
  readonly left: number;
  readonly right: number;
}

const sampledRecords = 300;
const headerWithin = 60;

/**
 * Finds the dialect and the header of a text together: under the right dialect the header names the most columns, and the most records
 * below it have as many fields. The names are what makes it safe; what merely looks frequent never wins against them.
 */
export function readDialect(text: string, declared: DeclaredDialect, table: KnownTable, header: boolean, fixed: boolean): Reading {
  const readings: Scored[] = [];
  for (const dialect of candidates(text, declared, table)) {
    const scored = score(text, dialect, table, header, fixed);
    // A quote at the beginning of a field is hardly text.
    if (dialect.quote === "" && declared.quote === "auto" && scored.opening) continue;
    // Nothing can be better than the most likely dialect without a flaw.
    if (isFlawless(scored, table)) return scored.reading;
    readings.push(scored);
  }
  return readings.reduce((best, other) => (isBetter(other, best) ? other : best)).reading;
}

interface Scored {
  readonly reading: Reading;
  /** Share of the records below the header that have its width, and no field in quotes of another kind. */
  readonly fitting: number;
  /** Whether a field begins with a quote. */
  readonly opening: boolean;
}

function isFlawless({ reading, fitting }: Scored, table: KnownTable): boolean {
  // A name that is not declared may be a new column; one with a sign in it may be two of them.
  const isName = (cell: string): boolean => /^[\p{L}\p{N}_ .()%/-]*$/u.test(cell);
  return reading.matched >= Math.min(2, table.columns) && reading.cells.every(isName) && fitting === 1;
}

function isBetter(one: Scored, other: Scored): boolean {
  const ranks = (scored: Scored): readonly number[] => [scored.reading.matched, scored.fitting];
  const [a, b] = [ranks(one), ranks(other)];
  const at = a.findIndex((rank, place) => rank !== b[place]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

function score(text: string, dialect: Dialect, table: KnownTable, header: boolean, fixed: boolean): Scored {
  const records = recordsOf(text, dialect, sampledRecords);
  const found = header ? findHeader(records, table, fixed) : withoutHeader(records, table);
  const width = found.cells.length;
  const body = records.slice(found.next).filter((record) => record.trouble !== null || record.cells.length > 0);
  const isWhole = (record: TextRecord): boolean =>
    record.trouble === null && record.cells.length === width && !record.cells.some((cell) => isCertainlyWrapped(cell, dialect.quote));
  const fits = body.filter(isWhole);
  const cells = [...found.cells, ...fits.flatMap((record) => record.cells)];
  const firstLine = found.next === 0 ? 1 : (found.lastLine ?? 0) + 1;
  return {
    reading: {
      dialect,
      cells: found.cells.map(bare),
      matched: found.matched,
      headerLine: found.line,
      firstLine,
      padding: paddingOf([found.cells, ...fits.map((record) => record.cells)]),
      goesOn: header && headerGoesOn(fits.filter((record) => record.cells.some((cell, at) => bare(cell) !== bare(found.cells[at] ?? "")))),
    },
    opening: cells.some((cell) => cell.startsWith('"')),
    fitting: body.length === 0 ? 1 : fits.length / body.length,
  };
}

const anyNumber = 1_000_000;

/** What the header and all records have around their fields. In columns that are aligned it differs from field to field. */
function paddingOf(rows: readonly (readonly string[])[]): Padding | null {
  const [header = [], ...body] = rows;
  if (header.every((cell) => bare(cell) === cell)) return null;
  const isAligned = body.length > 0 && header.every((cell, at) => body.every((row) => row[at]?.length === cell.length));
  if (isAligned) return { left: anyNumber, right: anyNumber };
  const before = (cell: string): number => cell.length - cell.trimStart().length;
  const behind = (cell: string): number => cell.length - cell.trimEnd().length;
  const left = commonTo(
    rows.map((row) => row.slice(1)),
    before,
  );
  const right = commonTo(
    rows.map((row) => row.slice(0, -1)),
    behind,
  );
  return left + right === 0 ? null : { left, right };
}

/** Blanks that every field has. */
function commonTo(rows: readonly (readonly string[])[], blanks: (cell: string) => number): number {
  const counts = rows.flat().map((cell) => (bare(cell) === "" ? cell.length : blanks(cell)));
  return counts.length === 0 ? 0 : Math.min(...counts);
}

/** A field without its padding. */
export function unpadded(cell: string, { left, right }: Padding): string {
  const before = Math.min(left, cell.length - cell.trimStart().length);
  const rest = cell.slice(before);
  return rest.slice(0, rest.length - Math.min(right, rest.length - rest.trimEnd().length));
}

function bare(cell: string): string {
  return cell.trim();
}

/** Whether a field still stands in quotes of another kind than its file's. */
export function isWrapped(cell: string, quote: string): boolean {
  const first = cell[0] ?? "";
  return cell.length > 1 && first !== quote && (first === '"' || first === "'" || first === "`") && cell.at(-1) === first;
}

/** With quotes of that kind escaped within. Without, it could be text: then nothing is decided here, and the row is refused. */
function isCertainlyWrapped(cell: string, quote: string): boolean {
  return isWrapped(cell, quote) && /(['"`])\1|\\['"`]/.test(cell.slice(1, -1));
}

interface Header {
  readonly cells: readonly string[];
  readonly matched: number;
  readonly line: number | null;
  readonly lastLine: number | null;
  /** Place of the record behind it. */
  readonly next: number;
}

/** The record that names the most columns; further down it has to name two of them, for a text above a table may have one by chance. */
function findHeader(records: readonly TextRecord[], table: KnownTable, fixed: boolean): Header {
  const first = records.findIndex((record) => record.cells.length > 0);
  if (first < 0) return { cells: [], matched: 0, line: null, lastLine: null, next: 0 };
  let best: Header | null = null;
  for (let at = first; at < (fixed ? first + 1 : Math.min(records.length, first + headerWithin)); at++) {
    const record = records[at];
    if (record === undefined || record.cells.length === 0) continue;
    const one = headerOf(record.cells, record, record, at + 1, table);
    const next = records[at + 1];
    const two = next === undefined || next.cells.length !== record.cells.length ? null : joined(record, next, at + 2, table);
    const header: Header = two !== null && two.matched > one.matched && two.matched === table.columns ? two : one;
    const enough = at === first ? 0 : Math.max(best?.matched ?? 0, Math.min(2, table.columns) - 1);
    if (best === null || header.matched > enough) best = header;
    if (best.matched === table.columns) break;
  }
  return best ?? { cells: [], matched: 0, line: null, lastLine: null, next: 0 };
}

function headerOf(cells: readonly string[], from: TextRecord, to: TextRecord, next: number, table: KnownTable): Header {
  return { cells, matched: table.match(cells.map(bare)), line: from.line, lastLine: lastLineOf(to), next };
}

function lastLineOf(record: TextRecord): number {
  return record.line + (record.raw.match(/\r\n|\n|\r/g)?.length ?? 0);
}

/** A header of two rows: a name is in one of them, or begins in the first and ends in the second. */
function joined(upper: TextRecord, lower: TextRecord, next: number, table: KnownTable): Header {
  const options = [" ", "_", ""].map((between) =>
    upper.cells.map((cell, at) => [cell.trim(), lower.cells[at]?.trim() ?? ""].filter((part) => part !== "").join(between)),
  );
  return options
    .map((cells) => headerOf(cells, upper, lower, next, table))
    .reduce((best, other) => (other.matched > best.matched ? other : best));
}

function withoutHeader(records: readonly TextRecord[], table: KnownTable): Header {
  const fits = records.some((record) => record.cells.length === table.columns);
  const first = records.find((record) => record.cells.length > 0)?.cells ?? [];
  const cells = fits ? Array.from({ length: table.columns }, () => "") : first;
  return { cells, matched: fits ? table.columns : 0, line: null, lastLine: null, next: 0 };
}

/** Numbers in at least two columns of all rows but the first, which has words there: units, or the lower row of a header. */
function headerGoesOn([first, ...others]: readonly TextRecord[]): boolean {
  if (first === undefined || others.length < 2 || first.cells.some((cell) => /\d/.test(cell))) return false;
  const numeric = first.cells.filter((cell, at) => {
    const below = others.map((record) => record.cells[at]?.trim() ?? "").filter((value) => value !== "");
    return /[A-Za-z]/.test(cell) && below.length >= 2 && below.every((value) => /^[+-]?[\d.,:/ -]*\d[\d.,:/ -]*$/.test(value));
  });
  return numeric.length >= 2;
}

const usual = [",", ";", "\t", "|", ":"] as const;

/** Whether a text doubles its quotes inside of quotes; then a backslash there is one. */
export function doublesQuotes(text: string, { quote, delimiter }: Dialect): boolean {
  // At the edge of a field two quotes may be all of it.
  const inside = `[^${escaped(quote + delimiter)}\\r\\n]`;
  return quote !== "" && new RegExp(`${inside}${escaped(quote)}{2}${inside}`).test(text);
}

/** The likeliest first. */
function* candidates(text: string, declared: DeclaredDialect, table: KnownTable): Generator<Dialect> {
  const head = text.slice(0, 1 << 16);
  const delimiters = declared.delimiter === "auto" ? likelyDelimiters(head, table) : [declared.delimiter];
  const quotes = declared.quote === "auto" ? ['"', ...["'", "`"].filter((quote) => isAtEdges(head, quote)), ""] : [declared.quote];
  for (const quote of quotes) {
    if (quote === "" && declared.quote === "auto" && !head.includes('"')) continue;
    for (const escape of escapesFor(quote, declared, head)) {
      for (const delimiter of delimiters) {
        if (delimiter !== quote && delimiter !== escape) yield { delimiter, quote, escape };
      }
    }
  }
}

function escapesFor(quote: string, declared: DeclaredDialect, head: string): readonly string[] {
  if (declared.escape !== "auto") return [declared.escape];
  const backslash = (quote !== "" && head.includes(`\\${quote}`)) || /\\[,;\t|:]/.test(head);
  return backslash ? [quote, "\\"] : [quote];
}

/** Whether it stands where a quote would: at the beginning of a line or behind something that is no letter. */
function isAtEdges(head: string, quote: string): boolean {
  return new RegExp(`(^|[^A-Za-z0-9${quote}])${quote}`, "m").test(head);
}

/** What stands between declared names comes first, then the usual ones, then any sign that the same lines have. */
function likelyDelimiters(head: string, { names }: KnownTable): readonly string[] {
  const named = new RegExp(
    [...names]
      .sort((a, b) => b.length - a.length)
      .map(escaped)
      .join("|"),
    "giu",
  );
  const lines = head.split(/\r\n|\n|\r/, headerWithin).map((line) => ({ line, found: [...line.matchAll(named)] }));
  const most = lines.reduce((best, other) => (other.found.length > best.found.length ? other : best), { line: "", found: [] });
  const between = most.found.slice(1).map((match, at) => {
    const before = most.found[at];
    return most.line.slice((before?.index ?? 0) + (before?.[0].length ?? 0), match.index).replaceAll(/["'`]/g, "");
  });
  const signs = most.line.replaceAll(/[\p{L}\p{N}_"'`\s]/gu, "") + (lines.find(({ line }) => line.trim() !== "")?.line ?? "");
  const others = [...signs].filter((sign) => /[^\p{L}\p{N}_"'`.\s-]|\t/u.test(sign));
  // Blanks around a sign are padding.
  const likely = between.map((sign) => (sign.trim() === "" ? sign : sign.replaceAll(" ", ""))).filter((sign) => /^.{1,4}$/s.test(sign));
  const blank = between.some((sign) => sign === " ") ? [" "] : [];
  return [...new Set([...byFrequency(likely), ...usual, ...byFrequency(others).slice(0, 8), ...blank])];
}

function byFrequency(items: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([item]) => item);
}

function escaped(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
