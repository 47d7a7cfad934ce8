import type { CleanTable } from "./tables.js";

/** How a table is written. */
export interface Writing {
  readonly delimiter: string;
  readonly quote: string;
  /** The same as `quote`: doubled. */
  readonly escape: string;
  readonly quoting: "minimal" | "all";
  readonly lineEnd: string;
  readonly header: readonly string[] | null;
}

/** A file in the making: its records in order, and which clean row each of them is. */
export interface Entry {
  text: string;
  lineEnd: string;
  readonly row: number | null;
}

export type Document = Entry[];

export const plainWriting: Writing = { delimiter: ",", quote: '"', escape: '"', quoting: "minimal", lineEnd: "\n", header: null };

export function documentOf(table: CleanTable, writing: Partial<Writing> = {}): Document {
  const whole = { ...plainWriting, ...writing };
  const header = whole.header ?? Object.keys(table.columns);
  const entry = (cells: readonly string[], row: number | null): Entry => ({ text: recordOf(cells, whole), lineEnd: whole.lineEnd, row });
  return [entry(header, null), ...table.rows.map((row, at) => entry(row, at))];
}

export function recordOf(cells: readonly string[], writing: Partial<Writing> = {}): string {
  const whole = { ...plainWriting, ...writing };
  return cells.map((cell) => fieldOf(cell, whole)).join(whole.delimiter);
}

function fieldOf(cell: string, { delimiter, quote, escape, quoting }: Writing): string {
  const needs = cell.includes(delimiter) || cell.includes(quote) || /[\r\n]/.test(cell) || (escape !== quote && cell.includes(escape));
  if (quoting === "minimal" && !needs) return cell;
  const inner = escape === quote ? cell : cell.replaceAll(escape, escape + escape);
  return quote + inner.replaceAll(quote, escape + quote) + quote;
}

export function textOf(document: Document): string {
  return document.map(({ text, lineEnd }) => text + lineEnd).join("");
}

/** Clean row by the physical line on which its record begins. */
export function rowsByLine(document: Document): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  let before = "";
  for (const { text, lineEnd, row } of document) {
    if (row !== null) rows.set(1 + (before.match(/\r\n|\n|\r/g)?.length ?? 0), row);
    before += text + lineEnd;
  }
  return rows;
}
