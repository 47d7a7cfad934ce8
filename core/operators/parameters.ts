import type { Parameters } from "../engine/engine.js";
import { type DerivedAsset, runTime } from "../model.js";

/**
 * What the SQL's `:name`s stand for in a run that started at `time` (milliseconds since the epoch). A version bears the name of its
 * run, so `:run_time` is recorded with it.
 */
export function parametersAt(asset: DerivedAsset, time: number): Parameters {
  return asset.usesRunTime ? { ...asset.parameters, [runTime]: { instant: instantOf(time) } } : asset.parameters;
}

/** `2026-01-03 10:00:00+00`, with milliseconds where there are any. */
function instantOf(time: number): string {
  return new Date(time)
    .toISOString()
    .replace("T", " ")
    .replace(/(\.000)?Z$/, "+00");
}
