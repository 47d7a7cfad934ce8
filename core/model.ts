/**
 * The nouns: what passes through the doors between the rooms. Data only, JSON-safe, nothing optional:
 * an `Asset` has every default explicit, so nothing downstream handles a missing one.
 */

type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Name of a data asset; also its folder: `[a-z][a-z0-9_]*`. */
export type AssetName = Brand<string, "AssetName">;
/** One execution; `YYYYMMDDTHHMMSSmmmZ-xxxx`, sorts by time (UTC). */
export type RunId = Brand<string, "RunId">;
/** One published state of an asset: named by the run that published it. */
export type VersionId = RunId;
/** SHA-256 of a file's bytes, 64 hex digits. */
export type ContentHash = Brand<string, "ContentHash">;
/** Hive path of a partition below its version, e.g. `at_month=2020-03/region=Lazio`; `""` where unpartitioned. */
export type PartitionKey = Brand<string, "PartitionKey">;
/** Arrival number of a delivery within its asset, from 1; what `_delivery` holds in a row. */
export type DeliverySeq = Brand<number, "DeliverySeq">;
/** Hash over what decides an asset's rows (not its description, owner or tags). */
export type Fingerprint = Brand<string, "Fingerprint">;

export interface Column {
  readonly name: string;
  /** DuckDB type in its canonical spelling, e.g. `DECIMAL(10,2)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Whether files may lack it: their rows have NULL there. */
  readonly optional: boolean;
  /** Other names under which files may carry this column. */
  readonly aliases: readonly string[];
  /** strptime patterns, tried in order, for DATE and TIMESTAMP types; empty: ISO 8601. */
  readonly formats: readonly string[];
  /** IANA zone in which text without an offset is read. */
  readonly zone: string;
  /** Strip blanks around the text before it is read. */
  readonly trim: boolean;
  /** Texts that mean NULL, beside the file's own `nulls`. */
  readonly nulls: readonly string[];
  /** What stands before the fraction of a number in a CSV file. */
  readonly decimal: string;
  /** What may stand between groups of three digits in a CSV file; null: nothing. */
  readonly thousands: string | null;
  readonly description: string | null;
}

/** A column as a contract or an engine states it. */
export interface ColumnType {
  readonly name: string;
  readonly type: string;
}

/** Named as Iceberg names its partition transforms. */
export type Transform = "identity" | "year" | "month" | "day" | "hour" | "bucket" | "truncate";

export interface PartitionField {
  readonly transform: Transform;
  readonly column: string;
  /** Number of buckets or width; null for the other transforms. */
  readonly argument: number | null;
  /** Name of the folder level, e.g. `data_month`; the column's own name for `identity`. */
  readonly name: string;
}

export interface OrderTerm {
  readonly column: string;
  readonly direction: "asc" | "desc";
}

export type Strategy = "append" | "upsert" | "replace_partitions" | "replace";
export type Format = "csv" | "json" | "ndjson" | "parquet";

export interface CsvDialect {
  readonly delimiter: string | "auto";
  readonly quote: string | "auto";
  readonly escape: string | "auto";
  readonly encoding: "auto" | "utf-8" | "utf-16" | "latin-1" | "windows-1252";
  readonly header: boolean;
  readonly nulls: readonly string[];
  /** Lines to skip before the header. */
  readonly skip: number;
}

/** When a landed file may be taken. Durations in milliseconds. */
export type Completeness = { readonly kind: "stable"; readonly stableForMs: number } | { readonly kind: "marker"; readonly marker: string };

export interface Ingest {
  /** Glob below `ingest/landing/<asset>`. */
  readonly files: string;
  /** Regular expression; files of equal captures are one snapshot. */
  readonly set: string | null;
  /** null: by each file's extension. */
  readonly format: Format | null;
  readonly csv: CsvDialect;
  readonly complete: Completeness;
  readonly strategy: Strategy;
  readonly orderBy: readonly OrderTerm[];
  /** SQL condition over the declared columns; rows that satisfy it delete their key. */
  readonly deleteWhen: string | null;
  readonly onRevision: "supersede" | "merge" | "reject";
  readonly onDuplicate: "skip" | "accept";
  readonly onBadRow: "quarantine" | "reject_file" | "fail";
  /** Above it the whole file is refused; null: no limit. */
  readonly maxBadRows: { readonly kind: "count" | "percent"; readonly value: number } | null;
  readonly onNewColumn: "ignore" | "warn" | "fail";
  readonly onMissingColumn: "ignore" | "warn" | "fail";
  /** Whether a `replace` delivery without rows may empty the asset. */
  readonly allowEmpty: boolean;
}

/** Durations in milliseconds; null `allowMs`: any lateness is accepted. */
export interface Lateness {
  readonly delayMs: number;
  readonly allowMs: number | null;
  readonly tooLate: "accept" | "quarantine" | "drop" | "fail";
  readonly maxFutureSkewMs: number | null;
}

export type CheckRule =
  | { readonly rule: "not_null"; readonly columns: readonly string[] }
  | { readonly rule: "unique"; readonly columns: readonly string[] }
  | { readonly rule: "accepted_values"; readonly column: string; readonly values: readonly (string | number | boolean)[] }
  | { readonly rule: "range"; readonly column: string; readonly min: string | number | null; readonly max: string | number | null }
  | { readonly rule: "matches"; readonly column: string; readonly pattern: string }
  /** What `columns` hold, `fields` of the asset `to` hold, too, in this order; NULL in any of them asks for nothing. */
  | {
      readonly rule: "relationships";
      readonly columns: readonly string[];
      readonly to: AssetName;
      readonly fields: readonly string[];
    }
  | { readonly rule: "row_count"; readonly min: number | null; readonly max: number | null }
  /** The newest value of a column is no older than that at the run's time. */
  | { readonly rule: "freshness"; readonly column: string; readonly maxAgeMs: number }
  | { readonly rule: "expression"; readonly expression: string }
  | { readonly rule: "sql"; readonly sql: string };

export type Check = CheckRule & {
  /** Unique within the asset; given, or derived from rule and columns, e.g. `unique(data, codice_regione)`. */
  readonly name: string;
  readonly severity: "error" | "warn";
  /** SQL condition that restricts the rows looked at. */
  readonly where: string | null;
  /** Beyond these limits failing rows are an error, or a warning; null: never. */
  readonly errorIf: Limit | null;
  readonly warnIf: Limit | null;
  /** Other assets that it reads, each once, sorted. */
  readonly inputs: readonly AssetName[];
  /** Whether it judges each row by that row (and by what its `inputs` hold): then rows that did not change need not be looked at again. */
  readonly rowByRow: boolean;
  /** Over what decides which rows fail it; not its name, severity or limits. */
  readonly fingerprint: Fingerprint;
};

/** More (or as many and more) failing rows than a number, or than a share of the rows looked at. */
export interface Limit {
  readonly operator: ">" | ">=";
  readonly value: number;
  readonly unit: "rows" | "percent";
}

/** What must come out of an asset for what is given, tried in a store of its own: `flow test`. */
export interface AssetTest {
  readonly name: string;
  /** When it is, as an ISO instant, until a run says otherwise; null: now. */
  readonly at: string | null;
  readonly given: /** Rows of each input of a derived asset; of those left out none. */
    | { readonly kind: "inputs"; readonly inputs: readonly { readonly asset: AssetName; readonly content: TestContent }[] }
    /** What arrives at an ingested asset. */
    | { readonly kind: "runs"; readonly runs: readonly TestRun[] };
  /** All rows of the asset afterwards, in any order, by the columns that they name. */
  readonly expect: readonly TestRow[];
  readonly origin: Origin;
}

/** Files that land together and are taken by one run; or a withdrawal. */
export interface TestRun {
  readonly at: string | null;
  readonly withdraw: string | null;
  readonly files: readonly { readonly file: string; readonly content: TestContent }[];
}

export type TestContent =
  /** As it stands in the file. */
  { readonly kind: "text"; readonly text: string } | { readonly kind: "rows"; readonly rows: readonly TestRow[] };

/** By column. */
export type TestRow = Readonly<Record<string, TestValue>>;

/** As it was written; lists and mappings as JSON. */
export type TestValue = string | null | { readonly json: string };

/** What `flow gc` keeps; null: all, for ever. Durations in milliseconds. */
export interface Retain {
  readonly versions: number | null;
  /** Raw files in `ingest/archive`. */
  readonly rawMs: number | null;
  /** Refused files and rows. */
  readonly quarantineMs: number | null;
}

/** Where the words of a declaration stand; the key is a path such as `/columns/amount/type`. */
export interface Origin {
  /** Project-relative, with `/`. */
  readonly file: string;
  /** 1-based position of the asset's own name (or of the file's start). */
  readonly line: number;
  readonly column: number;
}

interface AssetBase {
  readonly name: AssetName;
  readonly description: string | null;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly key: readonly string[];
  readonly partitionBy: readonly PartitionField[];
  readonly eventTime: string | null;
  readonly checks: readonly Check[];
  readonly tests: readonly AssetTest[];
  /** Whether each version keeps what it did to the rows of the one before. */
  readonly changelog: boolean;
  readonly retain: Retain;
  readonly origin: Origin;
}

export interface IngestedAsset extends AssetBase {
  readonly kind: "ingested";
  readonly columns: readonly Column[];
  readonly ingest: Ingest;
  readonly lateness: Lateness | null;
  readonly fingerprint: Fingerprint;
}

/** How a derived asset follows its inputs. */
export type Incremental =
  /** As much as can be proven from its SQL. */
  | { readonly kind: "auto" }
  | { readonly kind: "full" }
  /** The author knows: a row reaches its own partition and those that begin up to so many milliseconds later. */
  | { readonly kind: "lookback"; readonly ms: number }
  /** The author knows: a row reaches its own partition and all later ones. */
  | { readonly kind: "cumulative" };

/** The parameter that every SELECT may name without declaring it: the instant at which the run started. */
export const runTime = "run_time";

export interface DerivedAsset extends AssetBase {
  readonly kind: "derived";
  readonly incremental: Incremental;
  /** One SELECT, as the author wrote it, `:name` parameters unresolved. */
  readonly sql: string;
  /** Where `sql` stands: offsets in messages from the engine are relative to it. */
  readonly sqlOrigin: Origin;
  /** Project variables the SQL names as `:name`, with their values. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Whether the SQL names `:run_time`: then it is always built whole, so that all its rows tell the same moment. */
  readonly usesRunTime: boolean;
  /** Assets the SQL reads, each once, sorted. */
  readonly inputs: readonly AssetName[];
  /** Declared contract; empty: whatever the SQL yields. */
  readonly columns: readonly ColumnType[];
  readonly fingerprint: Fingerprint;
}

export type Asset = IngestedAsset | DerivedAsset;

/** All assets of a project, every reference resolved, in an order in which inputs come first. */
export interface Catalog {
  readonly project: Project;
  readonly assets: readonly Asset[];
}

/** `flow.yaml`, resolved for one profile. */
export interface Project {
  readonly name: string;
  /** Absolute path of the folder that holds `flow.yaml`. */
  readonly root: string;
  /** Absolute path of the store. */
  readonly store: string;
  readonly timezone: string;
  readonly vars: Readonly<Record<string, string | number | boolean>>;
  /** DuckDB's threads; null: as many as there are cores. */
  readonly threads: number | null;
  /** DuckDB's memory limit, e.g. `4GB`; null: DuckDB's own default. */
  readonly memoryLimit: string | null;
  /** Absolute folders outside the store that SQL may read. */
  readonly allowPaths: readonly string[];
}

/** For the `default` of a switch over a union: leaving a case out does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
