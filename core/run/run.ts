import { setTimeout as sleep } from "node:timers/promises";
import { error, FlowError } from "../diagnostic.js";
import type { Asset, AssetName, RunId } from "../model.js";
import type { Context } from "../operators/context.js";
import type { Plan } from "../plan/plan.js";
import type { Requests } from "../plan/state.js";
import type { RunReport } from "../report/report.js";
import { isRunId, nextRunId, timeOfRun } from "../run-id.js";
import { below } from "../store/layout.js";
import { namesIn } from "../store/names-in.js";
import { execute } from "./execute.js";
import { lockAll } from "./locks.js";
import { needsRecovery, recover } from "./recovery.js";
import { listAll, planFor, type State } from "./state.js";

/** A run before it holds any lock. */
export interface Unlocked extends Omit<Context, "locks"> {
  /** How long to wait for assets that another run holds; Infinity: until they are free. */
  readonly waitMs: number;
}

/**
 * Brings assets up to date. Planned first without a lock, so that nothing to do costs nothing; what has work is locked, recovered
 * and planned again, and that plan is carried out.
 */
export async function runSelected(unlocked: Unlocked, state: State, assets: readonly Asset[], requests: Requests): Promise<RunReport> {
  await untilSettled(unlocked, state, assets);
  const { plan } = await planFor(state, assets, requests);
  const left = await withLeftovers(unlocked, assets);
  const working = new Set([...plan.assets.filter(({ commands }) => commands.length > 0).map(({ asset }) => asset), ...left]);
  if (working.size === 0) return execute({ ...unlocked, locks: noLocks }, plan);
  await makeStore(unlocked, assets);
  await using locks = await lockAll(unlocked, [...working]);
  for (const asset of working) await recover(unlocked, asset);
  const context = { ...unlocked, locks, run: laterRun(unlocked, state) };
  await removeSpill(context);
  return await execute(context, onlyWorking((await planFor(state, assets, requests)).plan, working));
}

/** Other runs may have published before this one got its locks: versions sort by the ids of their runs. */
function laterRun({ clock, run }: Unlocked, { ledger }: State): RunId {
  const last = ledger.lastRun();
  return last === null || last < run ? run : nextRunId(clock.now(), last);
}

const noLocks: Context["locks"] = { say: async () => {}, stillHeld: async () => false };

/** What was not locked is not touched, even if something landed for it in the meantime: the next run takes it. */
function onlyWorking(plan: Plan, working: ReadonlySet<AssetName>): Plan {
  return { ...plan, assets: plan.assets.map((entry) => (working.has(entry.asset) ? entry : { ...entry, commands: [] })) };
}

async function withLeftovers(context: Unlocked, assets: readonly Asset[]): Promise<readonly AssetName[]> {
  const names: AssetName[] = [];
  for (const { name } of assets) if (await needsRecovery(context, name)) names.push(name);
  return names;
}

const patienceMs = 10_000;

/** Files that were just dropped hold still soon: wait for them once, so that `cp` and `flow run` do what one expects. A later run takes those that need longer. */
async function untilSettled(context: Unlocked, state: State, assets: readonly Asset[]): Promise<void> {
  const landed = await listAll(state, assets);
  const waits = [...landed.values()].flatMap(({ settling }) => settling.map(({ readyInMs }) => readyInMs ?? 0));
  const longest = Math.max(0, ...waits.filter((wait) => wait <= patienceMs));
  if (longest === 0) return;
  try {
    await sleep(longest + 20, undefined, { signal: context.signal });
  } catch {
    throw new FlowError([error("interrupted", null, "stopped while waiting for files to hold still; nothing was done")]);
  }
}

async function makeStore(context: Unlocked, assets: readonly Asset[]): Promise<void> {
  const { files, layout } = context;
  await files.makeDir("store:make", layout.locks());
  await files.makeDir("store:make", layout.spillRuns());
  for (const { name, kind } of assets) if (kind === "ingested") await files.makeDir("store:make", layout.landing(name));
}

const spillKeptMs = 86_400_000;

/** What dead processes spilled. Whose is whose cannot be told, so only what is older than a day is nobody's for certain. */
async function removeSpill(context: Context): Promise<void> {
  for (const name of await namesIn(context.layout.spillRuns())) {
    if (isRunId(name) && timeOfRun(name) + spillKeptMs < context.clock.now()) {
      await context.files.removeTree("recover:remove", below(context.layout.spillRuns(), name));
    }
  }
}
