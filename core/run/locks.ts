import { error, FlowError } from "../diagnostic.js";
import type { AssetName, RunId } from "../model.js";
import type { HeldLocks } from "../operators/context.js";
import type { Files } from "../store/files.js";
import type { Layout } from "../store/layout.js";
import { type AssetLock, acquireLock, type LockOwner } from "../store/lock.js";

/** Locks of all these assets, or none: throws `FlowError` of code `locked` that names the owner. */
export async function lockAll(
  files: Files,
  layout: Layout,
  assets: readonly AssetName[],
  run: RunId,
): Promise<HeldLocks & AsyncDisposable> {
  const locks = new Map<AssetName, AssetLock>();
  const release = async (): Promise<void> => {
    for (const lock of locks.values()) await lock.release();
    locks.clear();
  };
  try {
    // In one order for everybody, so that two runs cannot hold what the other waits for.
    for (const asset of [...assets].sort()) {
      const answer = await acquireLock(files, layout, asset, run);
      if ("held" in answer) throw held(asset, answer.held);
      locks.set(asset, answer.lock);
    }
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

function held(asset: AssetName, owner: LockOwner): FlowError {
  const since = owner.since.slice(11, 16);
  const message = `\`${asset}\` is held by pid ${owner.pid} on ${owner.host} since ${since}Z, running ${owner.step}`;
  return new FlowError([error("locked", null, message, "wait until it has finished, and run again")]);
}
