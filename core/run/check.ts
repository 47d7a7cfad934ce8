import { SqlError } from "../engine/engine.js";
import type { Asset, Check } from "../model.js";
import { checkInputs, zonesOf } from "../operators/check.js";
import type { Context } from "../operators/context.js";
import { judge, unasked, unpublishedInput } from "../operators/judge.js";
import { type Ready, readyTable } from "../operators/ready-table.js";
import type { AssetChecks } from "../project.js";
import type { CheckOutcome } from "../report/report.js";

/** Asks the checks of an asset of what is ready now: of all its rows. Changes nothing. */
export async function checkReady(
  context: Pick<Context, "layout" | "engine" | "clock">,
  asset: Asset,
  signal: AbortSignal,
): Promise<AssetChecks> {
  const ready = await readyTable(context.layout, asset.name);
  if (ready === null) return { asset: asset.name, version: null, rows: 0, checks: [] };
  const inputs = await checkInputs(context, asset);
  await using session = await context.engine.session();
  const stop = (): void => session.interrupt();
  signal.addEventListener("abort", stop);
  const ask = async (check: Check): Promise<CheckOutcome> => {
    signal.throwIfAborted();
    const [result] = await session.check({
      subject: ready.table,
      checks: [check],
      inputs: inputs.map(({ table }) => table),
      at: context.clock.now(),
      zones: zonesOf(asset),
      keep: null,
    });
    const failures = result?.failures ?? 0;
    const verdict = judge(check, failures, result?.rows ?? ready.manifest.rows);
    const { name, severity } = check;
    const passed = verdict === "passed";
    return {
      check: name,
      severity,
      result: verdict,
      passed,
      failures,
      looked_at: null,
      examples: result?.examples ?? [],
      rows: null,
      problem: null,
    };
  };
  try {
    const checks: CheckOutcome[] = [];
    for (const check of asset.checks) checks.push(await orProblem(check, ready, inputs, asset, signal, () => ask(check)));
    return { asset: asset.name, version: ready.version, rows: ready.manifest.rows, checks };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What is ready may have been made by another declaration, with other columns. */
async function orProblem(
  check: Check,
  ready: Ready,
  inputs: readonly Ready[],
  asset: Asset,
  signal: AbortSignal,
  ask: () => Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  const missing = unpublishedInput(
    check,
    inputs.map(({ table }) => table),
  );
  if (missing !== null) return unasked(check, missing);
  try {
    return await ask();
  } catch (trouble) {
    if (!(trouble instanceof SqlError) || signal.aborted) throw trouble;
    const outdated = ready.manifest.declaration.fingerprint !== asset.fingerprint;
    return unasked(check, outdated ? "the declaration has changed since; `flow run` brings the asset up to date first" : trouble.message);
  }
}
