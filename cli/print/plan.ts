import type { AssetPlan, Plan } from "../../core/index.js";
import { count, thousands } from "./amount.js";
import { renderLines } from "./align.js";
import type { Paint } from "./frame.js";
import { planSymbol, reasonWords, type Symbol } from "./reason.js";

/** One line per asset: symbol, name, what, why; the last line sums up. Same plan, same bytes. */
export function renderPlan(plan: Plan, paint: Paint): string {
  const lines = plan.assets.map((asset) => [paintSymbol(planSymbol(asset), paint), asset.asset, what(asset), reasonWords(asset.reason)]);
  return `${renderLines(lines)}${planSummary(plan)}\n`;
}

/** `2 assets to run, 5 up to date.` */
export function planSummary(plan: Plan): string {
  const work = plan.assets.filter(hasWork).length;
  const waiting = plan.assets.filter(isWaiting).length;
  const idle = plan.assets.length - work - waiting;
  const rest = [idle > 0 || waiting === 0 ? upToDate(idle, work) : "", waiting > 0 ? waits(waiting, work + idle) : ""].filter((part) => part !== "");
  return work === 0 ? `nothing to do: ${rest.join(", ")}.` : `${[`${count(work, "asset")} to run`, ...rest].join(", ")}.`;
}

/** Whether a run would do anything. */
export function isPending(plan: Plan): boolean {
  return plan.assets.some(hasWork);
}

export function paintSymbol(symbol: Symbol, paint: Paint): string {
  const paints: Readonly<Record<Symbol, (text: string) => string>> = { "+": paint.strong, "~": paint.warning, "=": paint.faint, "!": paint.error };
  return paints[symbol](symbol);
}

function hasWork(asset: AssetPlan): boolean {
  return asset.commands.length > 0;
}

/** It has no version and cannot get one: calling that up to date would be a lie. */
function isWaiting(asset: AssetPlan): boolean {
  return !hasWork(asset) && (asset.reason.kind === "nothing-landed" || asset.reason.kind === "no-input");
}

function upToDate(number: number, before: number): string {
  return before > 0 ? `${thousands(number)} up to date` : `${count(number, "asset")} ${number === 1 ? "is" : "are"} up to date`;
}

function waits(number: number, before: number): string {
  const verb = number === 1 ? "waits" : "wait";
  return before > 0 ? `${thousands(number)} ${verb} for data` : `${count(number, "asset")} ${verb} for data`;
}

function what(asset: AssetPlan): string {
  if (!hasWork(asset)) return "nothing to do";
  const files = asset.commands.find((command) => command.kind === "pickup")?.deliveries.length ?? 0;
  if (files > 0) return `take ${count(files, "file")}`;
  return asset.from === null ? "build" : "rebuild";
}
