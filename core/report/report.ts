import type { AssetName, ContentHash, DeliverySeq, PartitionKey, RunId, VersionId } from "../model.js";
import type { Reason } from "../plan/plan.js";
import type { FoundDialect, RowAccount } from "../store/manifest.js";

/** A run's closing account; `schemas/report.schema.json`. */
export interface RunReport {
  readonly report: 1;
  readonly run: RunId;
  readonly started_at: string;
  readonly finished_at: string;
  readonly seconds: number;
  readonly assets: readonly AssetOutcome[];
}

export interface AssetOutcome {
  readonly asset: AssetName;
  readonly status: /** A new version is visible. */
    | "published"
    /** Nothing to do, or nothing changed. */
    | "unchanged"
    /** Went wrong; `ready` is as it was. */
    | "failed"
    /** Not tried, because an input failed. */
    | "skipped";
  /** Why it ran. */
  readonly reason: Reason;
  /** What went wrong or why it was skipped; null otherwise. */
  readonly problem: string | null;
  /** The version now visible. */
  readonly version: VersionId | null;
  /** Rows visible now, and before the run (0 where there was no version): `+2 rows` is their difference. */
  readonly rows: number;
  readonly rows_before: number;
  readonly deliveries: readonly DeliveryOutcome[];
  /** Sums over the deliveries that were merged. */
  readonly account: RowAccount;
  readonly partitions: {
    readonly total: number;
    /** Whose visible rows changed. */
    readonly changed: readonly PartitionKey[];
  };
  readonly checks: readonly CheckOutcome[];
  readonly late: readonly LateFile[];
  readonly watermark: string | null;
  readonly seconds: number;
}

export interface DeliveryOutcome {
  readonly file: string;
  readonly seq: DeliverySeq;
  readonly sha256: ContentHash;
  readonly is: "new" | "revision" | "redelivery" | "refused";
  readonly rows: RowAccount;
  /** Why it was skipped (`redelivery of orders_1.csv`) or refused, or what it counts instead of; null for any other that was merged. */
  readonly reason: string | null;
  /** Refused rows by reason, most frequent first. */
  readonly refusals: readonly { readonly reason: string; readonly rows: number; readonly example: string }[];
  /** Columns the file has and the declaration does not, and the other way round. */
  readonly drift: { readonly added: readonly string[]; readonly missing: readonly string[] };
  /** How a CSV file was found to be written; null: none, or not merged. */
  readonly dialect: FoundDialect | null;
}

export interface CheckOutcome {
  readonly check: string;
  readonly severity: "error" | "warn";
  /** `failed` keeps the version from being published. */
  readonly result: "passed" | "warned" | "failed";
  /** Neither warned nor failed; with a limit there may be failing rows all the same. */
  readonly passed: boolean;
  /** Failing rows of the whole table. */
  readonly failures: number;
  /** Only these partitions were looked at, because the others are as they were; null: all. */
  readonly looked_at: {
    readonly partitions: number;
    readonly of: number;
    /** Failing rows in them; the rest of `failures` was there before. */
    readonly failures: number;
  } | null;
  /** A few of the failing rows that were found, as texts by column. */
  readonly examples: readonly Readonly<Record<string, string | null>>[];
  /** The failing rows that were found, as CSV, below the store; a Parquet file of the same name lies beside it. Null: none are kept. */
  readonly rows: string | null;
  /** Why it could not be asked; null: it could. */
  readonly problem: string | null;
}

/** Rows of a file that came after the watermark had passed their partition's end. */
export interface LateFile {
  readonly file: string;
  /** Late and merged. */
  readonly merged: number;
  /** Beyond the allowed lateness. */
  readonly tooLate: number;
  /** Seconds behind the watermark that was committed before the run. */
  readonly behind: { readonly p50: number; readonly p95: number; readonly max: number };
  /** By partition, `behind` in seconds, cut to whole minutes: a smaller `allow` would have kept out those at or beyond it. */
  readonly partitions: readonly { readonly partition: PartitionKey; readonly rows: number; readonly behind: number }[];
}
