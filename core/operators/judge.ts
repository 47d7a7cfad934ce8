import type { CheckResult } from "../engine/engine.js";
import type { AssetName, Check, Limit, VersionId } from "../model.js";
import type { CheckOutcome } from "../report/report.js";
import type { CheckRecord, Manifest, PartitionEntry } from "../store/manifest.js";
import type { Ready } from "./ready-table.js";

/** What the version before says of a check whose unchanged partitions need not be looked at again. */
export interface Known {
  readonly record: CheckRecord;
  /** Failing rows of partitions that did not change. */
  readonly elsewhere: CheckRecord["failing"];
}

interface Now {
  readonly columns: Manifest["columns"];
  readonly partitionBy: Manifest["partition_by"];
  readonly duckdb: string;
}

/**
 * Whether the findings of the version before still hold where nothing changed: the same check of the same columns, over the same
 * version of what else it reads. Null: all has to be looked at.
 */
export function knownOf(
  check: Check,
  parent: Manifest | null,
  now: Now,
  inputs: readonly Ready[],
  touched: ReadonlySet<string>,
): Known | null {
  if (parent === null || !check.rowByRow || isShareOfSome(check)) return null;
  const record = parent.checks?.find(({ fingerprint }) => fingerprint === check.fingerprint);
  if (record === undefined || parent.made_by.duckdb !== now.duckdb) return null;
  if (JSON.stringify([parent.columns, parent.partition_by]) !== JSON.stringify([now.columns, now.partitionBy])) return null;
  const sameInputs = check.inputs.every((name) => {
    const read = record.inputs.find(({ asset }) => asset === name);
    return read !== undefined && inputs.some(({ manifest, version }) => manifest.asset === name && version === read.version);
  });
  return sameInputs ? { record, elsewhere: record.failing.filter(({ partition }) => !touched.has(partition)) } : null;
}

/** A share of the rows that `where` leaves: how many those are is known only by looking at all. */
function isShareOfSome({ errorIf, warnIf, where }: Check): boolean {
  return where !== null && [errorIf, warnIf].some((limit) => limit?.unit === "percent");
}

/** Partitions whose part files are not those of the version before; those that are gone among them. */
export function touchedPartitions(parent: Manifest | null, entries: readonly PartitionEntry[]): ReadonlySet<string> {
  const files = ({ parts }: PartitionEntry): string => parts.map(({ sha256 }) => sha256).join();
  const before = new Map(parent?.partitions.map((entry) => [entry.partition, files(entry)]) ?? []);
  return new Set(entries.filter((entry) => before.get(entry.partition) !== files(entry)).map(({ partition }) => partition));
}

/** What was found, with what is known of the rest. */
export function recordOf(check: Check, found: CheckResult, known: Known | null, inputs: readonly Ready[]): CheckRecord {
  const failing = [...(known?.elsewhere ?? []), ...(found.byPartition as CheckRecord["failing"])];
  const read = inputs.filter(({ manifest }) => check.inputs.includes(manifest.asset));
  return {
    check: check.name,
    fingerprint: check.fingerprint,
    failing: failing.sort((a, b) => (a.partition < b.partition ? -1 : 1)),
    inputs: read.map(({ manifest, version }): { asset: AssetName; version: VersionId } => ({ asset: manifest.asset, version })),
  };
}

/** @param rows of the whole table, for limits that are shares */
export function judge(check: Check, failures: number, rows: number): CheckOutcome["result"] {
  if (exceeds(check.errorIf, failures, rows)) return "failed";
  return exceeds(check.warnIf, failures, rows) ? "warned" : "passed";
}

function exceeds(limit: Limit | null, failures: number, rows: number): boolean {
  if (limit === null || failures === 0) return false;
  const bound = limit.unit === "rows" ? limit.value : (rows * limit.value) / 100;
  return limit.operator === ">" ? failures > bound : failures >= bound;
}

/** An asset that a check reads and that was never published: nothing can be said. */
export function unpublishedInput(check: Check, inputs: readonly Ready[]): string | null {
  const missing = check.inputs.filter((name) => !inputs.some(({ manifest }) => manifest.asset === name));
  if (missing.length === 0) return null;
  return `${missing.map((name) => `\`${name}\``).join(", ")} ${missing.length === 1 ? "has" : "have"} no version yet`;
}

export function unasked(check: Check, problem: string): CheckOutcome {
  const { name, severity } = check;
  const result = severity === "error" ? "failed" : "warned";
  return { check: name, severity, result, passed: false, failures: 0, looked_at: null, examples: [], rows: null, problem };
}
