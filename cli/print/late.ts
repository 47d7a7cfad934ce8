import type { Asset, AssetName, AssetOutcome, LateFile, LateReport, PartitionKey, RunReport } from "../../core/index.js";
import { type AlignedColumn, renderTable } from "./align.js";
import { count, duration, durationText, thousands } from "./amount.js";
import { partitionWords } from "./partitions.js";
import { plain } from "./plain.js";

type Arrival = LateReport["arrivals"][number];

/** Late arrivals of past runs, a line per file, and what a smaller `allow` would have kept out. */
export function renderLate(report: LateReport, asset: string | null): string {
  if (report.arrivals.length === 0) return `no run has seen late rows${asset === null ? "" : ` of ${plain(asset)}`}\n`;
  const sentences = telling(report.counterfactuals).map(({ allow_ms, rows, files }) => `${counterfactualWords(allow_ms, rows, files)}\n`);
  return `${renderTable(columns, report.arrivals.map(cells))}\n${sentences.join("")}`;
}

/** Below an asset's line in the account of a run: its late files, what was rebuilt for them, what a smaller `allow` would have done. */
export function lateDetails(outcome: AssetOutcome, report: RunReport, assets: readonly Asset[]): readonly string[] {
  if (outcome.late.length === 0) return [];
  const rebuilt = report.assets.filter(
    ({ asset, partitions }) => partitions.changed.length > 0 && readers(assets, outcome.asset).has(asset),
  );
  const below = rebuilt.map(({ asset, partitions }) => ({ asset, partitions: partitions.changed }));
  return [
    ...outcome.late.map(fileWords),
    ...(below.length > 0 ? [`rebuilt downstream: ${rebuiltWords(below)}`] : []),
    ...smallerAllow(outcome, assets),
  ];
}

/** `orders_3.csv: 4 late rows merged, 1 too late, 10 s behind (p95 20 s, max 2 h 1 min), reopened at_month=2026-01` */
function fileWords(file: LateFile): string {
  const reopened = reopenedBy(file);
  const rows = [
    file.merged > 0 ? `${count(file.merged, "late row")} merged` : "",
    file.tooLate > 0 ? (file.merged > 0 ? `${thousands(file.tooLate)} too late` : `${count(file.tooLate, "row")} too late`) : "",
  ];
  const { p50, p95, max } = file.behind;
  const behind = `${duration(p50)} behind (p95 ${duration(p95)}, max ${duration(max)})`;
  const where = reopened.length > 0 ? `reopened ${partitionWords(reopened)}` : "";
  return `${plain(file.file)}: ${[...rows, behind, where].filter((text) => text !== "").join(", ")}`;
}

/** Partitions into which late rows were merged. The rows furthest behind are those kept out as too late: they opened nothing. */
function reopenedBy(file: LateFile): readonly PartitionKey[] {
  let keptOut = file.tooLate;
  const opened = [...file.partitions]
    .sort((a, b) => b.behind - a.behind)
    .filter(({ rows }) => {
      const merged = rows - Math.max(0, keptOut);
      keptOut -= rows;
      return merged > 0;
    });
  return [...new Set(opened.map(({ partition }) => partition))].sort();
}

function rebuiltWords(rebuilt: Arrival["rebuilt"]): string {
  return rebuilt.map(({ asset, partitions }) => (partitions[0] === "" ? asset : `${asset} ${partitionWords(partitions)}`)).join("; ");
}

/** What reads the asset, directly or not; the catalog has inputs first. */
function readers(assets: readonly Asset[], name: AssetName): ReadonlySet<AssetName> {
  const found = new Set<AssetName>();
  for (const asset of assets) {
    if (asset.kind === "derived" && asset.inputs.some((input) => input === name || found.has(input))) found.add(asset.name);
  }
  return found;
}

const [hour, day] = [3_600_000, 86_400_000];
const usualAllowances = [365 * day, 30 * day, 7 * day, day, hour];

/** The largest usual `allow` below the declared one that would have kept out more than was: how far back the merged rows reach. */
function smallerAllow(outcome: AssetOutcome, assets: readonly Asset[]): readonly string[] {
  const asset = assets.find(({ name }) => name === outcome.asset);
  const declared = (asset?.kind === "ingested" ? asset.lateness?.allowMs : null) ?? Number.POSITIVE_INFINITY;
  const keptOut = sum(outcome.late.map(({ tooLate }) => tooLate));
  for (const allow of usualAllowances.filter((ms) => ms < declared)) {
    const beyond = outcome.late.map((file) => rowsBeyond(file, allow)).filter((rows) => rows > 0);
    if (sum(beyond) > keptOut) return [counterfactualWords(allow, sum(beyond), beyond.length)];
  }
  return [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function rowsBeyond({ partitions }: LateFile, allowMs: number): number {
  return sum(partitions.filter(({ behind }) => behind * 1000 >= allowMs).map(({ rows }) => rows));
}

/** `with allow: 1d, 412 rows of 3 files would have been too late` */
function counterfactualWords(allowMs: number, rows: number, files: number): string {
  const kept = rows === 0 ? "no row" : `${count(rows, "row")} of ${count(files, "file")}`;
  return `with allow: ${durationText(allowMs)}, ${kept} would have been too late`;
}

/** Those that would have kept rows out, and the first that would have kept out none. */
function telling(counterfactuals: LateReport["counterfactuals"]): LateReport["counterfactuals"] {
  const strictestFirst = [...counterfactuals].sort((a, b) => a.allow_ms - b.allow_ms);
  const first = strictestFirst.findIndex(({ rows }) => rows === 0);
  return first < 0 ? strictestFirst : strictestFirst.slice(0, first + 1);
}

const columns: readonly AlignedColumn[] = [
  { head: "run", side: "left" },
  { head: "asset", side: "left" },
  { head: "file", side: "left" },
  { head: "merged", side: "right" },
  { head: "too late", side: "right" },
  { head: "behind p50", side: "right" },
  { head: "p95", side: "right" },
  { head: "max", side: "right" },
  { head: "reopened", side: "left" },
  { head: "rebuilt downstream", side: "left" },
];

function cells({ run, asset, file, rebuilt }: Arrival): readonly string[] {
  const { p50, p95, max } = file.behind;
  return [
    run,
    asset,
    plain(file.file),
    thousands(file.merged),
    thousands(file.tooLate),
    ...[p50, p95, max].map(duration),
    partitionWords(reopenedBy(file)) || "-",
    rebuiltWords(rebuilt) || "-",
  ];
}
