import type { AssetName, ContentHash, DeliverySeq, Fingerprint, PartitionKey, RunId, VersionId } from "../model.js";
import type { FoundDialect, Manifest, RowAccount } from "../store/manifest.js";

/**
 * The index over manifests and run records: whatever it answers can be found in the store too, only slower.
 * `openLedger(path)` in `sqlite.ts` is the one implementation. Synchronous: SQLite on a local disk.
 */
export interface Ledger {
  /** The newest version indexed for an asset. */
  current(asset: AssetName): VersionRow | null;
  /** Newest first. */
  versions(asset: AssetName): readonly VersionRow[];
  /** Current deliveries of these bytes, oldest first. */
  byContent(asset: AssetName, sha256: ContentHash): readonly DeliveryRow[];
  /** Current deliveries under this name, oldest first (more than one only under `on_revision: merge`). */
  byName(asset: AssetName, file: string): readonly DeliveryRow[];
  /** Copies of these bytes, oldest first; without those whose own name has brought other bytes since, or with them. */
  twins(asset: AssetName, sha256: ContentHash, followed: "without" | "with"): readonly DeliveryRow[];
  /** Copies under this name, oldest first. */
  copies(asset: AssetName, file: string): readonly DeliveryRow[];
  /** Deliveries that a rollback took out and that wait, newest first. */
  held(asset: AssetName): readonly DeliveryRow[];
  /** Current deliveries, oldest first; of one partition where given. */
  currentDeliveries(asset: AssetName, partition?: PartitionKey): readonly DeliveryRow[];
  /** Every delivery ever seen, newest first. */
  deliveries(asset: AssetName): readonly DeliveryRow[];
  /** Partitions in which these deliveries have contributions. */
  partitionsOf(asset: AssetName, seqs: readonly DeliverySeq[]): readonly PartitionKey[];
  /** Highest sequence number given out; 0 at first. */
  lastSeq(asset: AssetName): number;
  lastRun(): RunId | null;
  /** Refused files and rows that wait in quarantine, newest first. */
  quarantined(asset: AssetName): readonly QuarantineRow[];
  /** Runs with what they reported, newest first. */
  runs(limit: number): readonly { readonly run: RunId; readonly report: string }[];

  /** Indexes one asset's part of a run: one transaction; the same record twice changes nothing. */
  record(record: RunRecord, manifest: Manifest | null): void;
  /** What was refused of a delivery no longer waits. */
  resolve(asset: AssetName, seq: DeliverySeq): void;
  /** Keeps a run's report (JSON text). */
  report(run: RunId, report: string): void;
  close(): void;
}

export interface VersionRow {
  readonly asset: AssetName;
  readonly version: VersionId;
  readonly parent: VersionId | null;
  readonly manifestSha256: ContentHash;
  readonly publishedAt: string;
  readonly fingerprint: Fingerprint;
  readonly inputs: readonly { readonly asset: AssetName; readonly version: VersionId }[];
  readonly reason: string;
  readonly rows: number;
  readonly bytes: number;
  readonly partitions: number;
  readonly watermark: string | null;
  /** The newest `changed_in` of its partitions: the version in which visible rows last changed. */
  readonly lastChange: VersionId;
}

export interface DeliveryRow {
  readonly asset: AssetName;
  readonly seq: DeliverySeq;
  readonly file: string;
  readonly sha256: ContentHash;
  readonly bytes: number;
  readonly run: RunId;
  /** `current` is what the fold is made of. */
  readonly state: "current" | "superseded" | "withdrawn" | "held" | "redelivered" | "refused";
  readonly rows: RowAccount;
  readonly judgedAgainst: string | null;
  /** How a CSV file was found to be written. */
  readonly dialect: FoundDialect | null;
}

export interface QuarantineRow {
  readonly asset: AssetName;
  readonly seq: DeliverySeq;
  readonly run: RunId;
  readonly file: string;
  /** null: the whole file. */
  readonly rows: number | null;
  readonly reason: string;
}

/**
 * What a run decided for one asset. Written durably as `.run.json` into the picked-up folder before the commit, so that
 * whoever finds the folder knows how to finish; it travels with the folder to `ingest/archive` and is the log's index there.
 * Derived assets have none: their manifest says it all.
 */
export interface RunRecord {
  readonly record: 1;
  readonly asset: AssetName;
  readonly run: RunId;
  /** null: nothing to publish. The deliveries' state is in the manifest where there is one. */
  readonly version: VersionId | null;
  readonly files: readonly FileDecision[];
}

export interface FileDecision {
  readonly file: string;
  readonly sha256: ContentHash;
  readonly bytes: number;
  readonly modifiedAt: string;
  readonly seq: DeliverySeq;
  /** The marker that said it was complete, below the store: removed when the run is finished. */
  readonly marker: string | null;
  readonly decision: /** In the manifest where there is a version; without one it had no rows. */
    | {
        readonly kind: "accepted";
        readonly rows: RowAccount;
        readonly supersedes: readonly DeliverySeq[];
        /** Deliveries of the same bytes in whose place it counts. */
        readonly copies?: readonly DeliverySeq[];
        readonly judgedAgainst: string | null;
        /** Rows that came too late are dropped, and do not wait. */
        readonly dropped?: true;
        readonly dialect: FoundDialect | null;
      }
    | { readonly kind: "redelivery"; readonly of: DeliverySeq }
    | { readonly kind: "refused"; readonly reason: string };
}
