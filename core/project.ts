import type { Diagnostic } from "./diagnostic.js";
import type { Accepted } from "./drift/accept.js";
import type { InputReach, RowBag, Table } from "./engine/engine.js";
import type { Emit } from "./event.js";
import type { Asset, AssetName, Catalog, ColumnType, Incremental, Origin, PartitionKey, RunId, VersionId } from "./model.js";
import type { Plan } from "./plan/plan.js";
import type { CheckOutcome, LateFile, RunReport } from "./report/report.js";
import type { FoundDialect } from "./store/manifest.js";

/** How to open a project. */
export interface OpenOptions {
  /** Folder that holds `flow.yaml`, or one below it. */
  readonly dir: string;
  readonly profile: string | null;
  readonly vars: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Overrides `threads` of flow.yaml. */
  readonly threads: number | null;
  readonly clock: Clock;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Selectors as on the command line: `a`, `+a`, `a+`, `2+a`, `@a`, `tag:x`, `path:dir`; none: everything. */
export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What `core` offers: all of flow without a terminal. Every method throws `FlowError` for expected trouble. */
export interface FlowProject extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Warnings from reading the declarations. */
  readonly warnings: readonly Diagnostic[];
  /** What a run with these wishes would do. */
  plan(selection: Selection, wishes?: Wishes): Promise<Plan>;
  /** Writes into the declarations what makes them take the files that drifted, and says where. */
  acceptDrift(plan: Plan): Promise<readonly Accepted[]>;
  run(selection: Selection, options: RunOptions): Promise<RunReport>;
  /** What a changed row of each input costs each derived asset, and why; of one asset or of all. */
  reach(asset: string | null): Promise<ReachReport>;
  status(): Promise<StatusReport>;
  /** One SELECT over the ready assets, all at one snapshot; those named by `at` as they were (`flow history` says how to name it). */
  query(sql: string, options?: { readonly at?: readonly { readonly asset: string; readonly version: string }[] }): Promise<Table>;
  /** The versions of an asset, newest first. */
  history(asset: string, options: { readonly limit: number | null }): Promise<HistoryReport>;
  /** Where rows come from, down to the line of the landed file; null: the asset has no version. */
  why(asset: string, options: { readonly where: string | null; readonly limit: number }): Promise<WhyReport | null>;
  /** What became of an asset between two versions; by default since the one before the current. */
  diff(
    asset: string,
    options: { readonly from: string | null; readonly to: string | null; readonly limit: number | null },
  ): Promise<DiffReport>;
  show(asset: string): Promise<ShowReport>;
  /** Takes a delivery's contribution out again, as if it had never come, and brings what reads the asset up to date. */
  withdraw(asset: string, file: string, options: RunOptions): Promise<RunReport>;
  /**
   * Back to what a version of an ingested asset was, as a new version. What came since waits until it is released or discarded; what
   * reads the asset is brought up to date by the next run.
   */
  rollback(asset: string, version: string, options: RunOptions): Promise<RunReport>;
  /** Takes away what `retain` says need not be kept, or only says what that is. */
  gc(selection: Selection, options: { readonly dryRun: boolean }): Promise<GcReport>;
  /** Looks whether the store is whole: manifests, parts, log, ledger. */
  fsck(options: FsckOptions): Promise<FsckReport>;
  /** Recomputes aside, from the log or from the inputs, and compares with what is ready. Changes nothing. */
  verify(selection: Selection, options: VerifyOptions): Promise<VerifyReport>;
  /** Asks the checks of what is ready now: of all its rows. Changes nothing. */
  check(selection: Selection, options: { readonly signal: AbortSignal }): Promise<CheckReport>;
  /** Tries the declared tests, each in a store of its own that is gone afterwards. */
  test(selection: Selection, options: { readonly signal: AbortSignal }): Promise<TestReport>;
  /** Late arrivals of past runs, newest first; of one asset or of all. */
  late(asset: string | null, options: { readonly allowMs: number | null }): Promise<LateReport>;
  /** What waits in quarantine; of one asset or of all. */
  quarantined(asset: string | null): Promise<QuarantineReport>;
  /** The refused rows of a file, or why the whole file was refused. */
  quarantinedRows(asset: string, file: string): Promise<Table>;
  /** Lets a quarantined file or the kept-out rows of one in, as a restatement. */
  release(asset: string, file: string, options: RunOptions): Promise<RunReport>;
  /** Takes a file, or the refused rows of one, out of quarantine for good. */
  discard(asset: string, file: string): Promise<QuarantineReport>;
}

export interface GcReport {
  readonly gc: 1;
  readonly dry_run: boolean;
  readonly assets: readonly {
    readonly asset: AssetName;
    /** `bytes`: what no kept version shares. */
    readonly versions: readonly { readonly version: VersionId; readonly bytes: number }[];
    /** `counts`: its rows are in the table, and from now on cannot be made again from the log. */
    readonly raw: readonly { readonly file: string; readonly run: RunId; readonly bytes: number; readonly counts: boolean }[];
    /** null rows: a whole file. */
    readonly quarantine: readonly { readonly file: string; readonly run: RunId; readonly rows: number | null }[];
  }[];
}

export interface FsckOptions {
  /** Sizes alone, no hashes: seconds instead of minutes. */
  readonly quick: boolean;
  /** Makes the ledger again from the store, whatever it says now. */
  readonly rebuild: boolean;
}

export interface FsckReport {
  readonly fsck: 1;
  readonly rebuilt: boolean;
  readonly assets: readonly {
    readonly asset: AssetName;
    readonly versions: number;
    readonly parts: number;
    readonly raw: number;
  }[];
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly asset: AssetName;
  /** `damage`: something that should be there is not, or is something else. `note`: left over, and taken care of by the next run. */
  readonly severity: "damage" | "note";
  readonly what: "pointer" | "manifest" | "part" | "orphan" | "raw" | "ledger" | "leftover";
  /** Below the store. */
  readonly path: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface HistoryReport {
  readonly history: 1;
  readonly asset: AssetName;
  /** Newest first. */
  readonly versions: readonly PastVersion[];
  /** How many there are in all. */
  readonly of: number;
}

export interface PastVersion {
  readonly version: VersionId;
  readonly parent: VersionId | null;
  readonly published_at: string;
  readonly reason: string;
  readonly current: boolean;
  /** Whether its rows are still there; `flow gc` takes old versions away. */
  readonly kept: boolean;
  readonly rows: number;
  readonly rows_before: number;
  readonly bytes: number;
  readonly partitions: number;
  /** Null where the version is gone. */
  readonly partitions_changed: number | null;
  /** Files by their names; of a derived asset none. */
  readonly deliveries: {
    readonly added: readonly string[];
    /** How many were read once more from the log. */
    readonly replayed: number;
    readonly superseded: readonly string[];
    readonly withdrawn: readonly string[];
  };
  readonly inputs: readonly { readonly asset: AssetName; readonly version: VersionId }[];
}

export interface WhyReport extends Trace {
  readonly why: 1;
}

/** Rows of one asset, and what they came from. */
export interface Trace {
  readonly asset: AssetName;
  readonly version: VersionId;
  /** Columns of the row above by whose values these were found; empty: all rows of the asset may have gone into it. */
  readonly by: readonly string[];
  /** How many there are in all. */
  readonly rows: number;
  /** Some of them. */
  readonly found: readonly TracedRow[];
}

export interface TracedRow {
  readonly row: Readonly<Record<string, string | null>>;
  /** Of an ingested asset. */
  readonly origin: RowOrigin | null;
  /** Of a derived one: rows of each input that it was, or may have been, made from. */
  readonly from: readonly Trace[];
}

export interface RowOrigin {
  readonly file: string;
  /** Physical line, from 1. */
  readonly line: number;
  readonly run: RunId | null;
  /** Below the store. */
  readonly path: string | null;
  /** The line as it stands in the file; null where the file is gone, or is no text. */
  readonly raw: string | null;
}

export interface DiffReport {
  readonly diff: 1;
  readonly asset: AssetName;
  readonly from: VersionId;
  readonly to: VersionId;
  readonly columns: {
    readonly added: readonly ColumnType[];
    readonly removed: readonly ColumnType[];
    readonly retyped: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  };
  readonly partitions: Readonly<Record<"added" | "removed" | "changed", readonly PartitionKey[]>>;
  readonly rows: {
    readonly before: number;
    readonly after: number;
    readonly inserted: number;
    readonly deleted: number;
    readonly updated: number;
  };
  /** `_op`, then the columns that both versions have. */
  readonly changes: Table;
}

export interface ReachReport {
  readonly reach: 1;
  readonly assets: readonly {
    readonly asset: AssetName;
    /** Terms such as `month(day)`; empty: not partitioned. */
    readonly partition_by: readonly string[];
    /** `auto`, `full`, or what the author knows. */
    readonly incremental: Incremental;
    readonly inputs: readonly (InputReach | FollowedInput)[];
  }[];
}

/** By the author's word: from a changed row's partition on, so far or (null) to the end. */
export interface FollowedInput {
  readonly input: string;
  readonly kind: "following";
  readonly lookbackMs: number | null;
}

export interface VerifyOptions {
  /** Judge nothing for lateness: shows exactly what the lateness policy kept out. Otherwise as recorded. */
  readonly ideal: boolean;
  readonly signal: AbortSignal;
}

export interface VerifyReport {
  readonly verify: 1;
  readonly assets: readonly AssetVerification[];
}

export interface AssetVerification {
  readonly asset: AssetName;
  /** null: nothing is published, and nothing was compared. */
  readonly version: VersionId | null;
  readonly partitions: number;
  readonly differences: readonly {
    readonly partition: PartitionKey;
    readonly what: /** A part file is gone or its bytes are not those that were published. */
      | "part-damaged"
      /** The rows are not those that the log or the inputs give. */
      | "rows-differ";
    readonly message: string;
    readonly missing: number;
    readonly unexpected: number;
    readonly examples: readonly { readonly side: "missing" | "unexpected"; readonly row: Readonly<Record<string, string | null>> }[];
  }[];
}

export interface CheckReport {
  readonly check: 1;
  readonly assets: readonly AssetChecks[];
}

export interface AssetChecks {
  readonly asset: AssetName;
  /** null: nothing is published, and nothing was asked. */
  readonly version: VersionId | null;
  readonly rows: number;
  readonly checks: readonly CheckOutcome[];
}

export interface TestReport {
  readonly test: 1;
  /** How long all took; several are tried side by side. */
  readonly seconds: number;
  readonly tests: readonly TestOutcome[];
}

export interface TestOutcome {
  readonly asset: AssetName;
  readonly test: string;
  /** Where it is declared, 1-based. */
  readonly at: Origin;
  readonly passed: boolean;
  /** Why there are no rows to compare; null: there are. */
  readonly problem: string | null;
  /** Rows expected, and rows there. */
  readonly expected: number;
  readonly rows: number;
  /** What was compared. */
  readonly columns: readonly string[];
  /** Expected, and not there; there, and not expected: counted, and a few of them as texts in the order of `columns`. */
  readonly missing: RowBag;
  readonly unexpected: RowBag;
  /** Given rows and files that were refused. */
  readonly refused: readonly { readonly file: string; readonly rows: number | null; readonly reason: string }[];
  readonly seconds: number;
}

export interface LateReport {
  readonly late: 1;
  /** Newest first. */
  readonly arrivals: readonly {
    readonly run: RunId;
    readonly asset: AssetName;
    readonly file: LateFile;
    /** What the same run rebuilt downstream of the asset. */
    readonly rebuilt: readonly { readonly asset: AssetName; readonly partitions: readonly PartitionKey[] }[];
  }[];
  /** With this much lateness allowed, so many of these rows would have been too late. */
  readonly counterfactuals: readonly { readonly allow_ms: number; readonly rows: number; readonly files: number }[];
}

export interface QuarantineReport {
  readonly quarantine: 1;
  readonly items: readonly {
    readonly asset: AssetName;
    readonly run: RunId;
    readonly file: string;
    /** null: the whole file. */
    readonly rows: number | null;
    readonly reason: string;
    /** Below the store. */
    readonly path: string;
  }[];
}

export interface RunOptions extends Wishes {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** How long to wait for assets that another run holds, altogether; Infinity: until they are free; absent: not at all. */
  readonly waitMs?: number;
}

/** What is asked for beyond taking what has landed and following it. */
export interface Wishes {
  /** Fold the selected ingested assets anew from their log. */
  readonly replay?: boolean;
  /** New deliveries are restatements: not judged for lateness. */
  readonly backfill?: boolean;
  /** Only what is selected, not what that needs. */
  readonly only?: boolean;
  /** Build the selected derived assets whole. */
  readonly fullRefresh?: boolean;
  /** Build these partitions of the selected derived assets, whatever changed: values of their first partition field, both included. */
  readonly partitions?: { readonly from: string; readonly to: string };
}

export interface StatusReport {
  readonly status: 1;
  readonly assets: readonly AssetStatus[];
}

export interface AssetStatus {
  readonly asset: AssetName;
  readonly kind: "ingested" | "derived";
  readonly version: VersionId | null;
  readonly published_at: string | null;
  readonly rows: number;
  readonly partitions: number;
  readonly watermark: string | null;
  /** Partitions that the watermark has not passed, lateness allowed, and those it has; null without event time or time partitions. */
  readonly finality: { readonly provisional: number; readonly final: number } | null;
  /** Files in landing that the next run would take, and those still being written. */
  readonly pending: { readonly files: number; readonly settling: number };
  /** Files and rows waiting in quarantine. */
  readonly refused: { readonly files: number; readonly rows: number };
  /** For derived assets: inputs have newer versions than the ones it was built from. */
  readonly stale: boolean;
}

export interface ShowReport {
  readonly show: 1;
  /** With every default explicit. */
  readonly asset: Asset;
  readonly inputs: readonly AssetName[];
  readonly readBy: readonly AssetName[];
  /** Newest first. */
  readonly versions: readonly {
    readonly version: VersionId;
    readonly published_at: string;
    readonly rows: number;
    readonly partitions: number;
    readonly reason: string;
  }[];
  /** How the CSV files that count were found to be written, the most frequent way first; `last` is one of them. */
  readonly dialects: readonly { readonly dialect: FoundDialect; readonly files: number; readonly last: string }[];
}
