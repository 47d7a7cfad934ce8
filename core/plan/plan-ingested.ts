import { compareBytes } from "../byte-order.js";
import { needsOf } from "../catalog/graph.js";
import type { DeliveryRow } from "../ledger/ledger.js";
import type { AssetName, ContentHash, DeliverySeq, IngestedAsset } from "../model.js";
import { checking } from "./checking.js";
import type { AssetPlan, Command, Copied, DeliveryKind, PlannedDelivery, Reason } from "./plan.js";
import type { LandedDelivery, PlanInput, Requests, Snapshot } from "./state.js";

export function planIngested(
  asset: IngestedAsset,
  { snapshot, landed, requests }: PlanInput,
  publishing: ReadonlySet<AssetName>,
): AssetPlan {
  const current = snapshot.current(asset.name);
  const asked = requests.withdraw?.asset === asset.name ? named(asset, snapshot, requests.withdraw) : [];
  const changed = current !== null && current.fingerprint !== asset.fingerprint && snapshot.hasDeliveries(asset.name);
  const replays = changed || requests.replay.has(asset.name);
  const rollback = requests.rollback?.asset === asset.name ? requests.rollback : null;
  const release = requests.release?.asset === asset.name ? requests.release : null;
  // What a version was is what a rollback gives, so nothing else comes in with it.
  const files = rollback === null ? (landed.get(asset.name) ?? []) : [];
  const { deliveries, again, copied } = classify(asset, snapshot, files, asked, replays);
  const gone = [
    ...[...asked, ...replacedByCopies(asset, snapshot, deliveries)].map(({ seq }) => seq),
    ...(rollback?.out ?? []),
    ...(release?.instead ?? []),
  ];
  const released = [...(release?.seqs ?? []), ...(rollback?.back ?? [])];
  const entry = (reason: Reason, commands: readonly Command[]): AssetPlan => ({
    asset: asset.name,
    kind: "ingested",
    reason,
    from: current?.version ?? null,
    commands,
    after: needsOf(asset).filter((name) => publishing.has(name)),
  });
  if (deliveries.length === 0 && gone.length === 0 && released.length === 0 && !replays) {
    return entry(current === null ? { kind: "nothing-landed" } : { kind: "up-to-date" }, []);
  }
  const merging = deliveries.filter(isMerged);
  const builds = merging.length > 0 || gone.length > 0 || released.length > 0 || replays;
  const taking: readonly Command[] = deliveries.length > 0 ? [{ kind: "pickup", deliveries }] : [];
  const building: readonly Command[] = [
    {
      kind: "stage",
      deliveries: merging,
      again: [...again, ...released],
      copied,
      anewWithout: replays ? gone : null,
      judged: !requests.backfill,
      restates: rollback === null,
    },
    { kind: "merge", withdraw: gone, holds: rollback !== null },
    ...checking(asset),
    { kind: "publish" },
  ];
  return entry(whyIngest(requests, { deliveries, gone, released, changed, replays }), [
    ...taking,
    ...(builds ? building : []),
    { kind: "archive" },
  ]);
}

/** What counts under a name, or waits after a rollback, or was skipped because another file holds its bytes. */
function named(asset: IngestedAsset, snapshot: Snapshot, { file, what }: NonNullable<Requests["withdraw"]>): readonly DeliveryRow[] {
  const held = heldUnder(asset, snapshot, file);
  if (what === "waiting") return held;
  const said = [...snapshot.byName(asset.name, file), ...held];
  return said.length > 0 ? said : snapshot.copies(asset.name, file);
}

/** What waits under a name since a rollback. */
function heldUnder(asset: IngestedAsset, snapshot: Snapshot, file: string): readonly DeliveryRow[] {
  return snapshot.held(asset.name).filter((row) => row.file === file);
}

interface Work {
  readonly deliveries: readonly PlannedDelivery[];
  readonly gone: readonly DeliverySeq[];
  readonly released: readonly DeliverySeq[];
  readonly changed: boolean;
  readonly replays: boolean;
}

function whyIngest(requests: Requests, work: Work): Reason {
  if (requests.rollback !== null) return { kind: "rollback", to: requests.rollback.to };
  if (work.gone.length > 0 && requests.withdraw !== null) return { kind: "withdrawal", file: requests.withdraw.file };
  if (work.released.length > 0 && requests.release !== null) return { kind: "release", file: requests.release.file };
  if (work.changed) return { kind: "declaration-changed" };
  return work.replays ? { kind: "replay" } : arrivals(work.deliveries);
}

/** Whether a copy that was skipped still says what it said: its name is not withdrawn, and brings no other bytes right now. */
function standingCopies(
  landed: readonly Pick<LandedDelivery, "file" | "sha256">[],
  withdrawn: readonly DeliveryRow[],
): (copy: DeliveryRow) => boolean {
  const said = new Map(landed.map(({ file, sha256 }) => [file, sha256]));
  const gone = new Set(withdrawn.map(({ file }) => file));
  return ({ file, sha256 }) => !gone.has(file) && (said.get(file) ?? sha256) === sha256;
}

/** A name whose new bytes another file holds: its old ones go, and nothing comes in their place. */
function replacedByCopies(asset: IngestedAsset, snapshot: Snapshot, deliveries: readonly PlannedDelivery[]): readonly DeliveryRow[] {
  if (asset.ingest.onRevision !== "supersede") return [];
  const copies = deliveries.filter(({ is }) => is.kind === "redelivery");
  return copies.flatMap(({ file, sha256 }) => {
    const named = snapshot.byName(asset.name, file);
    return named.some((known) => known.sha256 === sha256) ? [] : named;
  });
}

function arrivals(deliveries: readonly PlannedDelivery[]): Reason {
  const count = (kind: DeliveryKind["kind"]): number => deliveries.filter(({ is }) => is.kind === kind).length;
  return {
    kind: "new-deliveries",
    new: count("new"),
    revisions: count("revision") + count("rejected-revision"),
    redeliveries: count("redelivery"),
  };
}

interface Classified {
  readonly deliveries: readonly PlannedDelivery[];
  /** Copies that were skipped once, and count now. */
  readonly again: readonly DeliverySeq[];
  readonly copied: readonly Copied[];
}

/**
 * New, revised or delivered before: by content, never by time stamps. What any file of the run takes out does not hold its bytes any
 * more; of the names that stand for the same bytes one counts.
 */
function classify(
  asset: IngestedAsset,
  snapshot: Snapshot,
  landed: readonly LandedDelivery[],
  withdrawn: readonly DeliveryRow[],
  replays: boolean,
): Classified {
  const last = snapshot.lastSeq(asset.name);
  const files = landed.map((file, at) => ({ ...file, seq: (last + at + 1) as DeliverySeq, is: byNameOf(asset, snapshot, file) }));
  const revised = files.flatMap(({ file, is }) =>
    is.kind === "revision" && is.supersedes.length > 0 ? snapshot.byName(asset.name, file) : [],
  );
  const leaving = [...withdrawn, ...revised];
  const gone = new Set(leaving.map(({ seq }) => seq));
  // What a name says adds to what it said.
  const adds = asset.ingest.onRevision === "merge";
  const standing = standingCopies(adds ? [] : files, withdrawn);
  const coming = files.filter(isMerged);
  // Another declaration may have another name count, so a version that is folded anew asks of all.
  const contents = new Set([...[...leaving, ...coming].map(({ sha256 }) => sha256), ...(replays ? snapshot.copied(asset.name) : [])]);
  const comingOf = new Map<ContentHash, PlannedDelivery[]>(coming.map(({ sha256 }) => [sha256, []]));
  for (const file of coming) comingOf.get(file.sha256)?.push(file);
  const elections = new Map(
    [...contents].map((sha256) => [
      sha256,
      elect(asset, {
        staying: snapshot.byContent(asset.name, sha256).filter(({ seq }) => !gone.has(seq)),
        copies: snapshot.twins(asset.name, sha256, adds ? "with" : "without").filter(standing),
        coming: comingOf.get(sha256) ?? [],
      }),
    ]),
  );
  // The same bytes again do not undo a rollback; other bytes under the name do.
  const held = new Map((files.length === 0 ? [] : snapshot.held(asset.name)).map((row) => [row.sha256, row]));
  const decide = (file: PlannedDelivery): PlannedDelivery => {
    const waiting = held.get(file.sha256);
    if (waiting !== undefined && snapshot.byContent(asset.name, file.sha256).length === 0)
      return { ...file, is: { kind: "redelivery", of: waiting.file, seq: waiting.seq, held: true } };
    const counting = elections.get(file.sha256)?.counting ?? file;
    return counting.seq === file.seq ? file : { ...file, is: { kind: "redelivery", of: counting.file, seq: counting.seq } };
  };
  return {
    deliveries: files.map((file) => (isMerged(file) ? decide(file) : file)),
    again: [...elections.values()].flatMap(({ again }) => again),
    copied: [...elections.values()].flatMap(({ copied }) => copied),
  };
}

function isMerged({ is }: PlannedDelivery): boolean {
  return is.kind === "new" || is.kind === "revision";
}

/** Deliveries of the same bytes. */
interface Candidates {
  /** Counting, and not taken out by this run. */
  readonly staying: readonly DeliveryRow[];
  /** Skipped before, and still what their names say. */
  readonly copies: readonly DeliveryRow[];
  readonly coming: readonly PlannedDelivery[];
}

interface Election extends Pick<Classified, "again" | "copied"> {
  /** Null: each counts. */
  readonly counting: DeliveryRow | PlannedDelivery | null;
}

/** Who of all that stand for the same bytes counts, and whose place it takes. */
function elect(asset: IngestedAsset, { staying, copies, coming }: Candidates): Election {
  const [copy] = [...copies].sort(before(asset));
  if (asset.ingest.onDuplicate === "accept") {
    return { counting: null, again: copy !== undefined && staying.length + coming.length === 0 ? [copy.seq] : [], copied: [] };
  }
  const [counting = null] = [...staying, ...copies, ...coming].sort(before(asset));
  if (counting === null || staying.some(({ seq }) => seq === counting.seq)) return { counting, again: [], copied: [] };
  const displaced = staying.length === 0 && copy !== undefined && copy.seq !== counting.seq ? [copy] : staying;
  return {
    counting,
    again: copy?.seq === counting.seq ? [copy.seq] : [],
    copied: displaced.map(({ seq, file }) => ({ seq, file, by: counting.seq })),
  };
}

/** The smallest name counts where `order_by` is declared: names decide ties then, and arrival must not. Otherwise the first arrival. */
function before({ ingest }: IngestedAsset): (a: Pick<DeliveryRow, "seq" | "file">, b: Pick<DeliveryRow, "seq" | "file">) => number {
  return ingest.orderBy.length > 0 ? (a, b) => compareBytes(a.file, b.file) || a.seq - b.seq : (a, b) => a.seq - b.seq;
}

/** What its name alone says of a file. */
function byNameOf(asset: IngestedAsset, snapshot: Snapshot, file: LandedDelivery): DeliveryKind {
  const named = snapshot.byName(asset.name, file.file);
  const same = named.find((known) => known.sha256 === file.sha256);
  if (same !== undefined) return { kind: "redelivery", of: same.file, seq: same.seq };
  // Other bytes under the name of what waits take its place.
  const held = heldUnder(asset, snapshot, file.file).filter(({ sha256 }) => sha256 !== file.sha256);
  if (held.length > 0) return revision(asset, [...named, ...held], []);
  // A skipped copy has said something, too, though nothing of it is to be taken out.
  const skipped = named.length > 0 ? [] : snapshot.copies(asset.name, file.file).filter((copy) => copy.sha256 !== file.sha256);
  return named.length + skipped.length > 0 ? revision(asset, named, skipped) : { kind: "new" };
}

function revision(asset: IngestedAsset, named: readonly DeliveryRow[], skipped: readonly DeliveryRow[]): DeliveryKind {
  switch (asset.ingest.onRevision) {
    case "supersede":
      return { kind: "revision", supersedes: named.map((known) => known.seq) };
    case "merge":
      return { kind: "revision", supersedes: [] };
    case "reject":
      return { kind: "rejected-revision", of: [...named, ...skipped][0]?.seq ?? (0 as DeliverySeq) };
  }
}
