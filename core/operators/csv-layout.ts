import { doublesQuotes, type Reading, readDialect } from "../csv/dialect.js";
import type { Encoding } from "../csv/encoding.js";
import { withoutLines } from "../csv/lines.js";
import type { CsvLayout } from "../engine/engine.js";
import type { Column, IngestedAsset } from "../model.js";

/** How a CSV file maps to the declared columns, or why it cannot. */
export type CsvReading =
  | { readonly kind: "layout"; readonly layout: CsvLayout; readonly added: readonly string[]; readonly missing: readonly string[] }
  /** No header, no rows: a delivery of nothing. */
  | { readonly kind: "empty" }
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Reads dialect and header off a file's first lines. The declared columns make it safe: the dialect is the one under which a header names
 * the most of them, not the one that looks frequent. What is declared is binding.
 */
export function readCsvLayout(asset: IngestedAsset, head: string, encoding: Encoding): CsvReading {
  const { csv } = asset.ingest;
  if (head.trim() === "") return { kind: "empty" };
  const known = {
    names: asset.columns.flatMap((column) => [column.name, ...column.aliases]),
    columns: asset.columns.length,
    match: (cells: readonly string[]) => matchFields(asset.columns, cells).filter((field) => field !== null).length,
  };
  const best = readDialect(withoutLines(head, csv.skip), csv, known, csv.header, csv.skip > 0);
  const found = listed(best.cells);
  if (best.cells.length === 0) return { kind: "empty" };
  if (best.matched === 0)
    return {
      kind: "unreadable",
      reason: csv.header ? `its header names no declared column; it has ${found}` : withoutHeader(asset, best.cells, found),
    };
  const fields = csv.header ? matchFields(asset.columns, best.cells) : asset.columns.map((column) => column.name);
  const twice = repeated(fields);
  if (twice !== null) return { kind: "unreadable", reason: `two of its fields are column \`${twice}\`; it has ${found}` };
  return {
    kind: "layout",
    layout: layoutOf(asset, head, best, fields, encoding),
    added: csv.header ? best.cells.filter((_, at) => fields[at] === null) : [],
    missing: asset.columns.map((column) => column.name).filter((name) => !fields.includes(name)),
  };
}

function layoutOf(
  { ingest: { csv } }: IngestedAsset,
  head: string,
  best: Reading,
  fields: CsvLayout["fields"],
  encoding: Encoding,
): CsvLayout {
  return {
    ...best.dialect,
    encoding,
    damaged: false,
    header: csv.header,
    names: csv.header ? best.cells : null,
    firstLine: csv.skip + best.firstLine,
    nulls: csv.nulls,
    fields,
    quoteGuessed: csv.quote === "auto",
    escapeUnclear: isUnclear(csv.escape, best.dialect, head),
    padding: best.padding,
    headerGoesOn: best.goesOn,
  };
}

/** Quotes that are found, none of them doubled, and no backslash before one: which of the two escapes, nothing tells. */
function isUnclear(declared: string, dialect: Reading["dialect"], head: string): boolean {
  return declared === "auto" && dialect.quote !== "" && dialect.escape === dialect.quote && !doublesQuotes(head, dialect);
}

/** Whether a file of this layout can be plain at all: what is known of it already speaks against most doubts. */
export function mayBePlain(layout: CsvLayout): boolean {
  const { delimiter, quote, escape, encoding, padding, headerGoesOn, firstLine, header } = layout;
  const simple = /^\p{ASCII}$/u.test(delimiter) && /^\p{ASCII}?$/u.test(quote) && escape === quote;
  return simple && encoding === "utf-8" && padding === null && !headerGoesOn && firstLine === (header ? 2 : 1);
}

const mostListed = 20;

function listed(cells: readonly string[]): string {
  const shown = cells.slice(0, mostListed).map((cell) => `\`${cell.slice(0, 100)}\``);
  return [...shown, ...(cells.length > mostListed ? [`${cells.length - mostListed} more`] : [])].join(", ");
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

function repeated(fields: readonly (string | null)[]): string | null {
  return fields.find((field, at) => field !== null && fields.indexOf(field) !== at) ?? null;
}
