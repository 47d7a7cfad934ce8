import { availableParallelism } from "node:os";
import type { Asset, AssetName } from "../model.js";
import type { Context } from "../operators/context.js";
import type { AssetPlan, Plan } from "../plan/plan.js";
import type { AssetOutcome, RunReport } from "../report/report.js";
import { executeAsset } from "./execute-asset.js";

/**
 * Carries out a plan: inputs before what reads them, independent assets side by side. A failed asset takes down only what
 * depends on it.
 */
export async function execute(context: Context, plan: Plan): Promise<RunReport> {
  const started = context.clock.now();
  context.emit({ event: "run-started", run: context.run, at: new Date(started).toISOString(), plan });
  for (const diagnostic of plan.notices) context.emit({ event: "notice", asset: null, diagnostic });
  const outcomes = await inOrder(
    context,
    plan.assets.filter(({ commands }) => commands.length > 0),
  );
  const finished = context.clock.now();
  const report: RunReport = {
    report: 1,
    run: context.run,
    started_at: new Date(started).toISOString(),
    finished_at: new Date(finished).toISOString(),
    seconds: (finished - started) / 1000,
    assets: plan.assets.map((entry) => outcomes.get(entry.asset) ?? left(context, entry, "unchanged", null)),
  };
  if (outcomes.size > 0) context.ledger.report(context.run, JSON.stringify(report));
  context.emit({ event: "run-finished", report });
  return report;
}

async function inOrder(context: Context, plans: readonly AssetPlan[]): Promise<ReadonlyMap<AssetName, AssetOutcome>> {
  const assets = new Map(context.catalog.assets.map((asset) => [asset.name, asset]));
  const outcomes = new Map<AssetName, AssetOutcome>();
  const waiting = new Set(plans);
  const running = new Map<AssetName, Promise<void>>();
  while (waiting.size > 0 || running.size > 0) {
    for (const plan of waiting) {
      if (running.size >= availableParallelism()) break;
      if (!plan.after.every((input) => outcomes.has(input))) continue;
      const asset = assets.get(plan.asset);
      if (asset === undefined) throw new Error(`${plan.asset} is planned and not in the catalog`);
      waiting.delete(plan);
      const settled = settle(context, asset, plan, outcomes).then((outcome) => {
        outcomes.set(plan.asset, outcome);
        running.delete(plan.asset);
        context.emit({ event: "asset-finished", outcome });
      });
      running.set(plan.asset, settled);
    }
    await Promise.race(running.values());
  }
  return outcomes;
}

async function settle(
  context: Context,
  asset: Asset,
  plan: AssetPlan,
  outcomes: ReadonlyMap<AssetName, AssetOutcome>,
): Promise<AssetOutcome> {
  const inputs = plan.after.flatMap((input) => outcomes.get(input) ?? []);
  const broken = inputs.filter(({ status }) => status === "failed" || status === "skipped").map((input) => input.asset);
  if (broken.length > 0) return left(context, plan, "skipped", `${broken.join(", ")} could not be brought up to date`);
  const pending = plan.reason.kind === "input-pending" ? plan.reason.inputs : null;
  const isPending = ({ asset: input, partitions }: AssetOutcome): boolean =>
    pending?.includes(input) === true && partitions.changed.length > 0;
  if (pending !== null && !inputs.some(isPending)) return left(context, plan, "unchanged", null);
  context.emit({ event: "asset-started", asset: asset.name });
  return executeAsset(context, asset, plan);
}

/** An asset that was not touched. */
function left(context: Context, plan: AssetPlan, status: "skipped" | "unchanged", problem: string | null): AssetOutcome {
  const current = context.ledger.current(plan.asset);
  return {
    asset: plan.asset,
    status,
    reason: plan.reason,
    problem,
    version: plan.from,
    rows: current?.rows ?? 0,
    rows_before: current?.rows ?? 0,
    deliveries: [],
    account: { read: 0, merged: 0, superseded: 0, duplicates: 0, deleted: 0, refused: 0, late: 0 },
    partitions: { total: current?.partitions ?? 0, changed: [] },
    checks: [],
    late: [],
    watermark: current?.watermark ?? null,
    seconds: 0,
  };
}
