import { lstat } from "node:fs/promises";
import type { PlannedDelivery } from "../plan/plan.js";
import { canonicalJson } from "../store/canonical-json.js";
import type { Files } from "../store/files.js";
import { hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { below } from "../store/layout.js";
import type { FilePoint } from "../store/points.js";
import { isSystemError, storeTrouble } from "../store/trouble.js";
import type { IngestWork } from "./work.js";

const parallelMoves = 16;

/** Landing -> `staging/pickedup/<asset>/<run>/`, the list of what is taken first: durable before the first file moves. */
export async function pickup(work: IngestWork, deliveries: readonly PlannedDelivery[]): Promise<void> {
  const { asset, context } = work;
  const { files, layout, run } = context;
  const folder = layout.pickedUp(asset.name, run);
  await files.makeDirDurable("pickup:make", folder);
  await files.writeDurable("pickup:list", layout.pickupList(asset.name, run), canonicalJson({ asset: asset.name, run, deliveries }));
  for (const nested of foldersOf(deliveries)) await files.makeDir("pickup:make", below(folder, nested));
  await inParallel(deliveries, parallelMoves, async (delivery) => {
    const to = below(folder, delivery.file);
    await files.moveNoClobber("pickup:move", below(layout.root, delivery.path), to);
    await stillTheSame(to, delivery);
  });
  // The bytes too: nobody can say whether their producer flushed them. The old names last: a file never has none.
  await files.syncTree("pickup:sync", folder);
  for (const from of new Set(deliveries.map(({ path }) => path.slice(0, path.lastIndexOf("/")))))
    await syncIfThere(files, "pickup:sync", below(layout.root, from));
  work.taken = deliveries;
}

/** Producers may remove a folder of theirs when it is empty, and who finishes a dead run's work finds some gone: those keep no name. */
export async function syncIfThere(files: Files, point: FilePoint, folder: string): Promise<void> {
  try {
    await files.syncDir(point, folder);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** Folders in the names of files, parents first. */
export function foldersOf(deliveries: readonly { readonly file: string }[]): readonly string[] {
  const folders = deliveries.flatMap(({ file }) => (file.includes("/") ? [file.slice(0, file.lastIndexOf("/"))] : []));
  return [...new Set(folders)].sort();
}

/** A writer may still have had it open: what was planned by content is what must be there. */
async function stillTheSame(path: string, delivery: PlannedDelivery): Promise<void> {
  const found = await lstat(path);
  if (found.size === delivery.bytes && found.mtime.toISOString() === new Date(delivery.modifiedAt).toISOString()) return;
  if ((await hashFile(path)).sha256 === delivery.sha256) return;
  throw storeTrouble("file-changed", `the file \`${delivery.file}\` changed while it was taken`, "run again when nobody writes to it");
}
