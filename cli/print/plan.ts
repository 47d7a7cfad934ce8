import type { Asset, AssetPlan, Plan } from "../../core/index.js";
import { renderLines } from "./align.js";
import { count, thousands } from "./amount.js";
import { buildWords } from "./build.js";
import type { Paint } from "./frame.js";
import { type Mark, planMark, reasonWords } from "./reason.js";

/**
 * One line per asset: symbol, name, what, why; the last line sums up. Same plan, same bytes. `assets` are the catalog's: they say
 * what a partition is.
 */
export function renderPlan(plan: Plan, assets: readonly Asset[], paint: Paint): string {
  const lines = plan.assets.map((entry) => {
    const asset = assets.find(({ name }) => name === entry.asset);
    return [`${paintMark(planMark(entry), paint)} ${entry.asset}`, what(entry, asset), reasonWords(entry.reason)];
  });
  return `${renderLines(lines)}${planSummary(plan)}\n`;
}

/** `2 assets to run, 5 up to date.` */
export function planSummary(plan: Plan): string {
  const work = plan.assets.filter(hasWork).length;
  const waiting = plan.assets.filter(isWaiting).length;
  const idle = plan.assets.length - work - waiting;
  if (work === 0) return nothingToDo(idle, waiting);
  const waits = waiting === 0 ? "" : `, ${thousands(waiting)} waiting for data`;
  return `${count(work, "asset")} to run, ${thousands(idle)} up to date${waits}.`;
}

/** `nothing to do: 7 assets are up to date.`; what has no version and cannot get one is not called up to date. */
export function nothingToDo(idle: number, waiting: number): string {
  const upToDate = `${count(idle, "asset")} ${idle === 1 ? "is" : "are"} up to date`;
  const waits = `${idle === 0 ? count(waiting, "asset") : thousands(waiting)} ${waiting === 1 ? "waits" : "wait"} for data`;
  const parts = [idle > 0 || waiting === 0 ? upToDate : "", waiting > 0 ? waits : ""].filter((part) => part !== "");
  return `nothing to do: ${parts.join(", ")}.`;
}

/** Whether a run would do anything. */
export function isPending(plan: Plan): boolean {
  return plan.assets.some(hasWork);
}

export function paintMark(mark: Mark, paint: Paint): string {
  const paints: Readonly<Record<Mark, (text: string) => string>> = {
    "+": paint.strong,
    "~": paint.warning,
    "=": paint.faint,
    "!": paint.error,
  };
  return paints[mark](mark);
}

function hasWork(asset: AssetPlan): boolean {
  return asset.commands.length > 0;
}

/** It has no version and cannot get one. */
function isWaiting(asset: AssetPlan): boolean {
  return !hasWork(asset) && asset.from === null && (asset.reason.kind === "nothing-landed" || asset.reason.kind === "no-input");
}

function what(plan: AssetPlan, asset: Asset | undefined): string {
  if (!hasWork(plan)) return "nothing to do";
  const files = plan.commands.find((command) => command.kind === "pickup")?.deliveries.length ?? 0;
  if (files > 0) return `take ${count(files, "file")}`;
  if (plan.from === null) return "build";
  const build = plan.commands.find((command) => command.kind === "transform")?.build;
  return build === undefined ? "rebuild" : `rebuild ${buildWords(build, plan.reason, asset)}`;
}
