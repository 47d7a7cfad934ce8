import type { FoldedDelivery, Session, StagedFile } from "../engine/engine.js";
import type { RunRecord } from "../ledger/ledger.js";
import type { Asset, ColumnType, DeliverySeq, DerivedAsset, IngestedAsset } from "../model.js";
import type { AssetPlan, Copied, PlannedDelivery } from "../plan/plan.js";
import type { CheckOutcome } from "../report/report.js";
import type { AcceptedDelivery, CheckRecord, FoundDialect, Manifest, PartitionEntry } from "../store/manifest.js";
import type { Context } from "./context.js";

/** One asset's way through a run: what each operator leaves for the next. */
export interface Work<Of extends Asset = Asset> {
  readonly context: Context;
  readonly asset: Of;
  readonly plan: AssetPlan;
  readonly session: Session;
  /** The version the work builds on. */
  readonly parent: Manifest | null;
  /** Whether the version is folded anew from the whole log. */
  readonly replays: boolean;
  /** Folder of typed rows. */
  readonly stagedInto: string;
  /** After `pickup`. */
  taken: readonly PlannedDelivery[];
  /** After `stage`: what each delivery that is merged came to, and why others are refused. */
  staged: readonly Staged[];
  refused: readonly Refused[];
  /** After `merge` or `transform`; null: nothing to publish. */
  candidate: Candidate | null;
  checks: readonly CheckOutcome[];
  checkRecords: readonly CheckRecord[];
  /** After `publish`; null: nothing was published. */
  published: Manifest | null;
  record: RunRecord | null;
}

export type IngestWork = Work<IngestedAsset>;
export type DeriveWork = Work<DerivedAsset>;

export interface Staged {
  readonly delivery: PlannedDelivery;
  readonly supersedes: readonly DeliverySeq[];
  /** In whose place it counts: deliveries of the same bytes. */
  readonly copies: readonly Copied[];
  /** The watermark its rows were judged against; null: not judged, as restatements are not. */
  readonly judgedAgainst: string | null;
  /** How it is written; null: no CSV file. */
  readonly dialect: FoundDialect | null;
  /** Read once more from the log, for a replay. */
  readonly archived: boolean;
  readonly staged: StagedFile;
  readonly drift: { readonly added: readonly string[]; readonly missing: readonly string[] };
  /** Null until merged. */
  folded: FoldedDelivery | null;
}

export interface Refused {
  readonly delivery: PlannedDelivery;
  readonly reason: string;
  readonly staged: StagedFile | null;
}

export interface Candidate {
  readonly columns: readonly ColumnType[];
  readonly partitions: readonly PartitionEntry[];
  readonly added: readonly AcceptedDelivery[];
  readonly replayed: readonly AcceptedDelivery[];
  readonly superseded: Manifest["deliveries"]["superseded"];
  readonly withdrawn: readonly DeliverySeq[];
  /** Those of the withdrawn that wait. */
  readonly held: readonly DeliverySeq[];
  readonly inputs: Manifest["inputs"];
  readonly watermark: string | null;
}
