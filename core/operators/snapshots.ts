import type { DeliveryRow } from "../ledger/ledger.js";
import type { DeliverySeq, IngestedAsset, PartitionKey } from "../model.js";
import type { IngestWork } from "./work.js";

/** A delivery's place among snapshots: the arrival number of the newest file of its set. */
export interface SnapshotMember {
  readonly seq: DeliverySeq;
  readonly snapshot: number;
}

interface Arrived {
  readonly seq: DeliverySeq;
  readonly file: string;
}

/** For the replacing strategies: which deliveries form one snapshot. Empty for the others. */
export function snapshotsOf(asset: IngestedAsset, deliveries: readonly Arrived[]): readonly SnapshotMember[] {
  if (!isReplacing(asset)) return [];
  const newest = new Map<string, number>();
  for (const delivery of deliveries) {
    const name = setOf(asset, delivery);
    newest.set(name, Math.max(newest.get(name) ?? 0, delivery.seq));
  }
  return deliveries.map((delivery) => ({ seq: delivery.seq, snapshot: newest.get(setOf(asset, delivery)) ?? delivery.seq }));
}

export function isReplacing(asset: IngestedAsset): boolean {
  return asset.ingest.strategy === "replace" || asset.ingest.strategy === "replace_partitions";
}

function setOf(asset: IngestedAsset, { seq, file }: Arrived): string {
  const captures = asset.ingest.set === null ? null : new RegExp(asset.ingest.set).exec(file);
  return captures === null ? `delivery ${seq}` : `set ${JSON.stringify(captures.slice(1))}`;
}

/**
 * Older deliveries whose rows the fold needs although the version no longer has them: a snapshot keeps no shadow, so what may win
 * again after a removal, or joins the snapshot it belongs to, is read once more from the log.
 */
export function toReadAgain(
  work: IngestWork,
  known: readonly DeliveryRow[],
  fresh: readonly Arrived[],
  removed: { readonly any: boolean; readonly from: readonly PartitionKey[] },
): readonly DeliveryRow[] {
  const { asset, context } = work;
  if (!isReplacing(asset) || known.length === 0) return [];
  const members = new Map(snapshotsOf(asset, [...known, ...fresh]).map((member) => [member.seq, member.snapshot]));
  const rank = (delivery: Arrived): number => members.get(delivery.seq) ?? 0;
  const joining = new Set(fresh.map(rank));
  const again = new Set(known.filter((delivery) => joining.has(rank(delivery))));
  const candidates =
    asset.ingest.strategy === "replace"
      ? [removed.any ? known : []]
      : removed.from.map((partition) => {
          const there = new Set(context.ledger.currentDeliveries(asset.name, partition).map(({ seq }) => seq));
          return known.filter(({ seq }) => there.has(seq));
        });
  for (const group of candidates) for (const delivery of best(asset, group, rank)) again.add(delivery);
  return [...again].sort((a, b) => a.seq - b.seq);
}

/** By arrival only the newest snapshot can win; `order_by` is known only once the rows are read. */
function best(asset: IngestedAsset, group: readonly DeliveryRow[], rank: (delivery: Arrived) => number): readonly DeliveryRow[] {
  if (asset.ingest.orderBy.length > 0) return group;
  const highest = Math.max(...group.map(rank));
  return group.filter((delivery) => rank(delivery) === highest);
}
