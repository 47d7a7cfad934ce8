import type { DeliveryRow } from "../ledger/ledger.js";
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
    dialects: asset.kind === "ingested" ? dialectsOf(state.ledger.currentDeliveries(asset.name)) : [],
  };
}

/** How the files that count are written, the most frequent way first. */
function dialectsOf(deliveries: readonly DeliveryRow[]): ShowReport["dialects"] {
  const ways = new Map<string, ShowReport["dialects"][number]>();
  for (const { file, dialect } of deliveries) {
    if (dialect === null) continue;
    const key = JSON.stringify(dialect);
    ways.set(key, { dialect, files: (ways.get(key)?.files ?? 0) + 1, last: file });
  }
  return [...ways.values()].sort((a, b) => b.files - a.files);
}
