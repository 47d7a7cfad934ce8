import type { CsvLayout } from "../engine/engine.js";
import type { Column, IngestedAsset } from "../model.js";

/** How a CSV file maps to the declared columns, or why it cannot. */
export type CsvReading =
  | { readonly kind: "layout"; readonly layout: CsvLayout; readonly added: readonly string[]; readonly missing: readonly string[] }
  /** No header, no rows: a delivery of nothing. */
  | { readonly kind: "empty" }
  | { readonly kind: "unreadable"; readonly reason: string };

const delimiters = [",", ";", "\t", "|"] as const;

/**
 * Reads the dialect off a file's first lines. The declared columns make it safe: the delimiter is the one under which the header
 * names the most of them, not the one that looks frequent.
 */
export function readCsvLayout(asset: IngestedAsset, head: Uint8Array): CsvReading {
  const { csv } = asset.ingest;
  const encoding = encodingOf(csv.encoding, head);
  if (encoding === "utf-16" && isBigEndian(head))
    return {
      kind: "unreadable",
      reason: "it is UTF-16 in big-endian order, which cannot be read; write it in little-endian order or as UTF-8",
    };
  const text = decode(head, encoding);
  const lines = skipLines(text, csv.skip);
  if (lines.trim() === "") return { kind: "empty" };
  const options = csv.delimiter === "auto" ? delimiters : [csv.delimiter];
  const readings = options.map((delimiter) => {
    const cells = firstRecord(lines, delimiter, csv.quote).map((cell) => cell.trim());
    const fields = csv.header ? matchFields(asset.columns, cells) : positions(asset.columns, cells.length);
    return { delimiter, cells, fields, matched: fields.filter((field) => field !== null).length };
  });
  const best = readings.reduce((a, b) => (b.matched > a.matched ? b : a));
  const found = best.cells.map((cell) => `\`${cell}\``).join(", ");
  if (best.matched === 0)
    return {
      kind: "unreadable",
      reason: csv.header ? `its header names no declared column; it has ${found}` : withoutHeader(asset, best.cells, found),
    };
  const twice = repeated(best.fields);
  if (twice !== null) return { kind: "unreadable", reason: `two of its fields are column \`${twice}\`; it has ${found}` };
  const { quote, escape, header, skip, nulls } = csv;
  return {
    kind: "layout",
    layout: { delimiter: best.delimiter, quote, escape, encoding, header, skip, nulls, fields: best.fields },
    added: csv.header ? best.cells.filter((_, at) => best.fields[at] === null) : [],
    missing: asset.columns.map((column) => column.name).filter((name) => !best.fields.includes(name)),
  };
}

function withoutHeader({ columns }: IngestedAsset, cells: readonly string[], found: string): string {
  return `its first row has ${cells.length} ${cells.length === 1 ? "field" : "fields"} where ${columns.length} columns are declared: ${found}`;
}

/** Exact names and aliases first; letter case only decides where nothing fits exactly. */
function matchFields(columns: readonly Column[], cells: readonly string[]): readonly (string | null)[] {
  const named = (fold: (name: string) => string): ReadonlyMap<string, string> =>
    new Map(columns.flatMap((column) => [...column.aliases, column.name].map((name) => [fold(name), column.name])));
  const exact = named((name) => name);
  const folded = named((name) => name.toLowerCase());
  const taken = new Set(cells.flatMap((cell) => exact.get(cell) ?? []));
  return cells.map((cell) => {
    const column = exact.get(cell);
    if (column !== undefined) return column;
    const similar = folded.get(cell.toLowerCase());
    return similar !== undefined && !taken.has(similar) ? similar : null;
  });
}

function positions(columns: readonly Column[], count: number): readonly (string | null)[] {
  return columns.length === count ? columns.map((column) => column.name) : Array.from({ length: count }, () => null);
}

function repeated(fields: readonly (string | null)[]): string | null {
  return fields.find((field, at) => field !== null && fields.indexOf(field) !== at) ?? null;
}

function skipLines(text: string, skip: number): string {
  let rest = text;
  for (let line = 0; line < skip; line++)
    rest = rest.slice(rest.search(/\r\n|\n|\r/) < 0 ? rest.length : rest.search(/\r\n|\n|\r/)).replace(/^(\r\n|\n|\r)/, "");
  return rest;
}

/** Fields of the first record that is not blank; quotes may hold delimiters and line breaks. */
export function firstRecord(text: string, delimiter: string, quote: string): readonly string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = text.search(/[^\r\n]/); at >= 0 && at < text.length; at++) {
    const character = text[at] ?? "";
    if (quoted) {
      if (character === quote && text[at + 1] === quote) cell += text[at++];
      else if (character === quote) quoted = false;
      else cell += character;
    } else if (character === quote && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (text.startsWith(delimiter, at)) {
      cells.push(cell);
      cell = "";
      at += delimiter.length - 1;
    } else if (character === "\n" || character === "\r") break;
    else cell += character;
  }
  return [...cells, cell];
}

function encodingOf(declared: IngestedAsset["ingest"]["csv"]["encoding"], head: Uint8Array): CsvLayout["encoding"] {
  if (declared !== "auto") return declared;
  const [a, b] = head;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return "utf-16";
  return "utf-8";
}

/** By the byte order mark, or because the first character is one of ASCII. */
function isBigEndian([a, b]: Uint8Array): boolean {
  return (a === 0xfe && b === 0xff) || (a === 0 && b !== 0);
}

function decode(head: Uint8Array, encoding: CsvLayout["encoding"]): string {
  const label = encoding === "utf-16" ? "utf-16le" : encoding === "latin-1" ? "latin1" : "utf-8";
  return new TextDecoder(label).decode(head);
}
