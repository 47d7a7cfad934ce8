import type { Table } from "../../core/index.js";
import { toJsonText } from "../json.js";
import { renderTable, type Side } from "./align.js";
import { plain } from "./plain.js";

export type TableFormat = "table" | "csv" | "json" | "markdown";

export interface TableOptions {
  /** A terminal acts on control characters; a file shall have the values as they are. */
  readonly terminal: boolean;
}

/** A query's rows. Formats for programs (`csv`, `json`) carry every value; the others are for eyes. */
export function renderQuery(table: Table, format: TableFormat, options: TableOptions): string {
  return renderers[format](table, options);
}

const renderers: Readonly<Record<TableFormat, (table: Table, options: TableOptions) => string>> = {
  table: (table) => renderAligned(table),
  csv: (table, { terminal }) => renderCsv(table, terminal),
  json: (table) => renderJson(table),
  markdown: (table) => renderMarkdown(table),
};

function renderAligned(table: Table): string {
  const columns = table.columns.map(({ name, type }) => ({ head: plain(name), side: sideOf(type) }));
  return renderTable(
    columns,
    table.rows.map((row) => row.map((value) => (value === null ? "NULL" : oneLine(value)))),
  );
}

/** RFC 4180, with line feeds; NULL is an empty field, an empty text is `""`. */
function renderCsv(table: Table, terminal: boolean): string {
  const safe = terminal ? plain : (text: string): string => text;
  const head = table.columns.map(({ name }) => csvField(safe(name)));
  const rows = table.rows.map((row) => row.map((value) => (value === null ? "" : csvField(safe(value)))));
  return [head, ...rows].map((row) => `${row.join(",")}\n`).join("");
}

function csvField(text: string): string {
  return text === "" || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An array of objects, a row per line. Numbers and booleans are JSON's own, digits and all; everything else is text. */
function renderJson(table: Table): string {
  const names = distinct(table.columns.map(({ name }) => name)).map(toJsonText);
  const types = table.columns.map(({ type }) => type);
  const rows = table.rows.map((row) => `  {${row.map((value, i) => `${names[i]}: ${jsonValue(value, types[i] ?? "")}`).join(", ")}}`);
  return rows.length === 0 ? "[]\n" : `[\n${rows.join(",\n")}\n]\n`;
}

/** Digits stay as the engine gave them: a BIGINT through a JavaScript number would be another one. */
function jsonValue(value: string | null, type: string): string {
  if (value === null) return "null";
  if (type === "BOOLEAN" && (value === "true" || value === "false")) return value;
  return isNumeric(type) && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? value : toJsonText(value);
}

/** SQL may give two columns one name, an object may not: the second `a` becomes `a_1`, as in DuckDB. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 1; taken.has(free) || (n > 1 && names.includes(free)); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}

function renderMarkdown(table: Table): string {
  const head = table.columns.map(({ name }) => markdownCell(name));
  const rule = table.columns.map(({ type }) => (sideOf(type) === "right" ? "---:" : "---"));
  const rows = table.rows.map((row) => row.map((value) => (value === null ? "" : markdownCell(value))));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function markdownCell(text: string): string {
  return oneLine(text).replace(/[\\|]/g, "\\$&");
}

function oneLine(text: string): string {
  return plain(text.replace(/\r?\n/g, " "));
}

function sideOf(type: string): Side {
  return isNumeric(type) ? "right" : "left";
}

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\s?\d+\))$/.test(type);
}
