import type { Asset, AssetOutcome, DeliveryOutcome, Reason, RunReport } from "../../core/index.js";
import { renderLines, renderTable, type Side } from "./align.js";
import { count, duration, list, thousands } from "./amount.js";
import { checkDetails } from "./check.js";
import type { Paint } from "./frame.js";
import { lateDetails } from "./late.js";
import { plain, plainLines } from "./plain.js";
import { nothingToDo, paintMark } from "./plan.js";
import { cameOutTheSame, hasRefusals, outcomeMark, reasonWords } from "./reason.js";

export interface AccountOptions {
  /** Leaves out what went well, except for the last line. */
  readonly quiet: boolean;
  readonly paint: Paint;
}

/**
 * A run's closing account: a line per asset, what was refused or skipped and why, what came late, the numbers, a last line.
 * `assets` are the catalog's: they say what reads what.
 */
export function renderAccount(report: RunReport, assets: readonly Asset[], { quiet, paint }: AccountOptions): string {
  const shown = report.assets.filter((outcome) => !quiet || isTrouble(outcome));
  const lines = shown.map((outcome): AssetLine => {
    const words = isIdle(outcome, report) ? idleWords(outcome.reason) : outcomeWords(outcome);
    return {
      cells: [`${paintMark(outcomeMark(outcome), paint)} ${outcome.asset}`, words],
      below: [...details(outcome), ...lateDetails(outcome, report, assets)].map((line) => `    ${line}`.trimEnd()),
    };
  });
  const table = quiet ? "" : numbers(report.assets.filter((outcome) => didWork(outcome, report)));
  return `${withDetails(lines)}${table}${runSummary(report)}\n`;
}

/** No asset failed, nothing was refused: what exit code 0 says. */
export function wentWell(report: RunReport): boolean {
  return !report.assets.some(isTrouble);
}

/** `2 assets published, 5 up to date in 0.4 s.` */
function runSummary(report: RunReport): string {
  const tried = report.assets.filter((outcome) => !isIdle(outcome, report));
  const waiting = report.assets.filter((outcome) => isIdle(outcome, report) && outcome.version === null).length;
  const upToDate = report.assets.length - tried.length - waiting;
  if (tried.length === 0) return nothingToDo(upToDate, waiting);
  const counts: readonly (readonly [number: number, words: string])[] = [
    ...outcomes.map((status) => [tried.filter((asset) => asset.status === status).length, status] as const),
    [upToDate, "up to date"],
    [waiting, "waiting for data"],
  ];
  const words = counts
    .filter(([number]) => number > 0)
    .map(([number, what], i) => `${i === 0 ? count(number, "asset") : thousands(number)} ${what}`);
  return `${[...words, ...refused(report)].join(", ")} in ${duration(report.seconds)}.`;
}

const outcomes = ["published", "unchanged", "failed", "skipped"] as const;

/** The words of one asset's line, without its name. */
function outcomeWords(outcome: AssetOutcome): string {
  if (outcome.status === "failed") return `failed: ${firstLine(outcome.problem)}`;
  if (outcome.status === "skipped") return `skipped: ${firstLine(outcome.problem)}`;
  if (isRestatement(outcome.reason)) return restatementWords(outcome).join(", ");
  const parts = outcome.deliveries.length > 0 ? [...deliveryWords(outcome), ...rowWords(outcome)] : builtWords(outcome);
  return parts.join(", ");
}

interface AssetLine {
  readonly cells: readonly string[];
  readonly below: readonly string[];
}

function withDetails(lines: readonly AssetLine[]): string {
  const heads = renderLines(lines.map(({ cells }) => cells)).split("\n");
  return lines
    .flatMap(({ below }, i) => [heads[i] ?? "", ...below])
    .map((line) => `${line}\n`)
    .join("");
}

function deliveryWords(outcome: AssetOutcome): readonly string[] {
  const of = (is: DeliveryOutcome["is"]): number => outcome.deliveries.filter((delivery) => delivery.is === is).length;
  return [
    of("new") > 0 ? count(of("new"), "delivery") : "",
    of("revision") > 0 ? count(of("revision"), "revision") : "",
    of("redelivery") > 0 ? `${count(of("redelivery"), "redelivery")} skipped` : "",
    of("refused") > 0 ? `${count(of("refused"), "file")} refused` : "",
  ].filter((text) => text !== "");
}

/** The table's growth, and the rows that took the place of others; neither is said where nothing was merged. */
function rowWords(outcome: AssetOutcome): readonly string[] {
  const { account, rows, rows_before } = outcome;
  const growth = rows - rows_before;
  const replaced = account.merged - Math.max(0, growth);
  return [
    growth !== 0 ? `${growth > 0 ? "+" : "-"}${count(Math.abs(growth), "row")}` : "",
    replaced > 0 ? `${count(replaced, "row")} replaced` : "",
    account.deleted > 0 ? `${count(account.deleted, "row")} deleted` : "",
    account.late > 0 ? `${count(account.late, "row")} too late` : "",
    account.refused > 0 ? `${count(account.refused, "row")} refused` : "",
  ].filter((text) => text !== "");
}

function builtWords(outcome: AssetOutcome): readonly string[] {
  if (outcome.status === "unchanged") return ["same rows as before"];
  if (cameOutTheSame(outcome)) return ["same rows as before", afterwards(outcome.reason)];
  return [count(outcome.rows, "row"), ...partitionsOf(outcome), afterwards(outcome.reason)];
}

/** `1 of 400 partitions changed`; one that is gone changed, too, and is none of those that are there. */
function partitionsOf({ partitions: { total, changed } }: AssetOutcome): readonly string[] {
  return total > 1 ? [`${thousands(changed.length)} of ${count(Math.max(total, changed.length), "partition")} changed`] : [];
}

/** `orders_1.csv withdrawn, -2 rows` */
function restatementWords(outcome: AssetOutcome): readonly string[] {
  const { total, changed } = outcome.partitions;
  const where = total > 1 && changed.length > 0 ? [`${count(changed.length, "partition")} changed`] : [];
  const same = outcome.status === "unchanged" ? ["same rows as before"] : [];
  return [afterwards(outcome.reason), ...deliveryWords(outcome), ...rowWords(outcome), ...where, ...same];
}

function isRestatement({ kind }: Reason): boolean {
  return kind === "withdrawal" || kind === "release" || kind === "replay";
}

function idleWords(reason: Reason): string {
  if (reason.kind === "up-to-date") return "nothing to do";
  if (reason.kind === "input-pending") return `nothing to do, no row of ${list(reason.inputs)} changed`;
  return `nothing to do, ${reasonWords(reason)}`;
}

/** What was going to happen when it was planned has happened by now. */
function afterwards(reason: Reason): string {
  switch (reason.kind) {
    case "input-pending":
      return reasonWords({ ...reason, kind: "input-changed" });
    case "withdrawal":
      return `${plain(reason.file)} withdrawn`;
    case "release":
      return `${plain(reason.file)} released from quarantine`;
    default:
      return reasonWords(reason);
  }
}

/** Nothing was tried: it is up to date, waits for data, or was going to follow inputs that came out the same. */
function isIdle({ status, reason }: AssetOutcome, report: RunReport): boolean {
  if (reason.kind === "up-to-date" || reason.kind === "nothing-landed" || reason.kind === "no-input") return true;
  if (status !== "unchanged" || reason.kind !== "input-pending") return false;
  return report.assets.every(({ asset, partitions }) => !reason.inputs.includes(asset) || partitions.changed.length === 0);
}

/** Below the asset's line: the rest of a long problem, each file that was not taken whole, each check that found something. */
function details(outcome: AssetOutcome): readonly string[] {
  const rest = plainLines(outcome.problem ?? "")
    .split("\n")
    .slice(1);
  const files = outcome.deliveries.flatMap(deliveryDetails);
  return [...rest, ...files, ...outcome.checks.flatMap(checkDetails)];
}

function deliveryDetails(delivery: DeliveryOutcome): readonly string[] {
  const file = plain(delivery.file);
  const reason = plain(delivery.reason ?? delivery.is);
  if (delivery.is === "redelivery") return [`${file}: skipped (${reason})`];
  const whole = delivery.is === "refused" ? [`${file}: refused: ${reason}`] : delivery.reason !== null ? [`${file}: ${reason}`] : [];
  return [...whole, ...driftDetails(file, delivery), ...delivery.refusals.map((refusal) => refusalWords(file, refusal))];
}

function refusalWords(file: string, refusal: DeliveryOutcome["refusals"][number]): string {
  const example = refusal.example === "" ? "" : `, for example ${plain(refusal.example)}`;
  return `${file}: ${count(refusal.rows, "row")} refused: ${plain(refusal.reason)}${example}`;
}

function driftDetails(file: string, { drift }: DeliveryOutcome): readonly string[] {
  return [
    ...(drift.added.length > 0 ? [`${file}: not declared: ${list(drift.added.map(plain))}`] : []),
    ...(drift.missing.length > 0 ? [`${file}: missing: ${list(drift.missing.map(plain))}`] : []),
  ];
}

/** The columns add up: rows in = merged + superseded + duplicate + deleted + refused + late. */
function numbers(assets: readonly AssetOutcome[]): string {
  if (assets.length === 0) return "";
  const columns = numberColumns.filter(
    ({ optional, of }) => optional !== true || assets.some((asset) => of(asset) !== "0" && of(asset) !== "-"),
  );
  return `\n${renderTable(
    columns,
    assets.map((asset) => columns.map(({ of }) => of(asset))),
  )}\n`;
}

interface NumberColumn {
  readonly head: string;
  readonly side: Side;
  readonly of: (outcome: AssetOutcome) => string;
  /** Left out where no asset has any. */
  readonly optional?: true;
}

const numberColumns: readonly NumberColumn[] = [
  { head: "asset", side: "left", of: (outcome) => outcome.asset },
  { head: "files", side: "right", of: ingested((outcome) => outcome.deliveries.length) },
  { head: "rows in", side: "right", of: ingested((outcome) => outcome.account.read) },
  { head: "merged", side: "right", of: ingested((outcome) => outcome.account.merged) },
  { head: "superseded", side: "right", of: ingested((outcome) => outcome.account.superseded) },
  { head: "duplicate", side: "right", of: ingested((outcome) => outcome.account.duplicates) },
  { head: "deleted", side: "right", of: ingested((outcome) => outcome.account.deleted), optional: true },
  { head: "refused", side: "right", of: ingested((outcome) => outcome.account.refused) },
  { head: "late", side: "right", of: ingested((outcome) => outcome.account.late) },
  { head: "partitions", side: "right", of: (outcome) => thousands(outcome.partitions.changed.length) },
  { head: "rows", side: "right", of: (outcome) => thousands(outcome.rows) },
  { head: "time", side: "right", of: (outcome) => duration(outcome.seconds) },
];

/** Derived assets take no files: a dash, not a zero that looks like a count. */
function ingested(of: (outcome: AssetOutcome) => number): (outcome: AssetOutcome) => string {
  return (outcome) => (outcome.deliveries.length === 0 ? "-" : thousands(of(outcome)));
}

function didWork(outcome: AssetOutcome, report: RunReport): boolean {
  return (outcome.status === "published" || outcome.status === "unchanged") && !isIdle(outcome, report);
}

function isTrouble(outcome: AssetOutcome): boolean {
  return outcome.status === "failed" || outcome.status === "skipped" || hasRefusals(outcome);
}

function refused(report: RunReport): readonly string[] {
  const files = report.assets.flatMap((asset) => asset.deliveries.filter((delivery) => delivery.is === "refused")).length;
  const rows = report.assets.reduce((sum, asset) => sum + asset.account.refused, 0);
  const parts = [files > 0 ? count(files, "file") : "", rows > 0 ? count(rows, "row") : ""].filter((text) => text !== "");
  return parts.length === 0 ? [] : [`${parts.join(" and ")} refused`];
}

function firstLine(problem: string | null): string {
  return plain((problem ?? "no reason given").split("\n", 1)[0] ?? "");
}
