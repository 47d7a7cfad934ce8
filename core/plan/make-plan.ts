import type { AssetName } from "../model.js";
import type { AssetPlan, Plan } from "./plan.js";
import { planDerived } from "./plan-derived.js";
import { planIngested } from "./plan-ingested.js";
import type { PlanInput } from "./state.js";

/** From state to commands, each with its reason. Pure: the same state gives the same plan. */
export function makePlan(input: PlanInput): Plan {
  const plans: AssetPlan[] = [];
  const publishing = new Set<AssetName>();
  for (const asset of input.assets) {
    const plan = asset.kind === "ingested" ? planIngested(asset, input, publishing) : planDerived(asset, input, publishing);
    if (plan.commands.some((command) => command.kind === "publish")) publishing.add(asset.name);
    plans.push(plan);
  }
  return { plan: 1, assets: plans, notices: input.notices, drift: [] };
}
