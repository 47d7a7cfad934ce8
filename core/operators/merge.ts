import type { FoldResult } from "../engine/engine.js";
import type { DeliverySeq, IngestedAsset } from "../model.js";
import type { Command } from "../plan/plan.js";
import type { AcceptedDelivery, Manifest, RowAccount } from "../store/manifest.js";
import { assemble, baseOf, freshCandidate } from "./candidate.js";
import { filesOf, fromLog } from "./log.js";
import { isReplacing, snapshotsOf, toReadAgain } from "./snapshots.js";
import { stagingOf } from "./stage.js";
import type { IngestWork, Staged } from "./work.js";

/** Typed rows + parent version -> candidate version, in `staging/ready`. */
export async function merge(work: IngestWork, { withdraw, holds }: Extract<Command, { kind: "merge" }>): Promise<void> {
  const counted = new Set(work.context.ledger.currentDeliveries(work.asset.name).map(({ seq }) => seq));
  const superseded = work.staged.flatMap((entry) => supersededBy(entry, counted));
  // What counts already and is read once more takes its own old rows' place.
  const restated = work.staged
    .filter(({ delivery, archived }) => archived && counted.has(delivery.seq))
    .map(({ delivery }) => delivery.seq);
  const remove = [...superseded.map(({ seq }) => seq), ...withdraw, ...restated];
  if (remove.length === 0 && !work.replays && !bringsAnything(work)) return;
  const { asset, context, parent } = work;
  const { folder, written } = await freshCandidate(context, asset);
  const result = await foldInto(work, remove, written);
  const folded = new Map(result.deliveries.map((delivery) => [delivery.seq, delivery]));
  for (const entry of work.staged) entry.folded = folded.get(entry.delivery.seq) ?? null;
  const accepted = work.staged.map((entry) => acceptedOf(asset, entry));
  work.candidate = {
    columns: asset.columns.map(({ name, type }) => ({ name, type })),
    partitions: await assemble(context, folder, parent, work.replays ? whole(parent, result.partitions) : result.partitions),
    added: accepted.filter((_, at) => work.staged[at]?.archived === false),
    replayed: accepted.filter((_, at) => work.staged[at]?.archived === true),
    superseded,
    withdrawn: withdraw,
    held: holds ? withdraw : [],
    inputs: [],
    watermark: watermarkAfter(work),
  };
}

function supersededBy({ delivery, supersedes, copies }: Staged, counted: ReadonlySet<DeliverySeq>): Manifest["deliveries"]["superseded"] {
  const becoming = copies.filter(({ seq }) => counted.has(seq));
  return [
    ...supersedes.map((seq) => ({ seq, by: delivery.seq })),
    ...becoming.map(({ seq }) => ({ seq, by: delivery.seq, becomes: "copy" as const })),
  ];
}

/** A replay says all there is: where it puts nothing, nothing of the parent is left. */
function whole(parent: Manifest | null, partitions: FoldResult["partitions"]): FoldResult["partitions"] {
  const put = new Set(partitions.map(({ partition }) => partition));
  const gone = (parent?.partitions ?? []).filter(({ partition }) => !put.has(partition));
  return [
    ...partitions.map((entry) => ({ ...entry, visible: entry.visible ?? [], shadow: entry.shadow ?? [] })),
    ...gone.map(({ partition }) => ({ partition, rows: 0, contentHash: "0:0", eventTime: null, visible: [], shadow: [] })),
  ];
}

/** A snapshot without rows says something too: that the asset is empty. */
function bringsAnything(work: IngestWork): boolean {
  const rows = work.staged.reduce((sum, { staged }) => sum + staged.read - staged.refused - staged.keptOut, 0);
  return rows > 0 || (work.asset.ingest.strategy === "replace" && work.staged.length > 0);
}

async function foldInto(work: IngestWork, remove: readonly DeliverySeq[], into: string): Promise<FoldResult> {
  const { asset, context, session, parent } = work;
  const removeFrom = work.replays ? [] : context.ledger.partitionsOf(asset.name, remove);
  const fresh = work.staged.map(({ delivery }) => ({ seq: delivery.seq, file: delivery.file }));
  const known =
    isReplacing(asset) && !work.replays ? context.ledger.currentDeliveries(asset.name).filter(({ seq }) => !remove.includes(seq)) : [];
  const again = toReadAgain(work, known, fresh, { any: remove.length > 0, from: removeFrom });
  if (again.length > 0) await session.stage({ ...stagingOf(asset), files: filesOf(await fromLog(work, again)), into: work.stagedInto });
  return session.fold({
    columns: asset.columns,
    key: asset.key,
    orderBy: asset.ingest.orderBy,
    partitionBy: asset.partitionBy,
    eventTime: asset.eventTime,
    strategy: asset.ingest.strategy,
    exclude: work.refused.map(({ delivery }) => delivery.seq),
    // A replay folds the log from nothing; what the version has beyond it must go.
    base: work.replays ? [] : baseOf(context, parent),
    remove,
    removeFrom,
    restaged: again.map(({ seq }) => seq),
    snapshots: snapshotsOf(asset, [...known, ...fresh]),
    into,
  });
}

function acceptedOf(asset: IngestedAsset, entry: Staged): AcceptedDelivery {
  const { delivery, staged, folded, judgedAgainst, dialect } = entry;
  return {
    seq: delivery.seq,
    file: delivery.file,
    sha256: delivery.sha256,
    bytes: delivery.bytes,
    modified_at: delivery.modifiedAt,
    rows: accountOf({ staged, folded }),
    partitions: folded?.partitions ?? [],
    event_time: staged.eventTime,
    judged_against: judgedAgainst,
    ...droppedOf(asset, entry),
    dialect,
  };
}

/** Whether rows of a delivery came too late, and the declaration drops such rows. */
export function droppedOf({ lateness }: IngestedAsset, { staged }: Pick<Staged, "staged">): { readonly dropped?: true } {
  return staged.keptOut > 0 && lateness?.tooLate === "drop" ? { dropped: true } : {};
}

/** Asserted, not assumed: every row read is accounted for. */
export function accountOf({ staged, folded }: Pick<Staged, "staged" | "folded">): RowAccount {
  const account: RowAccount = {
    read: staged.read,
    merged: folded?.merged ?? 0,
    superseded: folded?.superseded ?? 0,
    duplicates: folded?.duplicates ?? 0,
    deleted: folded?.deleted ?? 0,
    refused: staged.refused,
    late: staged.keptOut,
  };
  const { read, ...ends } = account;
  const known = Object.values(ends).reduce((sum, rows) => sum + rows, 0);
  if (known !== read) throw new Error(`row accounting: ${read} rows read, ${known} accounted for (${JSON.stringify(account)})`);
  return account;
}

/** Highest accepted event time less the declared delay; it never goes back. */
function watermarkAfter(work: IngestWork): Manifest["watermark"] {
  const before = work.parent?.watermark ?? null;
  const highest = work.staged.map(({ staged }) => staged.eventTime?.max ?? "").reduce((a, b) => (b > a ? b : a), "");
  if (highest === "") return before;
  const reached = lessMilliseconds(highest, work.asset.lateness?.delayMs ?? 0);
  return before !== null && before > reached ? before : reached;
}

/** ISO instants carry microseconds; a Date only milliseconds. */
function lessMilliseconds(instant: string, milliseconds: number): string {
  const micros = /\.\d{3}(\d{3})Z$/.exec(instant)?.[1] ?? "000";
  return new Date(Date.parse(instant) - milliseconds).toISOString().replace("Z", `${micros}Z`);
}
