import { stat } from "node:fs/promises";
import type { DeliveryRow } from "../ledger/ledger.js";
import { readRemoved } from "../ledger/rebuild.js";
import type { Asset, AssetName, Catalog, IngestedAsset, RunId, VersionId } from "../model.js";
import type { Clock, GcReport } from "../project.js";
import { isRunId, timeOfRun } from "../run-id.js";
import { canonicalJson } from "../store/canonical-json.js";
import type { Files } from "../store/files.js";
import { below, type Layout } from "../store/layout.js";
import { namesIn } from "../store/names-in.js";
import { readManifest, readPointer, removeVersion } from "../store/versions.js";
import { discard } from "./quarantine.js";
import type { State } from "./state.js";

export interface Collecting {
  readonly state: State;
  readonly files: Files;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly dryRun: boolean;
}

/** A reader that resolved its version reads on for a while after another was published. */
const readersMs = 3_600_000;

type AssetGc = GcReport["assets"][number];

/** Takes away what `retain` says need not be kept. The caller holds the asset's lock. */
export async function collect(work: Collecting, asset: Asset): Promise<AssetGc> {
  const versions = await oldVersions(work, asset);
  const raw = asset.kind === "ingested" ? await oldRaw(work, asset) : [];
  const refused = asset.kind === "ingested" ? oldRefused(work, asset) : [];
  const before = await Promise.all(versions.map((version) => sizeOf(work, asset, version)));
  if (!work.dryRun) {
    for (const version of versions) await removeVersion(work.state.layout, work.files, asset.name, version);
    await removeRaw(work, asset.name, raw);
    for (const file of new Set(refused.map((row) => row.file))) await discard(work.files, work.state, asset.name, file);
    await emptyTrash(work, asset.name);
  }
  return {
    asset: asset.name,
    versions: versions.map((version, at) => ({ version, bytes: before[at] ?? 0 })),
    raw: raw.map(({ file, run, bytes, state }) => ({ file, run, bytes, counts: state === "current" })),
    quarantine: refused.map(({ file, run, rows }) => ({ file, run, rows })),
  };
}

/** Beyond the newest that are kept; never the current one, nor one that a reader or a derived asset still needs. */
async function oldVersions({ state, catalog, clock }: Collecting, { name, retain }: Asset): Promise<readonly VersionId[]> {
  const { layout } = state;
  if (retain.versions === null) return [];
  const there = (await namesIn(layout.versions(name))).filter(isRunId).sort().reverse();
  const needed = await inUse(layout, catalog, name);
  const now = clock.now();
  const isOver = async (at: number): Promise<boolean> => {
    // A version is over since the one after it was published.
    const next = there[at - 1];
    return next !== undefined && Date.parse((await readManifest(layout, name, next)).manifest.published_at) + readersMs < now;
  };
  const old: VersionId[] = [];
  for (const [at, version] of there.entries()) {
    if (at >= retain.versions && !needed.has(version) && (await isOver(at))) old.push(version);
  }
  return old.sort();
}

/** The current version, and those of which current versions of derived assets were built: the next build compares with them. */
async function inUse(layout: Layout, { assets }: Catalog, name: AssetName): Promise<ReadonlySet<VersionId>> {
  const used = new Set<VersionId>();
  for (const asset of assets) {
    const current = await readPointer(layout, asset.name);
    if (current === null) continue;
    if (asset.name === name) used.add(current);
    const { manifest } = await readManifest(layout, asset.name, current);
    for (const input of manifest.inputs) if (input.asset === name) used.add(input.version);
  }
  return used;
}

async function sizeOf({ state: { layout } }: Collecting, { name }: Asset, version: VersionId): Promise<number> {
  const { manifest } = await readManifest(layout, name, version);
  // A part that a kept version shares is a link, and frees nothing.
  const folder = layout.version(name, version);
  let bytes = 0;
  for (const { partition, parts, shadow } of manifest.partitions) {
    for (const { file } of [...parts, ...shadow]) {
      const { nlink, size } = await stat(below(partition === "" ? folder : below(folder, partition), file));
      if (nlink === 1) bytes += size;
    }
  }
  return bytes;
}

async function oldRaw({ state: { layout, ledger }, clock }: Collecting, { name, retain }: IngestedAsset): Promise<readonly DeliveryRow[]> {
  const { rawMs } = retain;
  if (rawMs === null) return [];
  const old = ledger
    .deliveries(name)
    .filter(({ run, state }) => state !== "refused" && state !== "held" && timeOfRun(run) + rawMs < clock.now());
  const removed = new Map<RunId, readonly string[]>();
  for (const run of new Set(old.map((row) => row.run))) removed.set(run, await readRemoved(layout, layout.ingestArchive(name, run)));
  return old.filter(({ run, file }) => !(removed.get(run) ?? []).includes(file));
}

async function removeRaw({ state: { layout }, files }: Collecting, asset: AssetName, raw: readonly DeliveryRow[]): Promise<void> {
  for (const run of new Set(raw.map((row) => row.run))) {
    const folder = layout.ingestArchive(asset, run);
    const gone = raw.filter((row) => row.run === run).map(({ file }) => file);
    // Written first: a file that is missing without being listed is damage.
    const listed = canonicalJson([...new Set([...(await readRemoved(layout, folder)), ...gone])].sort());
    await files.writeDurable("gc:record", layout.removedRaw(folder), listed);
    for (const file of gone) await files.removeFile("gc:remove", below(folder, file));
  }
}

function oldRefused({ state: { ledger }, clock }: Collecting, { name, retain }: IngestedAsset): ReturnType<typeof ledger.quarantined> {
  const { quarantineMs } = retain;
  return quarantineMs === null ? [] : ledger.quarantined(name).filter(({ run }) => timeOfRun(run) + quarantineMs < clock.now());
}

/** Left by one who died while taking something away. */
async function emptyTrash({ state: { layout }, files, dryRun }: Collecting, asset: AssetName): Promise<void> {
  if (!dryRun) await files.removeTree("gc:remove", layout.trashOf(asset));
}
