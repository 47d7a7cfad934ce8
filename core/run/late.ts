import { graphOf, reach } from "../catalog/graph.js";
import type { AssetName, Catalog } from "../model.js";
import type { LateReport } from "../project.js";
import type { AssetOutcome, RunReport } from "../report/report.js";
import type { State } from "./state.js";

const runsLookedAt = 10_000;
const day = 86_400_000;
const usualAllowances = [0, day, 7 * day, 30 * day, 365 * day];

/** Late arrivals of past runs, and what a smaller `allow` would have kept out: rows at or beyond it. */
export function lateArrivals(state: State, catalog: Catalog, asset: AssetName | null, allowMs: number | null): LateReport {
  const arrivals = state.ledger.runs(runsLookedAt).flatMap(({ run, report }) => {
    const { assets } = JSON.parse(report) as RunReport;
    return assets
      .filter((outcome) => asset === null || outcome.asset === asset)
      .flatMap((outcome) =>
        outcome.late.map((file) => ({ run, asset: outcome.asset, file, rebuilt: rebuiltBelow(catalog, assets, outcome.asset) })),
      );
  });
  const allowances = allowMs === null ? usualAllowances : [allowMs];
  return { late: 1, arrivals, counterfactuals: allowances.map((allow) => counterfactual(arrivals, allow)) };
}

function rebuiltBelow(catalog: Catalog, outcomes: readonly AssetOutcome[], asset: AssetName): LateReport["arrivals"][number]["rebuilt"] {
  const downstream = reach(graphOf(catalog).readBy, [asset], Number.POSITIVE_INFINITY);
  return outcomes
    .filter((outcome) => outcome.asset !== asset && downstream.has(outcome.asset) && outcome.partitions.changed.length > 0)
    .map((outcome) => ({ asset: outcome.asset, partitions: outcome.partitions.changed }));
}

function counterfactual(arrivals: LateReport["arrivals"], allowMs: number): LateReport["counterfactuals"][number] {
  const beyond = arrivals.map(({ file }) =>
    file.partitions.filter(({ behind }) => behind * 1000 >= allowMs).reduce((sum, { rows }) => sum + rows, 0),
  );
  return { allow_ms: allowMs, rows: beyond.reduce((a, b) => a + b, 0), files: beyond.filter((rows) => rows > 0).length };
}
