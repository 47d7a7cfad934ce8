import type { Asset, DeliverySeq } from "../model.js";
import type { HistoryReport, PastVersion } from "../project.js";
import { readPointer, readVersion } from "../store/versions.js";
import type { State } from "./state.js";

/** What an asset was, newest version first. */
export async function historyOf({ layout, ledger }: State, asset: Asset, limit: number | null): Promise<HistoryReport> {
  const all = ledger.versions(asset.name);
  const current = await readPointer(layout, asset.name);
  const names = new Map(ledger.deliveries(asset.name).map(({ seq, file }) => [seq, file]));
  const filesOf = (seqs: readonly DeliverySeq[]): readonly string[] => seqs.map((seq) => names.get(seq) ?? `delivery ${seq}`);
  const versions = await Promise.all(
    all.slice(0, limit ?? all.length).map(async (row, at): Promise<PastVersion> => {
      const manifest = (await readVersion(layout, asset.name, row.version))?.manifest ?? null;
      const deliveries = manifest?.deliveries;
      return {
        version: row.version,
        parent: row.parent,
        published_at: row.publishedAt,
        reason: row.reason,
        current: row.version === current,
        kept: manifest !== null,
        rows: row.rows,
        rows_before: all[at + 1]?.rows ?? 0,
        bytes: row.bytes,
        partitions: row.partitions,
        partitions_changed: manifest?.partitions.filter(({ changed_in }) => changed_in === row.version).length ?? null,
        deliveries: {
          added: deliveries?.added.map(({ file }) => file) ?? [],
          replayed: deliveries?.replayed.length ?? 0,
          superseded: filesOf(deliveries?.superseded.map(({ seq }) => seq) ?? []),
          withdrawn: filesOf(deliveries?.withdrawn ?? []),
        },
        inputs: row.inputs,
      };
    }),
  );
  return { history: 1, asset: asset.name, versions, of: all.length };
}
