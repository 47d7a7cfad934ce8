import type { AssetStatus, StatusReport } from "../../core/index.js";
import { type AlignedColumn, renderTable } from "./align.js";
import { count, instant, thousands } from "./amount.js";

/** One line per asset, in the order in which inputs come first. */
export function renderStatus(report: StatusReport): string {
  if (report.assets.length === 0) return "no assets are declared\n";
  return renderTable(columns, report.assets.map(cells));
}

const columns: readonly AlignedColumn[] = [
  { head: "asset", side: "left" },
  { head: "rows", side: "right" },
  { head: "partitions", side: "right" },
  { head: "provisional", side: "right" },
  { head: "final", side: "right" },
  { head: "published", side: "left" },
  { head: "version", side: "left" },
  { head: "watermark", side: "left" },
  { head: "pending", side: "left" },
  { head: "refused", side: "left" },
  { head: "state", side: "left" },
];

function cells(asset: AssetStatus): readonly string[] {
  return [
    asset.asset,
    thousands(asset.rows),
    thousands(asset.partitions),
    asset.finality === null ? "-" : thousands(asset.finality.provisional),
    asset.finality === null ? "-" : thousands(asset.finality.final),
    asset.published_at === null ? "-" : instant(asset.published_at),
    asset.version ?? "-",
    asset.watermark === null ? "-" : instant(asset.watermark),
    pendingWords(asset),
    refusedWords(asset),
    stateWords(asset),
  ];
}

function pendingWords({ kind, pending }: AssetStatus): string {
  if (kind === "derived") return "-";
  const settling = pending.settling > 0 ? `${thousands(pending.settling)} still being written` : "";
  const files = pending.files > 0 ? count(pending.files, "file") : "";
  return [files, settling].filter((text) => text !== "").join(", ") || "none";
}

function refusedWords({ kind, refused }: AssetStatus): string {
  if (kind === "derived") return "-";
  const files = refused.files > 0 ? count(refused.files, "file") : "";
  const rows = refused.rows > 0 ? count(refused.rows, "row") : "";
  return [files, rows].filter((text) => text !== "").join(", ") || "none";
}

function stateWords({ version, pending, stale }: AssetStatus): string {
  if (version === null) return "no version yet";
  if (pending.files > 0) return "files to take";
  return stale ? "inputs are newer" : "up to date";
}
