import { gzipSync } from "node:zlib";
import { toWindows1252 } from "../csv/encoding.js";
import type { Column, IngestedAsset, TestContent, TestRow, TestValue } from "../model.js";
import { formatOf } from "../operators/format.js";

/** The bytes of a file that a test gives, as the asset would find them in landing. */
export function bytesOf(asset: IngestedAsset, file: string, content: TestContent): Uint8Array {
  const text = content.kind === "text" ? content.text : textOf(asset, file, content.rows);
  const bytes = encoded(asset, text);
  return file.toLowerCase().endsWith(".gz") ? gzipSync(bytes) : bytes;
}

/** Parquet is not written by hand: in a test such an asset reads the same rows as lines of JSON. */
export function readableByHand(asset: IngestedAsset, files: readonly string[]): IngestedAsset {
  const isParquet = files.length > 0 && files.every((file) => formatOf(asset, file) === "parquet");
  return isParquet ? { ...asset, ingest: { ...asset.ingest, format: "ndjson" } } : asset;
}

function textOf(asset: IngestedAsset, file: string, rows: readonly TestRow[]): string {
  const format = formatOf(asset, file);
  const names = columnsOf(asset, rows);
  const lines = rows.map((row) => jsonOf(names, row));
  if (format === "ndjson") return lines.map((line) => `${line}\n`).join("");
  return format === "json" ? `[${lines.join(",\n")}]\n` : csvOf(asset, names, rows);
}

/** Every declared column, under the alias that the rows name it by: one that is left out is NULL, and not missing. */
function columnsOf({ columns }: IngestedAsset, rows: readonly TestRow[]): readonly string[] {
  const named = new Set(rows.flatMap((row) => Object.keys(row)));
  return columns.map(({ name, aliases }) => (named.has(name) ? name : (aliases.find((alias) => named.has(alias)) ?? name)));
}

function encoded({ ingest }: IngestedAsset, text: string): Uint8Array {
  switch (ingest.csv.encoding) {
    case "latin-1":
      return Buffer.from(text, "latin1");
    case "windows-1252":
      return toWindows1252(text);
    case "utf-16":
      return Buffer.from(`\ufeff${text}`, "utf16le");
    default:
      return Buffer.from(text, "utf8");
  }
}

function jsonOf(names: readonly string[], row: TestRow): string {
  return `{${names.map((name) => `${JSON.stringify(name)}: ${valueJson(row[name] ?? null)}`).join(", ")}}`;
}

function valueJson(value: TestValue): string {
  return typeof value === "object" && value !== null ? value.json : JSON.stringify(value);
}

/** In the declared dialect. */
function csvOf(asset: IngestedAsset, names: readonly string[], rows: readonly TestRow[]): string {
  const { delimiter, header, nulls, skip } = asset.ingest.csv;
  const separator = delimiter === "auto" ? "," : delimiter;
  const line = (cells: readonly string[]): string => `${cells.join(separator)}\n`;
  const lines = rows.map((row) =>
    line(names.map((name, at) => cell(asset, asset.columns[at], row[name] ?? null, { none: nulls[0] ?? "", separator }))),
  );
  const head = header ? line(names.map((name) => quoted(asset, name, separator))) : "";
  return "\n".repeat(skip) + head + lines.join("");
}

function cell(
  asset: IngestedAsset,
  column: Column | undefined,
  value: TestValue,
  { none, separator }: { readonly none: string; readonly separator: string },
): string {
  if (value === null) return none;
  const text = typeof value === "object" ? value.json : value;
  const isNumber = /^[+-]?\d*\.\d+$/.test(text) && column?.type !== "VARCHAR";
  return quoted(asset, isNumber ? text.replace(".", column?.decimal ?? ".") : text, separator);
}

function quoted({ ingest }: IngestedAsset, text: string, separator: string): string {
  const [quote, escape] = [oneOr(ingest.csv.quote, '"'), oneOr(ingest.csv.escape, '"')];
  if (![separator, quote, escape, "\n", "\r"].some((special) => text.includes(special))) return text;
  const inner = text.split("").map((character) => (character === quote || character === escape ? `${escape}${character}` : character));
  return `${quote}${inner.join("")}${quote}`;
}

function oneOr(character: string, otherwise: string): string {
  return character.length === 1 ? character : otherwise;
}
