import { indexAsset, readRunRecord } from "../ledger/rebuild.js";
import type { AssetName, RunId } from "../model.js";
import { filesBelow, finishRun } from "../operators/archive.js";
import type { Context } from "../operators/context.js";
import { isRunId } from "../run-id.js";
import { unswapped } from "../store/files.js";
import { below } from "../store/layout.js";
import { namesIn } from "../store/names-in.js";
import { isSystemError } from "../store/trouble.js";
import { readManifest, readPointer } from "../store/versions.js";

type Recovering = Pick<Context, "layout" | "files" | "ledger" | "emit">;

/**
 * Finishes or returns what dead runs left of an asset, before anything else is done with it. The caller holds the asset's lock, so
 * whatever lies in staging is nobody's. Interrupted, it starts over.
 *
 *   record written and version out (or none due)  -> finish: the housekeeping is repeated
 *   otherwise                                      -> return: files back to landing, the rest removed
 */
export async function recover(context: Recovering, asset: AssetName): Promise<void> {
  const { layout } = context;
  const current = await readPointer(layout, asset);
  const taking = await runsIn(layout.pickedUpRuns(asset));
  for (const run of taking) {
    const folder = layout.pickedUp(asset, run);
    const record = await readRunRecord(layout, folder);
    const isOut = record !== null && (record.version === null || (current !== null && record.version <= current));
    if (record !== null && isOut) await finish(context, asset, record);
    else await giveBack(context, asset, run);
  }
  const removed = await removeLeftovers(context, asset, current);
  for (const [run, files] of removed) if (!taking.includes(run)) context.emit({ event: "recovered", asset, run, did: "removed", files });
  if (current !== null && context.ledger.current(asset)?.version !== current) await indexAsset(layout, asset, context.ledger);
}

async function finish(
  context: Recovering,
  asset: AssetName,
  record: NonNullable<Awaited<ReturnType<typeof readRunRecord>>>,
): Promise<void> {
  const manifest = record.version === null ? null : (await readManifest(context.layout, asset, record.version)).manifest;
  await finishRun(context, asset, record, manifest);
  context.emit({ event: "recovered", asset, run: record.run, did: "finished", files: record.files.length });
}

/**
 * Back to landing, under their own names. A name that a newer file has taken meanwhile keeps the older file where it is: the next
 * run takes it from there, before the newer one.
 */
export async function giveBack(context: Recovering, asset: AssetName, run: RunId): Promise<void> {
  const { files, layout } = context;
  const folder = layout.pickedUp(asset, run);
  let returned = 0;
  for (const file of await filesBelow(folder)) {
    const to = below(layout.landing(asset), file);
    await files.makeDir("recover:return", to.slice(0, to.lastIndexOf("/")));
    try {
      await files.moveNoClobber("recover:return", below(folder, file), to);
      await files.syncDir("recover:sync", to.slice(0, to.lastIndexOf("/")));
      returned += 1;
    } catch (error) {
      if (!isSystemError(error, "EEXIST")) throw error;
    }
  }
  if ((await filesBelow(folder)).length === 0) await files.removeTree("recover:remove", folder);
  context.emit({ event: "recovered", asset, run, did: "returned", files: returned });
}

/**
 * Candidates, typed rows and failing rows of earlier runs, and versions that were moved to the archive but never became current.
 * Says what the dead left, and in how many files: what a failed run leaves on purpose, for people to look at, is no news.
 */
async function removeLeftovers(context: Recovering, asset: AssetName, current: RunId | null): Promise<ReadonlyMap<RunId, number>> {
  const { files, layout } = context;
  const staged = await foldersIn(layout.intermediateRuns(asset));
  const unseen = (await foldersIn(layout.versions(asset))).filter(({ run }) => current === null || run > current);
  const dead = new Map<RunId, number>();
  for (const { run, folder } of [...staged, ...unseen]) dead.set(run, (dead.get(run) ?? 0) + (await filesBelow(folder)).length);
  const shown = [...(await foldersIn(layout.candidateRuns(asset))), ...(await foldersIn(layout.failedRowsRuns(asset)))];
  for (const { folder } of [...shown, ...staged, ...unseen]) await files.removeTree("recover:remove", folder);
  if (unseen.length > 0) await files.removeFile("recover:remove", unswapped(layout.pointer(asset)));
  return dead;
}

async function foldersIn(runs: string): Promise<readonly { readonly run: RunId; readonly folder: string }[]> {
  return (await runsIn(runs)).map((run) => ({ run, folder: below(runs, run) }));
}

/** Whether an asset has anything that `recover` would act on. */
export async function needsRecovery(context: Pick<Context, "layout" | "ledger">, asset: AssetName): Promise<boolean> {
  const { layout } = context;
  const places = [layout.pickedUpRuns(asset), layout.candidateRuns(asset), layout.intermediateRuns(asset)];
  const left = await Promise.all(places.map(runsIn));
  if (left.some((runs) => runs.length > 0)) return true;
  const current = await readPointer(layout, asset);
  return current !== null && context.ledger.current(asset)?.version !== current;
}

async function runsIn(folder: string): Promise<readonly RunId[]> {
  return (await namesIn(folder)).filter(isRunId).sort();
}
