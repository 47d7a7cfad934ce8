import type { Asset, AssetName, Catalog } from "../model.js";
import { graphOf, reach } from "./graph.js";

/** The graph as data: what `flow lineage` prints, in whatever form. */
export interface Lineage {
  readonly lineage: 1;
  /** Inputs first. */
  readonly nodes: readonly LineageNode[];
  /** From an input to what reads it; in the order of the nodes. */
  readonly edges: readonly LineageEdge[];
}

export interface LineageNode {
  readonly asset: AssetName;
  readonly kind: Asset["kind"];
}

export interface LineageEdge {
  readonly from: AssetName;
  readonly to: AssetName;
}

/** Of all assets; or of one: what it needs, and what needs it. */
export function lineageOf(catalog: Catalog, around: AssetName | null = null): Lineage {
  const graph = graphOf(catalog);
  const everywhere = Number.POSITIVE_INFINITY;
  const shown =
    around === null ? null : new Set([...reach(graph.inputs, [around], everywhere), ...reach(graph.readBy, [around], everywhere)]);
  const assets = catalog.assets.filter((asset) => shown === null || shown.has(asset.name));
  return {
    lineage: 1,
    nodes: assets.map(({ name, kind }) => ({ asset: name, kind })),
    edges: assets.flatMap((asset) => edgesInto(asset, shown)),
  };
}

function edgesInto(asset: Asset, shown: ReadonlySet<AssetName> | null): readonly LineageEdge[] {
  const inputs = asset.kind === "derived" ? asset.inputs : [];
  return inputs.filter((input) => shown === null || shown.has(input)).map((from) => ({ from, to: asset.name }));
}
