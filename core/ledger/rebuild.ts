import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { AssetName, RunId } from "../model.js";
import { below, type Layout } from "../store/layout.js";
import type { Manifest } from "../store/manifest.js";
import { namesIn } from "../store/names-in.js";
import { isSystemError, storeTrouble } from "../store/trouble.js";
import { chain } from "../store/versions.js";
import type { Ledger, RunRecord } from "./ledger.js";

/**
 * Tells an empty ledger everything that the store knows of these assets. (What the store does not know are the reports of runs.)
 */
export async function rebuildLedger(layout: Layout, assets: readonly AssetName[], ledger: Ledger): Promise<void> {
  for (const asset of assets) await indexAsset(layout, asset, ledger);
}

/**
 * Tells the ledger all runs of one asset, oldest first. What it knows already changes nothing, so this also brings a ledger up to
 * date that lags behind: after a crash between commit and index, or when the file is gone.
 */
export async function indexAsset(layout: Layout, asset: AssetName, ledger: Ledger): Promise<void> {
  const manifests = await readManifests(layout, asset);
  const records = await readRecords(layout, asset);
  const runs = [...new Set([...manifests.keys(), ...records.keys()])].sort();
  for (const run of runs) {
    const manifest = manifests.get(run) ?? null;
    ledger.record(records.get(run) ?? manifestAlone(asset, run), manifest);
  }
  await forgetResolved(layout, asset, ledger);
}

/** What was released or discarded since: a refused file is gone from quarantine, or refused rows are listed as discarded. */
async function forgetResolved(layout: Layout, asset: AssetName, ledger: Ledger): Promise<void> {
  for (const { run, file, rows, seq } of ledger.quarantined(asset)) {
    const folder = layout.quarantine(asset, run);
    const waits = rows === null ? existsSync(below(folder, file)) : !(await readDiscarded(layout, folder)).includes(file);
    if (!waits) ledger.resolve(asset, seq);
  }
}

/** Files whose refused rows somebody has discarded, by the run's quarantine folder. */
export function readDiscarded(layout: Layout, folder: string): Promise<readonly string[]> {
  return readList(layout.discarded(folder));
}

/** Raw files that `flow gc` took out of a run's folder of the log. */
export function readRemoved(layout: Layout, folder: string): Promise<readonly string[]> {
  return readList(layout.removedRaw(folder));
}

async function readList(path: string): Promise<readonly string[]> {
  try {
    const listed: unknown = JSON.parse(await readFile(path, "utf8"));
    return Array.isArray(listed) ? listed.map(String) : [];
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}

/** Of a run record as it lies in a folder; null where there is none. */
export async function readRunRecord(layout: Layout, folder: string): Promise<RunRecord | null> {
  try {
    return parseRecord(await readFile(layout.runRecord(folder), "utf8"), layout.belowStore(folder));
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}

async function readManifests(layout: Layout, asset: AssetName): Promise<ReadonlyMap<RunId, Manifest>> {
  const manifests = new Map<RunId, Manifest>();
  for await (const { manifest } of chain(layout, asset)) manifests.set(manifest.version, manifest);
  return manifests;
}

async function readRecords(layout: Layout, asset: AssetName): Promise<ReadonlyMap<RunId, RunRecord>> {
  const records = new Map<RunId, RunRecord>();
  for (const runs of [layout.ingestArchiveRuns(asset), layout.quarantineRuns(asset)]) {
    for (const name of await namesIn(runs)) {
      const record = await readRunRecord(layout, below(runs, name));
      if (record !== null && record.asset === asset) records.set(record.run, record);
    }
  }
  return records;
}

/** A run without files: of a derived asset, or one that only took deliveries out. */
function manifestAlone(asset: AssetName, run: RunId): RunRecord {
  return { record: 1, asset, run, version: run, files: [] };
}

function parseRecord(text: string, folder: string): RunRecord {
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && "record" in value && value.record === 1) return value as RunRecord;
  throw storeTrouble("store-damaged", `the run record in \`${folder}\` cannot be read`, "`flow fsck` says what is damaged and what to do");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
