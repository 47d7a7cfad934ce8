import type { AssetName, IngestedAsset } from "../model.js";
import type { LandedDelivery } from "../plan/state.js";
import type { Clock } from "../project.js";
import { type FileHash, hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { type LandingEntry, listLanding } from "../store/landing.js";
import { below, type Layout } from "../store/layout.js";
import { lockOwner } from "../store/lock.js";

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
    ready: await inParallel(ready, parallelHashes, (entry) => hashed(layout, entry, memory)),
    settling: entries.flatMap((entry) => {
      if (entry.state === "settling") return [{ file: entry.file, readyInMs: entry.readyInMs }];
      return entry.state === "waits" ? [{ file: entry.file, readyInMs: null }] : [];
    }),
    escaping: entries.flatMap((entry) => (entry.state === "ignored" && entry.why === "symlink-leaves-landing" ? [entry.file] : [])),
  };
}

async function hashed(layout: Layout, entry: LandingEntry, memory: HashMemory): Promise<LandedDelivery> {
  const { file, path, bytes, modifiedAt, marker } = entry;
  const id = JSON.stringify([path, bytes, entry.mtimeNs, entry.ctimeNs, entry.ino]);
  const known = memory.get(id) ?? (await hashFile(below(layout.root, path)));
  memory.set(id, known);
  return { file, path, bytes: known.bytes, modifiedAt, sha256: known.sha256, newlines: known.newlines, marker };
}

export type LandedByAsset = ReadonlyMap<AssetName, Landed>;
