import { readdir } from "node:fs/promises";
import type { RunRecord } from "../ledger/ledger.js";
import type { AssetName, RunId } from "../model.js";
import { canonicalJson } from "../store/canonical-json.js";
import { below } from "../store/layout.js";
import type { Manifest } from "../store/manifest.js";
import { namesIn } from "../store/names-in.js";
import { isSystemError } from "../store/trouble.js";
import type { Context } from "./context.js";
import { foldersOf, syncIfThere } from "./pickup.js";
import { writeRecord } from "./publish.js";
import type { IngestWork } from "./work.js";

/** Raw files to the log or to quarantine, and the run into the ledger. */
export async function archive(work: IngestWork): Promise<void> {
  // A run that takes redeliveries alone has nothing to publish, and is decided here.
  if (work.record === null) await writeRecord(work);
  if (work.record !== null) await finishRun(work.context, work.asset.name, work.record, work.published);
}

/**
 * The housekeeping after the decision. May be interrupted and repeated at any point, by this run or by whoever finds its folder:
 * every step leaves alone what is done already.
 */
export async function finishRun(
  context: Pick<Context, "layout" | "files" | "ledger">,
  asset: AssetName,
  record: RunRecord,
  manifest: Manifest | null,
): Promise<void> {
  await removeMarkers(context, record);
  await fillQuarantine(context, asset, record);
  // Before the folder moves: as long as it is in staging, a run that died here is found and finished.
  context.ledger.record(record, manifest);
  await fillLog(context, asset, record);
  await context.files.removeTree("tidy:remove", context.layout.intermediate(asset, record.run));
}

/** For good: one that came back after a power cut would call a file complete that is still being written. */
async function removeMarkers({ files, layout }: Pick<Context, "layout" | "files">, { files: taken }: RunRecord): Promise<void> {
  const markers = taken.flatMap(({ marker }) => (marker === null ? [] : [below(layout.root, marker)]));
  for (const marker of markers) await files.removeFile("archive:marker", marker);
  for (const folder of new Set(markers.map((marker) => marker.slice(0, marker.lastIndexOf("/"))))) {
    await syncIfThere(files, "archive:marker", folder);
  }
}

/** Where refused rows wait until the run is decided. */
export function refusedRows(context: Pick<Context, "layout">, asset: AssetName, run: RunId): string {
  return below(context.layout.intermediate(asset, run), "refused");
}

async function fillQuarantine(context: Pick<Context, "layout" | "files">, asset: AssetName, record: RunRecord): Promise<void> {
  const { files, layout } = context;
  const refused = record.files.filter(({ decision }) => decision.kind === "refused");
  const rows = refusedRows(context, asset, record.run);
  const prepared = await namesIn(rows);
  if (refused.length === 0 && prepared.length === 0) return;
  const [from, to] = [layout.pickedUp(asset, record.run), layout.quarantine(asset, record.run)];
  await files.makeDirDurable("quarantine:make", to);
  await files.writeDurable("quarantine:record", layout.runRecord(to), canonicalJson(record));
  for (const folder of foldersOf(refused)) await files.makeDir("quarantine:make", below(to, folder));
  const there = new Set(await filesBelow(from));
  for (const { file } of refused) {
    if (there.has(file)) await files.moveNoClobber("quarantine:move", below(from, file), below(to, file));
  }
  for (const name of prepared) await files.rename("quarantine:write", below(rows, name), below(to, name));
  await files.syncTree("quarantine:make", to);
  // What lies there goes to the log: a refused file must not come back among it.
  for (const folder of foldersOf(refused)) await syncIfThere(files, "quarantine:move", below(from, folder));
  if (refused.length > 0) await syncIfThere(files, "quarantine:move", from);
}

/** The whole folder becomes the log's entry by one rename, its record with it. */
async function fillLog(context: Pick<Context, "layout" | "files">, asset: AssetName, record: RunRecord): Promise<void> {
  const { files, layout } = context;
  const [from, to] = [layout.pickedUp(asset, record.run), layout.ingestArchive(asset, record.run)];
  const names = await namesIn(from);
  if (names.length === 0) return;
  if (names.every((name) => name.startsWith("."))) {
    // All its files are in quarantine, and a replay without new files leaves none either.
    if (record.files.length > 0) return files.removeTree("tidy:remove", from);
  }
  await files.makeDirDurable("archive:make", layout.ingestArchiveRuns(asset));
  await files.rename("archive:move", from, to);
  await files.syncDir("archive:sync", layout.ingestArchiveRuns(asset));
}

/** Files below a folder, by their path below it. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => below(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}
