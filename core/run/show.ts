import type { Asset, Catalog } from "../model.js";
import type { ShowReport } from "../project.js";
import type { State } from "./state.js";

/** One asset, with every default explicit, its neighbours and its versions. */
export async function showAsset(state: State, catalog: Catalog, asset: Asset): Promise<ShowReport> {
  const readBy = catalog.assets.filter((other) => other.kind === "derived" && other.inputs.includes(asset.name));
  return {
    show: 1,
    asset,
    inputs: asset.kind === "derived" ? asset.inputs : [],
    readBy: readBy.map((other) => other.name),
    versions: state.ledger.versions(asset.name).map(({ version, publishedAt, rows, partitions, reason }) => ({
      version,
      published_at: publishedAt,
      rows,
      partitions,
      reason,
    })),
  };
}
