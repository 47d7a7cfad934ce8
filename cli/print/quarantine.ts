import type { QuarantineReport } from "../../core/index.js";
import { type AlignedColumn, renderTable } from "./align.js";
import { count } from "./amount.js";
import { plain } from "./plain.js";

type Item = QuarantineReport["items"][number];

/** A line per file of a run with what of it waits, why, and where; a last line with the counts. */
export function renderQuarantine({ items }: QuarantineReport, asset: string | null): string {
  if (items.length === 0) return `nothing${asset === null ? "" : ` of ${plain(asset)}`} is in quarantine\n`;
  return `${renderTable(columns, items.map(cells))}\n${amount(items)} in quarantine.\n`;
}

/** After a file, or its refused rows, were discarded: what of the asset waits still. */
export function renderDiscarded({ items }: QuarantineReport, asset: string, file: string): string {
  const rest = items.length === 0 ? "nothing" : amount(items);
  return `discarded ${plain(file)}; ${rest} of ${plain(asset)} in quarantine.\n`;
}

const columns: readonly AlignedColumn[] = [
  { head: "asset", side: "left" },
  { head: "file", side: "left" },
  { head: "what", side: "left" },
  { head: "reason", side: "left" },
  { head: "run", side: "left" },
  { head: "path", side: "left" },
];

function cells(item: Item): readonly string[] {
  return [item.asset, plain(item.file), what(item), plain(item.reason), item.run, plain(item.path)];
}

function what({ rows }: Item): string {
  return rows === null ? "the whole file" : count(rows, "row");
}

/** `1 file and 3 rows` */
function amount(items: readonly Item[]): string {
  const files = items.filter(({ rows }) => rows === null).length;
  const rows = items.reduce((sum, item) => sum + (item.rows ?? 0), 0);
  return [files > 0 ? count(files, "file") : "", rows > 0 || files === 0 ? count(rows, "row") : ""]
    .filter((text) => text !== "")
    .join(" and ");
}
