import type { AssetName, ColumnType, ContentHash, DeliverySeq, Fingerprint, PartitionKey, VersionId } from "../model.js";

/**
 * What a version is: written beside its parts as `manifest.json`, immutable, the only truth about the version.
 * Its JSON Schema is `schemas/manifest.schema.json`. Instants are ISO 8601 UTC texts with microseconds.
 */
export interface Manifest {
  readonly manifest: 1;
  readonly asset: AssetName;
  readonly version: VersionId;
  /** The version before this one and the SHA-256 of its `manifest.json`: a chain. */
  readonly parent: { readonly version: VersionId; readonly sha256: ContentHash } | null;
  readonly published_at: string;
  readonly made_by: { readonly flow: string; readonly duckdb: string };
  /** Why this version exists, in words. */
  readonly reason: string;
  readonly declaration: { readonly fingerprint: Fingerprint };
  /** Declared columns, in order: what readers see. */
  readonly columns: readonly ColumnType[];
  /** Terms such as `month(at)` or `region`. */
  readonly partition_by: readonly string[];
  /** Versions a derived asset was built from; empty for an ingested one. */
  readonly inputs: readonly { readonly asset: AssetName; readonly version: VersionId }[];
  readonly deliveries: {
    readonly added: readonly AcceptedDelivery[];
    /** Read once more from the log: their rows and partitions as this version has them. */
    readonly replayed: readonly AcceptedDelivery[];
    /** `becomes`: it has the same bytes and counts no more, but again when `by` goes; a revision's predecessor does not come back. */
    readonly superseded: readonly { readonly seq: DeliverySeq; readonly by: DeliverySeq; readonly becomes?: "copy" }[];
    readonly withdrawn: readonly DeliverySeq[];
    /** Those of the withdrawn that a rollback took out: they wait until they are released, discarded or withdrawn. Left out where there are none. */
    readonly held?: readonly DeliverySeq[];
  };
  /** Highest accepted event time minus `delay`; null without event time or rows. Never goes back. */
  readonly watermark: string | null;
  readonly rows: number;
  readonly bytes: number;
  readonly partitions: readonly PartitionEntry[];
  /** What the version does to the rows of the one before; left out where the declaration does not ask for it. */
  readonly changelog?: Part | undefined;
  /** What the checks that judge row by row found, so that the next version need not look at unchanged rows again. */
  readonly checks?: readonly CheckRecord[];
}

export interface CheckRecord {
  readonly check: string;
  /** Over what decides which rows fail. */
  readonly fingerprint: Fingerprint;
  /** Failing rows of each partition that has any. */
  readonly failing: readonly { readonly partition: PartitionKey; readonly rows: number }[];
  /** Versions of other assets that it read. */
  readonly inputs: readonly { readonly asset: AssetName; readonly version: VersionId }[];
}

export interface AcceptedDelivery {
  readonly seq: DeliverySeq;
  /** Path below landing, with `/`. */
  readonly file: string;
  readonly sha256: ContentHash;
  readonly bytes: number;
  readonly modified_at: string;
  readonly rows: RowAccount;
  /** Where its contributions lie, winning or not. */
  readonly partitions: readonly { readonly partition: PartitionKey; readonly rows: number }[];
  readonly event_time: { readonly min: string; readonly max: string } | null;
  /** The watermark its rows were judged against; null: not judged. */
  readonly judged_against: string | null;
  /** Its rows that came too late are dropped: they are listed, and wait for nothing. Left out where there are none. */
  readonly dropped?: true;
  readonly dialect: FoundDialect | null;
}

/** How a CSV file was found to be written; of any other file there is none. */
export interface FoundDialect {
  readonly delimiter: string;
  /** Empty: none. */
  readonly quote: string;
  /** The quote itself: it is doubled. */
  readonly escape: string;
  readonly encoding: string;
  /** Line on which its header ends; null without one. */
  readonly header_line: number | null;
}

/** read = merged + superseded + duplicates + deleted + refused + late. */
export interface RowAccount {
  readonly read: number;
  /** Visible in the version this run published. */
  readonly merged: number;
  /** Lost to a row that was there before. */
  readonly superseded: number;
  /** Lost to a row of the same run. */
  readonly duplicates: number;
  /** Won, and deletes its key. */
  readonly deleted: number;
  /** Could not be read as declared; in quarantine with a reason each. */
  readonly refused: number;
  /** Kept out by the lateness policy. */
  readonly late: number;
}

export interface PartitionEntry {
  readonly partition: PartitionKey;
  /** The version in which its visible rows last changed. An entry without parts is a partition that emptied then. */
  readonly changed_in: VersionId;
  readonly rows: number;
  /** Over the declared columns, independent of row order; comparable within one DuckDB version. */
  readonly content_hash: string;
  readonly event_time: { readonly min: string; readonly max: string } | null;
  readonly parts: readonly Part[];
  /** Contributions that lost, and deletions: what a removal folds over. Invisible to the glob of Parquet files. */
  readonly shadow: readonly Part[];
}

export interface Part {
  /** File name in the partition's folder; carries its content's hash. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: ContentHash;
}
