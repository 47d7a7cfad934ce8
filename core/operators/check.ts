import { FlowError } from "../diagnostic.js";
import type { CheckResult, ReadyTable } from "../engine/engine.js";
import type { Asset, Check } from "../model.js";
import type { CheckOutcome } from "../report/report.js";
import { timeOfRun } from "../run-id.js";
import { below } from "../store/layout.js";
import { partPath } from "./candidate.js";
import { judge, type Known, knownOf, recordOf, touchedPartitions, unasked, unpublishedInput } from "./judge.js";
import { type Ready, readyTable, termOf } from "./ready-table.js";
import type { Candidate, Work } from "./work.js";

/** The declared checks, on the candidate, before anyone can see it. A failed one stops the asset. */
export async function check(work: Work): Promise<void> {
  const { asset, candidate, context } = work;
  if (candidate === null) return;
  const inputs = await checkInputs(context, asset);
  const touched = touchedPartitions(work.parent, candidate.partitions);
  const asked = asset.checks.map((rule, at): Asked => {
    const known = knownIn(work, candidate, rule, inputs, touched);
    return { check: rule, at, known, problem: unpublishedInput(rule, inputs), result: null };
  });
  const askable = asked.filter(({ problem }) => problem === null);
  const [some, all] = [askable.filter(({ known }) => known !== null), askable.filter(({ known }) => known === null)];
  const changed = candidate.partitions.filter(({ partition }) => touched.has(partition));
  const folder = context.layout.failedRows(asset.name, context.run);
  await context.files.makeDir("check:make", folder);
  await ask(work, candidate.partitions, inputs, all);
  await ask(work, changed, inputs, some);
  await context.files.removeEmptyDir("tidy:remove", folder);
  const sizes = {
    rows: candidate.partitions.reduce((sum, entry) => sum + entry.rows, 0),
    partitions: candidate.partitions.filter(({ parts }) => parts.length > 0).length,
    looked: changed.filter(({ parts }) => parts.length > 0).length,
  };
  work.checks = asked.map((entry) => outcomeOf(work, entry, sizes));
  work.checkRecords = asked.flatMap(({ check: rule, known, result }) =>
    rule.rowByRow && result?.problem === null ? [recordOf(rule, result, known, inputs)] : [],
  );
  refuseFailed(work);
}

interface Asked {
  readonly check: Check;
  /** Its place among the asset's checks. */
  readonly at: number;
  readonly known: Known | null;
  /** Why it cannot be asked at all. */
  readonly problem: string | null;
  result: CheckResult | null;
}

function knownIn(work: Work, candidate: Candidate, rule: Check, inputs: readonly Ready[], touched: ReadonlySet<string>): Known | null {
  const now = { columns: candidate.columns, partitionBy: work.asset.partitionBy.map(termOf), duckdb: work.context.engine.version };
  return knownOf(rule, work.parent, now, inputs, touched);
}

/** Looks for failing rows in these partitions of the candidate. */
async function ask(work: Work, partitions: Candidate["partitions"], inputs: readonly Ready[], asked: readonly Asked[]): Promise<void> {
  if (asked.length === 0 || work.candidate === null) return;
  const { asset, context, session } = work;
  const folder = context.layout.candidate(asset.name, context.run);
  const rows = context.layout.failedRows(asset.name, context.run);
  const subject: ReadyTable = {
    name: asset.name,
    columns: work.candidate.columns,
    partitionBy: asset.partitionBy,
    files: partitions.flatMap((entry) => entry.parts.map((part) => partPath(folder, entry.partition, part))),
  };
  const results = await session.check({
    subject,
    checks: asked.map((entry) => entry.check),
    inputs: inputs.map(({ table }) => table),
    at: timeOfRun(context.run),
    zones: zonesOf(asset),
    keep: asked.map((entry) => ({ folder: rows, name: fileName(entry) })),
  });
  for (const [at, entry] of asked.entries()) entry.result = results[at] ?? null;
}

/** `2-unique_id`: what a check is called may be any text. */
function fileName({ check: { name }, at }: Asked): string {
  const word = name.replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_|_$/g, "");
  return `${at + 1}-${[...word].slice(0, 40).join("")}`;
}

export function zonesOf(asset: Asset): Readonly<Record<string, string>> {
  return asset.kind === "derived" ? {} : Object.fromEntries(asset.columns.map(({ name, zone }) => [name, zone]));
}

/** The current versions of what the checks of an asset read beside it; what was never published is left out. */
export async function checkInputs({ layout }: Pick<Work["context"], "layout">, asset: Asset): Promise<readonly Ready[]> {
  const names = [...new Set(asset.checks.flatMap(({ inputs }) => inputs))].sort();
  const ready = await Promise.all(names.map((name) => readyTable(layout, name)));
  return ready.flatMap((found) => found ?? []);
}

interface Sizes {
  readonly rows: number;
  readonly partitions: number;
  readonly looked: number;
}

function outcomeOf({ asset, context }: Work, asked: Asked, sizes: Sizes): CheckOutcome {
  const { check: rule, known, result } = asked;
  if (result?.problem !== null) return unasked(rule, asked.problem ?? result?.problem ?? "");
  const elsewhere = (known?.elsewhere ?? []).reduce((sum, { rows }) => sum + rows, 0);
  const failures = result.failures + elsewhere;
  const verdict = judge(rule, failures, known === null ? (result.rows ?? sizes.rows) : sizes.rows);
  const { layout, run } = context;
  return {
    check: rule.name,
    severity: rule.severity,
    result: verdict,
    passed: verdict === "passed",
    failures,
    looked_at: known === null ? null : { partitions: sizes.looked, of: sizes.partitions, failures: result.failures },
    examples: result.examples,
    rows: result.kept === null ? null : layout.belowStore(below(layout.failedRows(asset.name, run), `${fileName(asked)}.csv`)),
    problem: null,
  };
}

function refuseFailed({ asset, checks, context }: Work): void {
  const failed = checks.filter(({ result }) => result === "failed");
  if (failed.length === 0) return;
  const folder = context.layout.belowStore(context.layout.candidate(asset.name, context.run));
  throw new FlowError(
    failed.map((outcome) => ({
      code: "check-failed",
      severity: "error",
      message: `check \`${outcome.check}\` of \`${asset.name}\` ${whatFailed(asset, outcome)}`,
      at: null,
      hint:
        outcome.problem === null
          ? `the candidate lies in \`${folder}\`; \`ready\` is as it was. Mend the data or the check, and run again`
          : "`ready` is as it was. Mend the check, or what it reads, and run again",
    })),
  );
}

function whatFailed(asset: Asset, { check: name, failures, examples, problem }: CheckOutcome): string {
  if (problem !== null) return `cannot be asked: ${problem}`;
  const limit = asset.checks.find((rule) => rule.name === name)?.errorIf ?? null;
  const allowed =
    limit === null || limit.value === 0
      ? ""
      : `, and \`error_if\` is \`${limit.operator} ${limit.value}${limit.unit === "percent" ? "%" : ""}\``;
  const first = examples[0] === undefined ? "" : `, the first: ${JSON.stringify(examples[0])}`;
  return `fails for ${failures} ${failures === 1 ? "row" : "rows"}${allowed}${first}`;
}
