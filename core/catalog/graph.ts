import type { Asset, AssetName, Catalog } from "../model.js";

export type Neighbours = ReadonlyMap<AssetName, readonly AssetName[]>;

/** Who reads whom, in both directions. */
export interface Graph {
  readonly inputs: Neighbours;
  readonly readBy: Neighbours;
}

export function graphOf(catalog: Catalog): Graph {
  const inputs = new Map<AssetName, readonly AssetName[]>();
  const readBy = new Map<AssetName, AssetName[]>(catalog.assets.map((asset) => [asset.name, []]));
  for (const asset of catalog.assets) {
    const reads = asset.kind === "derived" ? asset.inputs : [];
    inputs.set(asset.name, reads);
    for (const input of reads) readBy.get(input)?.push(asset.name);
  }
  return { inputs, readBy };
}

/** The names and all within so many steps of them. */
export function reach(neighbours: Neighbours, start: readonly AssetName[], steps: number): ReadonlySet<AssetName> {
  const reached = new Set(start);
  let edge: readonly AssetName[] = start;
  for (let step = 0; step < steps && edge.length > 0; step++) {
    edge = edge.flatMap((name) => neighbours.get(name) ?? []).filter((name) => !reached.has(name) && reached.add(name));
  }
  return reached;
}

/** What must be brought up to date before an asset: its inputs, and what its checks read. Each once. */
export function needsOf(asset: Asset): readonly AssetName[] {
  const inputs = asset.kind === "derived" ? asset.inputs : [];
  return [...new Set([...inputs, ...asset.checks.flatMap((check) => check.inputs)])];
}
