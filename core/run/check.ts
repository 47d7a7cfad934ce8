import type { Asset, Check } from "../model.js";
import { checkInputs, zonesOf } from "../operators/check.js";
import type { Context } from "../operators/context.js";
import { judge, unasked, unpublishedInput } from "../operators/judge.js";
import { readyTable } from "../operators/ready-table.js";
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
  // What is ready may have been made by another declaration, with other columns.
  const outdated = ready.manifest.declaration.fingerprint !== asset.fingerprint;
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
    if (result === undefined) throw new Error(`no answer to ${check.name}`);
    if (result.problem !== null)
      return unasked(check, outdated ? "the declaration has changed since; `flow run` brings the asset up to date first" : result.problem);
    const { failures, rows, examples } = result;
    const verdict = judge(check, failures, rows ?? ready.manifest.rows);
    const said = { check: check.name, severity: check.severity, result: verdict, passed: verdict === "passed" };
    return { ...said, failures, looked_at: null, examples, rows: null, problem: null };
  };
  try {
    const checks: CheckOutcome[] = [];
    for (const check of asset.checks) {
      const missing = unpublishedInput(check, inputs);
      checks.push(missing === null ? await ask(check) : unasked(check, missing));
    }
    return { asset: asset.name, version: ready.version, rows: ready.manifest.rows, checks };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
