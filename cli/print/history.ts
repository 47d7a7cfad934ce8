import type { HistoryReport, PastVersion } from "../../core/index.js";
import { type AlignedColumn, renderTable } from "./align.js";
import { count, cut, instant, thousands } from "./amount.js";
import { plain } from "./plain.js";

/** One line per version, newest first. */
export function renderHistory({ asset, versions, of }: HistoryReport): string {
  if (of === 0) return `${plain(asset)} has no version yet\n`;
  const more = of - versions.length;
  return `${renderTable(columns, versions.map(cells))}${more > 0 ? `\n${count(more, "older version")}: \`--all\` lists them, too\n` : ""}`;
}

const columns: readonly AlignedColumn[] = [
  { head: "", side: "left" },
  { head: "version", side: "left" },
  { head: "published", side: "left" },
  { head: "rows", side: "right" },
  { head: "", side: "right" },
  { head: "changed", side: "left" },
  { head: "why", side: "left" },
];

function cells(version: PastVersion): readonly string[] {
  const { rows, rows_before, partitions, partitions_changed, current, kept } = version;
  return [
    current ? "*" : kept ? "" : "x",
    version.version,
    instant(version.published_at),
    thousands(rows),
    changeOf(rows - rows_before),
    partitions_changed === null ? "gone" : `${thousands(partitions_changed)} of ${count(partitions, "partition")}`,
    whyOf(version),
  ];
}

function changeOf(rows: number): string {
  if (rows === 0) return "=";
  return rows > 0 ? `+${thousands(rows)}` : `-${thousands(-rows)}`;
}

/** What it was made for, and of what. */
function whyOf({ reason, deliveries: { added, withdrawn, superseded } }: PastVersion): string {
  const parts = [
    added.length > 0 ? cut(added.map(plain), ", ") : "",
    superseded.length > 0 ? `superseded: ${cut(superseded.map(plain), ", ")}` : "",
    withdrawn.length > 0 ? `withdrawn: ${cut(withdrawn.map(plain), ", ")}` : "",
  ].filter((text) => text !== "");
  return [plain(reason), ...parts].join("; ");
}
