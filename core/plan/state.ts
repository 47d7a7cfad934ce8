import type { Diagnostic } from "../diagnostic.js";
import type { InputReach } from "../engine/engine.js";
import type { DeliveryRow, VersionRow } from "../ledger/ledger.js";
import type { Asset, AssetName, ContentHash, DeliverySeq, VersionId } from "../model.js";
import type { PlannedDelivery } from "./plan.js";

/** A landed file that may be taken, known by its content. */
export type LandedDelivery = Omit<PlannedDelivery, "seq" | "is">;

/** What the plan may know of the state. */
export interface Snapshot {
  current(asset: AssetName): VersionRow | null;
  /** The last version in which the visible rows of an asset changed; null where none is published. */
  lastChange(asset: AssetName): VersionId | null;
  /** Current deliveries under a name, and of these bytes. */
  byName(asset: AssetName, file: string): readonly DeliveryRow[];
  byContent(asset: AssetName, sha256: ContentHash): readonly DeliveryRow[];
  /** Files that were skipped because another holds these bytes, oldest first; without those whose name has brought others since, or with them. */
  twins(asset: AssetName, sha256: ContentHash, followed: "without" | "with"): readonly DeliveryRow[];
  /** Deliveries of this name that were skipped because another file holds their bytes. */
  copies(asset: AssetName, file: string): readonly DeliveryRow[];
  /** Deliveries that a rollback took out and that wait. */
  held(asset: AssetName): readonly DeliveryRow[];
  /** Contents that were skipped under some name. */
  copied(asset: AssetName): readonly ContentHash[];
  lastSeq(asset: AssetName): number;
  /** Whether the asset has deliveries that a replay could start from. */
  hasDeliveries(asset: AssetName): boolean;
}

/** What a command asks for beyond taking what has landed. */
export interface Requests {
  /** Assets to fold anew from their log. */
  readonly replay: ReadonlySet<AssetName>;
  /** New deliveries are restatements: not judged for lateness. */
  readonly backfill: boolean;
  /** `waiting`: only what a rollback took back; `all`: what counts under the name, too. */
  readonly withdraw: { readonly asset: AssetName; readonly file: string; readonly what: "all" | "waiting" } | null;
  /** Derived assets to build whole, or in a range of partitions, whatever changed. */
  readonly refresh: ReadonlySet<AssetName>;
  readonly range: { readonly assets: ReadonlySet<AssetName>; readonly from: string; readonly to: string } | null;
  /** Deliveries whose kept-out rows are let in. */
  readonly release: {
    readonly asset: AssetName;
    readonly file: string;
    readonly seqs: readonly DeliverySeq[];
    /** What came under its name since: its place is taken back. */
    readonly instead: readonly DeliverySeq[];
  } | null;
  /** Back to the deliveries of a version: what goes, and what counts again. */
  readonly rollback: {
    readonly asset: AssetName;
    readonly to: VersionId;
    readonly out: readonly DeliverySeq[];
    readonly back: readonly DeliverySeq[];
  } | null;
}

export const noRequests: Requests = {
  replay: new Set(),
  backfill: false,
  refresh: new Set(),
  range: null,
  withdraw: null,
  release: null,
  rollback: null,
};

export interface PlanInput {
  readonly requests: Requests;
  /** The assets to plan, inputs first. */
  readonly assets: readonly Asset[];
  readonly snapshot: Snapshot;
  /** Files that may be taken, in order of their names, by asset. */
  readonly landed: ReadonlyMap<AssetName, readonly LandedDelivery[]>;
  /** What is provable of the inputs of each derived asset that may be built in part. */
  readonly reach: ReadonlyMap<AssetName, readonly InputReach[]>;
  /** Assets whose rows do not tell when: `lookback` and `cumulative` say nothing of them. */
  readonly timeless: ReadonlySet<AssetName>;
  readonly notices: readonly Diagnostic[];
}
