import { needsOf } from "../catalog/graph.js";
import type { VersionRow } from "../ledger/ledger.js";
import type { AssetName, DerivedAsset } from "../model.js";
import { checking } from "./checking.js";
import type { AssetPlan, Build, Reason, WhyAll } from "./plan.js";
import type { PlanInput, Snapshot } from "./state.js";

export function planDerived(asset: DerivedAsset, input: PlanInput, publishing: ReadonlySet<AssetName>): AssetPlan {
  const current = input.snapshot.current(asset.name);
  const reason = whyBuild(asset, current, input, publishing);
  const builds = reason.kind !== "up-to-date" && reason.kind !== "no-input";
  const build = howMuch(asset, reason, current === null ? [] : changing(asset, current, input.snapshot, publishing), input);
  return {
    asset: asset.name,
    kind: "derived",
    reason,
    from: current?.version ?? null,
    commands: builds ? [{ kind: "transform", build }, ...checking(asset), { kind: "publish" }] : [],
    after: needsOf(asset).filter((name) => publishing.has(name)),
  };
}

function whyBuild(
  asset: DerivedAsset,
  current: VersionRow | null,
  { snapshot, requests }: PlanInput,
  publishing: ReadonlySet<AssetName>,
): Reason {
  const absent = asset.inputs.filter((input) => snapshot.current(input) === null && !publishing.has(input));
  if (absent.length > 0) return { kind: "no-input", inputs: absent };
  if (current === null) return { kind: "first-build" };
  if (current.fingerprint !== asset.fingerprint) return { kind: "sql-changed" };
  if (requests.refresh.has(asset.name) || requests.range?.assets.has(asset.name) === true) return { kind: "requested" };
  const changed = changedInputs(asset, current, snapshot);
  if (changed.length > 0) return { kind: "input-changed", inputs: changed };
  const pending = asset.inputs.filter((input) => publishing.has(input));
  return pending.length > 0 ? { kind: "input-pending", inputs: pending } : { kind: "up-to-date" };
}

/** Inputs that have other rows than the ones the current version was built from, or may have them before it is built. */
function changing(asset: DerivedAsset, current: VersionRow, snapshot: Snapshot, publishing: ReadonlySet<AssetName>): readonly AssetName[] {
  const changed = new Set(changedInputs(asset, current, snapshot));
  return asset.inputs.filter((input) => changed.has(input) || publishing.has(input));
}

function howMuch(asset: DerivedAsset, reason: Reason, changes: readonly AssetName[], input: PlanInput): Build {
  if (reason.kind === "first-build") return all("first-build");
  if (reason.kind === "sql-changed") return all("asset-changed");
  const { range, refresh } = input.requests;
  if (reason.kind !== "requested" || range === null) return reason.kind === "requested" ? all("asked-for") : needed(asset, changes, input);
  if (refresh.has(asset.name)) return all("asked-for");
  if (asset.usesRunTime) return all("uses-run-time");
  // The version will say that it was built from the inputs of now: what they changed outside the range is built, too.
  const besides = changes.length === 0 ? null : needed(asset, changes, input);
  return besides?.kind === "all" || besides?.kind === "range"
    ? besides
    : { kind: "range", from: range.from, to: range.to, reach: input.reach.get(asset.name) ?? [], besides };
}

/** As little as the author's word or the optimizer's proof allows. */
function needed(asset: DerivedAsset, changes: readonly AssetName[], { reach, timeless }: PlanInput): Build {
  if (asset.usesRunTime) return all("uses-run-time");
  if (asset.partitionBy.length === 0) return all("not-partitioned");
  const { incremental } = asset;
  if (incremental.kind === "full") return all("declared-full");
  if (incremental.kind === "lookback" || incremental.kind === "cumulative") {
    const when = changes.find((input) => timeless.has(input));
    return when === undefined
      ? { kind: "following", lookbackMs: incremental.kind === "lookback" ? incremental.ms : null }
      : spanning(when, noTime);
  }
  const found = reach.get(asset.name) ?? [];
  const open = found.find((entry) => entry.kind === "all" && changes.some((change) => change === entry.input));
  return open?.kind === "all" ? spanning(open.input, open.why) : { kind: "reached", reach: found };
}

/** Why an input cannot be followed by time. */
export const noTime = "its rows do not tell when";

function all(kind: Exclude<WhyAll["kind"], "not-provable">): Build {
  return { kind: "all", why: { kind } };
}

function spanning(input: string, why: string): Build {
  return { kind: "all", why: { kind: "not-provable", input, why } };
}

/**
 * Inputs whose visible rows changed since the version that was read. A newer version that changed nothing visible stops the wave
 * here.
 */
export function changedInputs(asset: DerivedAsset, current: VersionRow, snapshot: Pick<Snapshot, "lastChange">): readonly AssetName[] {
  const read = new Map(current.inputs.map((input) => [input.asset, input.version]));
  return asset.inputs.filter((input) => {
    const before = read.get(input);
    const changed = snapshot.lastChange(input);
    return before === undefined || (changed !== null && changed > before);
  });
}
