import { setTimeout as sleep } from "node:timers/promises";
import { error, FlowError } from "../diagnostic.js";
import type { Emit } from "../event.js";
import type { AssetName, RunId } from "../model.js";
import type { HeldLocks } from "../operators/context.js";
import type { Files } from "../store/files.js";
import type { Layout } from "../store/layout.js";
import { type AssetLock, acquireLock, type LockOwner, lockOwner } from "../store/lock.js";

/** Who wants the locks, and how patiently. */
export interface Applicant {
  readonly files: Files;
  readonly layout: Layout;
  readonly run: RunId;
  /** Altogether; Infinity: until they are free; absent: not at all. */
  readonly waitMs?: number;
  /** Of no use to those who do not wait. */
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

/**
 * Locks of all these assets, or none: throws `FlowError` of code `locked` that names the owner, at once or when the wait is over,
 * and of code `interrupted` when the user stops waiting.
 */
export async function lockAll(applicant: Applicant, assets: readonly AssetName[]): Promise<HeldLocks & AsyncDisposable> {
  const locks = new Map<AssetName, AssetLock>();
  const release = async (): Promise<void> => {
    const released = await Promise.allSettled([...locks.values()].map((lock) => lock.release()));
    locks.clear();
    for (const each of released) if (each.status === "rejected") throw each.reason;
  };
  // Not the clock of the run: this is about how long a person waits.
  const until = performance.now() + (applicant.waitMs ?? 0);
  try {
    // In one order for everybody, so that two runs cannot hold what the other waits for.
    for (const asset of [...assets].sort()) locks.set(asset, await lockOne(applicant, asset, until));
  } catch (trouble) {
    await release();
    throw trouble;
  }
  return {
    say: async (asset, step) => locks.get(asset)?.say(step),
    stillHeld: async (asset) => (await locks.get(asset)?.stillHeld()) ?? false,
    [Symbol.asyncDispose]: release,
  };
}

async function lockOne(applicant: Applicant, asset: AssetName, until: number): Promise<AssetLock> {
  const { files, layout, run } = applicant;
  const told = new Set<string>();
  for (;;) {
    const answer = await acquireLock(files, layout, asset, run);
    if ("lock" in answer) return answer.lock;
    if (performance.now() >= until) throw held(asset, answer.held);
    if (!told.has(answer.held.token)) tell(applicant, asset, answer.held);
    told.add(answer.held.token);
    await untilFree(applicant, asset, answer.held, until);
  }
}

const lookMs = 200;

/** Until this owner is gone, or the time is over. Only looks: whoever waits leaves no trace. */
async function untilFree({ layout, signal }: Applicant, asset: AssetName, { token }: LockOwner, until: number): Promise<void> {
  do {
    try {
      await sleep(Math.max(0, Math.min(lookMs, until - performance.now())), undefined, signal === undefined ? {} : { signal });
    } catch {
      throw new FlowError([error("interrupted", null, `stopped while waiting for \`${asset}\`; nothing was done`)]);
    }
  } while (performance.now() < until && (await lockOwner(layout, asset))?.token === token);
}

function tell({ emit }: Applicant, asset: AssetName, { pid, host, since, step }: LockOwner): void {
  emit?.({ event: "waiting", asset, held: { pid, host, since, step } });
}

function held(asset: AssetName, owner: LockOwner): FlowError {
  const since = owner.since.slice(11, 16);
  const message = `\`${asset}\` is held by pid ${owner.pid} on ${owner.host} since ${since}Z, running ${owner.step}`;
  return new FlowError([error("locked", null, message, "run again when it has finished, or with `--wait`")]);
}
