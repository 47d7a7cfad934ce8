import type { AssetName, Catalog, DerivedAsset } from "../model.js";
import { changedInputs } from "../plan/plan-derived.js";
import type { AssetStatus, StatusReport } from "../project.js";
import { readManifest } from "../store/versions.js";
import { finalityOf } from "./finality.js";
import { listAll, type State, snapshotOf } from "./state.js";

/** Where every asset stands. */
export async function statusOf(state: State, catalog: Catalog): Promise<StatusReport> {
  const landed = await listAll(state, catalog.assets);
  const finality = new Map<AssetName, AssetStatus["finality"]>();
  for (const asset of catalog.assets) {
    const current = state.ledger.current(asset.name);
    if (current === null || asset.eventTime === null) continue;
    finality.set(asset.name, finalityOf(asset, (await readManifest(state.layout, asset.name, current.version)).manifest));
  }
  const snapshot = snapshotOf(state.ledger);
  const isStale = (asset: DerivedAsset): boolean => {
    const current = snapshot.current(asset.name);
    return current !== null && (current.fingerprint !== asset.fingerprint || changedInputs(asset, current, snapshot).length > 0);
  };
  const assets = catalog.assets.map((asset): AssetStatus => {
    const current = state.ledger.current(asset.name);
    const files = landed.get(asset.name);
    return {
      asset: asset.name,
      kind: asset.kind,
      version: current?.version ?? null,
      published_at: current?.publishedAt ?? null,
      rows: current?.rows ?? 0,
      partitions: current?.partitions ?? 0,
      watermark: current?.watermark ?? null,
      finality: finality.get(asset.name) ?? null,
      pending: { files: files?.ready.length ?? 0, settling: files?.settling.length ?? 0 },
      refused: refusedOf(state, asset.name),
      stale: asset.kind === "derived" && isStale(asset),
    };
  });
  return { status: 1, assets };
}

function refusedOf(state: State, asset: AssetName): AssetStatus["refused"] {
  const waiting = state.ledger.quarantined(asset);
  return {
    files: waiting.filter(({ rows }) => rows === null).length,
    rows: waiting.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
  };
}
