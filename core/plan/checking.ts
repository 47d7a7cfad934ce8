import type { Asset } from "../model.js";
import type { Command } from "./plan.js";

/** Asked before a version is published, where the declaration asks for anything. */
export function checking(asset: Asset): readonly Command[] {
  return asset.checks.length === 0 ? [] : [{ kind: "check", checks: asset.checks.length }];
}
