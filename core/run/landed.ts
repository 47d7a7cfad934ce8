import type { AssetName, IngestedAsset } from "../model.js";
import type { LandedDelivery } from "../plan/state.js";
import type { Clock } from "../project.js";
import { type FileHash, hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { type LandingEntry, listLanding } from "../store/landing.js";
import { below, type Layout } from "../store/layout.js";
import { lockOwner } from "../store/lock.js";
import { isSystemError } from "../store/trouble.js";

/** What lies in an asset's landing folder, by what can be done with it. */
export interface Landed {
  /** In order of their names. */
  readonly ready: readonly LandedDelivery[];
  readonly settling: readonly { readonly file: string; readonly readyInMs: number | null }[];
  /** Links that lead out of landing: left alone, and reported. */
  readonly escaping: readonly string[];
}

/** Hashes of files seen before, so that listing twice reads once: by place, size, times and inode. */
export type HashMemory = Map<string, FileHash>;

const parallelHashes = 8;

export async function landedFiles(layout: Layout, asset: IngestedAsset, clock: Clock, memory: HashMemory): Promise<Landed> {
  const owner = await lockOwner(layout, asset.name);
  const rules = { glob: asset.ingest.files, complete: asset.ingest.complete, now: clock.now(), heldBy: owner?.run ?? null };
  const entries = await listLanding(layout, asset.name, rules);
  const ready = entries.filter(({ state }) => state === "ready");
  return {
    ready: (await inParallel(ready, parallelHashes, (entry) => hashed(layout, entry, memory))).filter((file) => file !== null),
    settling: entries.flatMap((entry) => {
      if (entry.state === "settling") return [{ file: entry.file, readyInMs: entry.readyInMs }];
      return entry.state === "waits" ? [{ file: entry.file, readyInMs: null }] : [];
    }),
    escaping: entries.flatMap((entry) => (entry.state === "ignored" && entry.why === "symlink-leaves-landing" ? [entry.file] : [])),
  };
}

/** Null: gone since it was listed. Who only looks holds no lock, and another run may take the files meanwhile. */
async function hashed(layout: Layout, entry: LandingEntry, memory: HashMemory): Promise<LandedDelivery | null> {
  const { file, path, bytes, modifiedAt, marker } = entry;
  const id = JSON.stringify([path, bytes, entry.mtimeNs, entry.ctimeNs, entry.ino]);
  const known = memory.get(id) ?? (await hashOrNull(below(layout.root, path)));
  if (known === null) return null;
  memory.set(id, known);
  return { file, path, bytes: known.bytes, modifiedAt, sha256: known.sha256, newlines: known.newlines, marker };
}

async function hashOrNull(path: string): Promise<FileHash | null> {
  try {
    return await hashFile(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return null;
    throw error;
  }
}

export type LandedByAsset = ReadonlyMap<AssetName, Landed>;
