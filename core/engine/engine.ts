import type { Padding } from "../csv/dialect.js";
import type { Encoding } from "../csv/encoding.js";
import type {
  Check,
  Column,
  ColumnType,
  DeliverySeq,
  Format,
  Lateness,
  OrderTerm,
  PartitionField,
  PartitionKey,
  Strategy,
  TestRow,
  TestValue,
} from "../model.js";
import type { Affected } from "./affected.js";

/**
 * SQL behind one interface. Operators ask for named things; how they are said in SQL is the engine's matter alone.
 */
export interface SqlParser {
  /** Parses without running or binding; one answer per text, in order. */
  parse(texts: readonly string[]): Promise<readonly ParsedSelect[]>;
}

export type ParsedSelect =
  | {
      readonly ok: true;
      /** Every table the SELECT reads (names of CTEs in scope excluded), each mention, in order of appearance. */
      readonly tables: readonly TableMention[];
      /** The parsed form without places: equal for texts that differ in formatting and comments alone. */
      readonly canonical: string;
      /** Names used as `:name` or `$name`, each once. */
      readonly parameters: readonly string[];
      /** Why the same inputs may yield other rows another time; in order of appearance. */
      readonly doubts: readonly Doubt[];
    }
  | {
      readonly ok: false;
      readonly message: string;
      /** Character offset into the text; null where the engine gives none. */
      readonly offset: number | null;
    };

export interface Doubt {
  readonly kind: DoubtKind;
  /** The construct as a person would name it: `now()`, `first(…)`, `limit`. */
  readonly what: string;
  /** Character offset into the text; null where the engine gives none. */
  readonly offset: number | null;
}

export type DoubtKind =
  /** The time of day, or the day. */
  | "clock"
  /** Another value at every call. */
  | "random"
  /** An aggregate or a window that depends on the order of its rows, and is given none. */
  | "aggregate"
  | "window"
  /** Some of the rows, which are in no order, or in one that may leave several equal. */
  | "limit"
  | "limit-ties"
  | "distinct-on"
  | "sample";

export interface TableMention {
  readonly name: string;
  /** Schema or catalog written before the name; null where there is none. */
  readonly schema: string | null;
  /** Character offset of the mention in the text; null where the engine gives none. */
  readonly offset: number | null;
}

/** A result as a person or a file sees it: values as texts, NULL as null. */
export interface Table {
  readonly columns: readonly ColumnType[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Trouble that the engine reports about SQL that a user wrote. */
export class SqlError extends Error {
  /** Character offset into the user's text; null where unknown. */
  readonly offset: number | null;
  /** `binder`, `conversion`, `io` …: the engine's own word for the kind of trouble, in lower case. */
  readonly kind: string;
  /** Names the engine thinks could be meant. */
  readonly candidates: readonly string[];
  constructor(kind: string, message: string, offset: number | null, candidates: readonly string[]) {
    super(message);
    this.name = "SqlError";
    this.kind = kind;
    this.offset = offset;
    this.candidates = candidates;
  }
}

export interface Engine extends SqlParser, AsyncDisposable {
  /** e.g. `v1.5.6`; content hashes compare within one version only. */
  readonly version: string;
  /** Answers in order; for each question one answer an input. */
  reach(questions: readonly ReachQuestion[]): Promise<readonly (readonly InputReach[])[]>;
  /** A workspace of its own: what one session stages or folds, no other sees. */
  session(): Promise<Session>;
}

/** Which rows of its inputs can an output partition of a derived asset depend on? */
export interface ReachQuestion {
  readonly sql: string;
  readonly parameters: Parameters;
  readonly inputs: readonly TableShape[];
  readonly partitionBy: readonly PartitionField[];
  /** Its output columns. */
  readonly columns: readonly ColumnType[];
}

/**
 * `aligned`: for some of the output's partition fields (by their place), an output partition depends only on those rows of the
 * input for which one of the keys, SQL over the input's columns, has the field's value. `all`: nothing of the kind is provable.
 */
export type InputReach =
  | {
      readonly input: string;
      readonly kind: "aligned";
      readonly fields: readonly { readonly at: number; readonly keys: readonly ReachKey[] }[];
    }
  | { readonly input: string; readonly kind: "all"; readonly why: string };

export interface ReachKey {
  /** Over one column of the input. */
  readonly sql: string;
  readonly column: string;
  /** Whether a later value of the column never has an earlier key: then the edges of a part tell whether it can contribute. */
  readonly monotone: boolean;
}

export interface EngineOptions {
  /** Folders that SQL and operators may read; the store comes first. */
  readonly allowedFolders: readonly string[];
  readonly spillFolder: string | null;
  readonly threads: number | null;
  readonly memoryLimit: string | null;
}

export interface Session extends AsyncDisposable {
  /** Parses and types deliveries into `into`; what they hold is added to this session's staged rows. */
  stage(request: StageRequest): Promise<StageResult>;
  /** Writes the staged rows that were refused as `rows.parquet` and `rows.csv` below `into`; says how many. */
  exportRefused(into: string, exclude: readonly DeliverySeq[]): Promise<number>;
  /** Folds the staged rows into the base; writes the touched partitions below `into`. */
  fold(request: FoldRequest): Promise<FoldResult>;
  /** Runs a derived asset's SELECT and writes the partitions that differ from the base below `into`. */
  transform(request: TransformRequest): Promise<TransformResult>;
  /** Paths of the output partitions that the rows which differ between two states of an input can reach. */
  affected(question: AffectedQuestion): Promise<readonly string[]>;
  /** The partitions from those of changed rows on; null where a changed row has no time. */
  following(question: FollowingQuestion): Promise<Affected | null>;
  /** Rows that fail each check, in order. */
  check(request: CheckRequest): Promise<readonly CheckResult[]>;
  /** Whether a check can be asked of a table of these columns; throws `SqlError` where not. */
  describeCheck(check: Check, subject: TableShape, inputs: readonly TableShape[]): Promise<void>;
  /**
   * How many rows of an input reach each value of the output's first field, in the order of the values; NULL is left out. Null where
   * nothing is provable, or where a few of the values would still need the whole input read.
   */
  spread(question: SpreadQuestion): Promise<readonly { readonly value: string; readonly rows: number }[] | null>;
  /** The first lines of a text file, unpacked where its name says that it is packed. */
  readHead(path: string): Promise<string>;
  /** What `exportRefused` wrote of one file. */
  readRefused(path: string, file: string): Promise<Table>;
  /** Rows that only one of two sets of part files has, counted and a few of them shown. */
  compare(request: CompareRequest): Promise<Comparison>;
  /** Compares a table with the rows a test expects. */
  compareRows(request: RowsRequest): Promise<RowsComparison>;
  /** For each value of a test whether it is one of its type. */
  fitting(values: readonly { readonly value: TestValue; readonly type: string }[]): Promise<readonly boolean[]>;
  /** Rows of a table, singled out, with where they came from. */
  trace(request: TraceRequest): Promise<Traced>;
  /** What became of the rows between two states. */
  changes(request: ChangesRequest): Promise<RowChanges>;
  /** The names of a file's fields, found by looking at it alone; `isWide`: its text is UTF-16. */
  fieldsOf(path: string, format: Format, isWide: boolean): Promise<FileFields>;
  /** The first rows of a file that names its fields, as texts. */
  firstRows(path: string, format: Exclude<Format, "csv">, rows: number): Promise<Table>;
  /** For each question the texts that a run would refuse, by their place. */
  refusedTexts(questions: readonly TextsQuestion[]): Promise<readonly ReadonlySet<number>[]>;
  /** What the staged rows are, and would be under other declarations of their columns. */
  profile(request: ProfileRequest): Promise<readonly ColumnProfile[]>;
  /** Whether no two staged rows have the same values in these columns, and none has NULL there. */
  areUnique(columns: readonly string[]): Promise<boolean>;
  /** One SELECT of a user over these tables. */
  query(sql: string, tables: readonly ReadyTable[]): Promise<Table>;
  /** Output columns of a SELECT over empty tables of these types. */
  describe(sql: string, parameters: Parameters, tables: readonly TableShape[]): Promise<readonly ColumnType[]>;
  /** Whether a condition can be asked of a table's rows, where it may read others, too; throws `SqlError` where not. */
  describeCondition(condition: string, table: TableShape, others?: readonly TableShape[]): Promise<void>;
  /** Stops what runs now; it rejects. */
  interrupt(): void;
}

export type Parameters = Readonly<Record<string, ParameterValue>>;

/** `instant`: a moment, as `2026-01-03 10:00:00+00`; a TIMESTAMPTZ to SQL. */
export type ParameterValue = string | number | boolean | { readonly instant: string };

export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnType[];
}

/** One version of an asset as readers see it: its declared columns over these part files. */
export interface ReadyTable extends TableShape {
  readonly partitionBy: readonly PartitionField[];
  /** Absolute paths of visible parts. */
  readonly files: readonly string[];
}

export interface StageRequest {
  readonly columns: readonly Column[];
  readonly partitionBy: readonly PartitionField[];
  readonly eventTime: string | null;
  readonly lateness: Lateness | null;
  readonly orderBy: readonly OrderTerm[];
  readonly deleteWhen: string | null;
  readonly files: readonly FileToStage[];
  /** Folder for the typed rows; it exists and is empty. */
  readonly into: string;
}

export interface FileToStage {
  readonly seq: DeliverySeq;
  /** What `_file` says: the path below landing. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  /** How the file's fields map to columns; CSV only. */
  readonly csv: CsvLayout | null;
  /** Records below the header of a CSV file that is proven plain; null: it has to be read with care. */
  readonly records: number | null;
  /** Watermark to judge its rows against; null: not judged. */
  readonly judgeAgainst: string | null;
  /** Instant (ISO) beyond which event times are refused; null: no limit. */
  readonly notAfter: string | null;
}

export interface CsvLayout {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly encoding: Encoding;
  /** Whether some of its bytes are no text in this encoding. */
  readonly damaged: boolean;
  readonly header: boolean;
  /** The header's cells; null without one. */
  readonly names: readonly string[] | null;
  /** Line of the first row. */
  readonly firstLine: number;
  readonly nulls: readonly string[];
  /** For each field of the file the column it feeds; null: none. */
  readonly fields: readonly (string | null)[];
  /** Whether the quote was found out and not declared. */
  readonly quoteGuessed: boolean;
  /** Whether two backslashes in quotes could stand for one. */
  readonly escapeUnclear: boolean;
  /** Blanks around its fields that are none of their own. */
  readonly padding: Padding | null;
  /** Whether the first row belongs to the header. */
  readonly headerGoesOn: boolean;
}

export interface StageResult {
  readonly files: readonly StagedFile[];
}

export interface StagedFile {
  readonly seq: DeliverySeq;
  /** Why the whole file cannot be read; its rows are not staged. */
  readonly unreadable: string | null;
  readonly read: number;
  readonly refused: number;
  readonly refusals: readonly { readonly reason: string; readonly rows: number; readonly example: string }[];
  /** Declared columns the file does not have, and fields it has beyond them (formats that name their fields). */
  readonly drift: { readonly added: readonly string[]; readonly missing: readonly string[] };
  /** Rows kept out by the lateness policy. */
  readonly keptOut: number;
  readonly late: LateRows;
  /** Of the rows taken. */
  readonly eventTime: { readonly min: string; readonly max: string } | null;
}

export interface LateRows {
  readonly merged: number;
  readonly tooLate: number;
  /** Seconds behind the watermark, of both kinds. */
  readonly behind: { readonly p50: number; readonly p95: number; readonly max: number } | null;
  /** Late rows by the partition they belong to, `behind` cut to whole minutes: enough to ask what a smaller `allow` would have done. */
  readonly partitions: readonly { readonly partition: PartitionKey; readonly rows: number; readonly behind: number }[];
}

export interface BasePartition {
  readonly partition: PartitionKey;
  /** Absolute paths. */
  readonly parts: readonly string[];
  readonly shadow: readonly string[];
  readonly rows: number;
  readonly contentHash: string;
}

export interface FoldRequest {
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly orderBy: readonly OrderTerm[];
  readonly partitionBy: readonly PartitionField[];
  readonly eventTime: string | null;
  readonly strategy: Strategy;
  /** Staged deliveries to leave out: their files were refused. */
  readonly exclude: readonly DeliverySeq[];
  readonly base: readonly BasePartition[];
  /** Deliveries whose contributions are taken out, and where those lie. */
  readonly remove: readonly DeliverySeq[];
  readonly removeFrom: readonly PartitionKey[];
  /** Deliveries staged again from the archive: they compete, but are not of this run. */
  readonly restaged: readonly DeliverySeq[];
  /** For the replacing strategies: which deliveries form one snapshot, and how the snapshots rank by arrival. */
  readonly snapshots: readonly { readonly seq: DeliverySeq; readonly snapshot: number }[];
  /** Empty existing folder; files appear below it under the names the result gives. */
  readonly into: string;
}

export interface FoldResult {
  readonly partitions: readonly FoldedPartition[];
  readonly deliveries: readonly FoldedDelivery[];
}

/** A touched partition. `visible` or `shadow` null: as it was. */
export interface FoldedPartition {
  readonly partition: PartitionKey;
  readonly rows: number;
  readonly contentHash: string;
  readonly eventTime: { readonly min: string; readonly max: string } | null;
  readonly visible: readonly WrittenFile[] | null;
  readonly shadow: readonly WrittenFile[] | null;
}

export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  readonly rows: number;
}

export interface FoldedDelivery {
  readonly seq: DeliverySeq;
  readonly merged: number;
  readonly superseded: number;
  readonly duplicates: number;
  readonly deleted: number;
  readonly partitions: readonly { readonly partition: PartitionKey; readonly rows: number }[];
}

export interface TransformRequest {
  readonly sql: string;
  readonly parameters: Parameters;
  readonly inputs: readonly ReadyTable[];
  readonly key: readonly string[];
  readonly partitionBy: readonly PartitionField[];
  readonly eventTime: string | null;
  readonly base: readonly BasePartition[];
  /** Build only these partitions; null: all. */
  readonly only: Affected | null;
  /** What is provable of each input; with `only`, rows that cannot reach those partitions are not read. */
  readonly reach: readonly InputReach[];
  /** What the author knows of each input; with `only`, rows outside of it are not read. */
  readonly windows: readonly InputWindow[];
  readonly into: string;
}

/** A row of the input reaches its own partition and those that begin up to so much later. */
export interface InputWindow {
  readonly input: string;
  /** The input's column that tells when. */
  readonly column: string;
  readonly lookbackMs: number;
}

/** How the rows of an input spread over the first partition field of the output they reach. */
export interface SpreadQuestion {
  readonly input: ReadyTable;
  readonly partitionBy: readonly PartitionField[];
  readonly reach: InputReach;
}

export interface AffectedQuestion {
  readonly input: ReadyTable;
  /** Part files of the partitions that changed, as they were and as they are. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly partitionBy: readonly PartitionField[];
  readonly fields: readonly number[];
  readonly reach: Extract<InputReach, { kind: "aligned" }>;
}

export interface FollowingQuestion {
  readonly input: ReadyTable;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The input's column that tells when. */
  readonly column: string;
  /** The output's first partition field: an interval of time. */
  readonly field: PartitionField;
  /** null: all that follow. */
  readonly lookbackMs: number | null;
}

export interface TransformResult {
  readonly columns: readonly ColumnType[];
  /** All partitions; `visible` null: equal to the base's. */
  readonly partitions: readonly FoldedPartition[];
}

export interface CompareRequest {
  readonly columns: readonly ColumnType[];
  readonly partitionBy: readonly PartitionField[];
  /** Columns that tell a person which row is meant; empty: all. */
  readonly key: readonly string[];
  /** Absolute paths of part files. */
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

export interface TraceRequest {
  readonly table: ReadyTable;
  /** SQL condition over its columns; null: none. */
  readonly where: string | null;
  /** Each must have the value in one of the keys, SQL over the table's columns. */
  readonly matches: readonly { readonly keys: readonly string[]; readonly type: string; readonly value: string | null }[];
  readonly limit: number;
  /** Whether its rows came from files: then the columns `_delivery`, `_file` and `_line` come with them. */
  readonly landed: boolean;
}

export interface Traced {
  /** How many there are in all. */
  readonly rows: number;
  readonly table: Table;
}

export interface ChangesRequest {
  /** Columns that both states have, with the type they are compared in. */
  readonly columns: readonly ColumnType[];
  /** Empty: rows have none, and only leave and come. */
  readonly key: readonly string[];
  readonly before: Pick<ReadyTable, "columns" | "partitionBy" | "files">;
  readonly after: Pick<ReadyTable, "columns" | "partitionBy" | "files">;
  /** How many rows are given; null: all. */
  readonly limit: number | null;
  /** Where all of them are written as Parquet; null: nowhere. */
  readonly into: string | null;
}

export interface RowChanges {
  readonly inserted: number;
  readonly deleted: number;
  readonly updated: number;
  /** `_op` (`insert`, `delete`, `update_before`, `update_after`), then the columns; by key, what was before what is. */
  readonly rows: Table;
}

export interface Comparison {
  /** Expected rows that are not there. */
  readonly missing: number;
  /** Rows that are there and should not be. */
  readonly unexpected: number;
  readonly examples: readonly { readonly side: "missing" | "unexpected"; readonly row: Readonly<Record<string, string | null>> }[];
}

export interface RowsRequest {
  readonly actual: ReadyTable;
  /** What is compared: some of its columns. */
  readonly columns: readonly ColumnType[];
  readonly expected: readonly TestRow[];
}

export interface RowsComparison {
  /** Rows there are. */
  readonly rows: number;
  /** Expected, and not there. */
  readonly missing: RowBag;
  /** There, and not expected. */
  readonly unexpected: RowBag;
}

/** Counted, and a few of them as texts, in the order of the columns. */
export interface RowBag {
  readonly count: number;
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface CheckRequest {
  /** What is looked at: all part files, or some. */
  readonly subject: ReadyTable;
  readonly checks: readonly Check[];
  /** Other tables that the checks read. */
  readonly inputs: readonly ReadyTable[];
  /** The time, in milliseconds, that `freshness` counts from. */
  readonly at: number;
  /** Zones in which timestamps without one are meant, by column; UTC where none is given. */
  readonly zones: Readonly<Record<string, string>>;
  /** For each check where failing rows are kept, as `<name>.parquet` and `<name>.csv`; null: they are not. */
  readonly keep: readonly { readonly folder: string; readonly name: string }[] | null;
}

export interface CheckResult {
  readonly failures: number;
  /** Of a check that judges row by row: where they are. */
  readonly byPartition: readonly { readonly partition: string; readonly rows: number }[];
  /** Rows looked at, where some fail and a share of them is asked for. */
  readonly rows: number | null;
  /** A few of the failing rows. */
  readonly examples: readonly Readonly<Record<string, string | null>>[];
  /** How many were kept; null: none. */
  readonly kept: number | null;
  /** Why its SQL broke on a value; null: it did not. */
  readonly problem: string | null;
}

/** What a file says of its fields without a declaration. */
export interface FileFields {
  readonly names: readonly string[];
  /** The file's own types, in the order of the names; null: it has texts. */
  readonly types: readonly (string | null)[];
  /** CSV only. */
  readonly csv: { readonly header: boolean; readonly skip: number; readonly encoding: "utf-8" | "utf-16" | "latin-1" } | null;
}

/** Texts, and how they are declared. */
export interface TextsQuestion {
  readonly column: Column;
  readonly texts: readonly string[];
}

export interface ProfileRequest {
  readonly columns: readonly {
    readonly name: string;
    /** How the column's texts could be declared. */
    readonly readings: readonly ColumnReading[];
    /** Texts, in lower case and without blanks around them, that may mean NULL. */
    readonly words: readonly string[];
  }[];
}

export interface ColumnReading {
  readonly column: Column;
  /** Regular expression that every text has to match as a whole, beside being of the type; null: none. */
  readonly shape: string | null;
}

export interface ColumnProfile {
  readonly name: string;
  readonly rows: number;
  /** Rows that are not NULL. */
  readonly filled: number;
  readonly distinct: number;
  /** As texts; null where all are NULL. */
  readonly min: string | null;
  readonly max: string | null;
  /** In the order of the question. */
  readonly readings: readonly {
    /** Texts that do not fit and are none of the words, and one of them. */
    readonly refused: number;
    readonly example: string | null;
  }[];
  /** Those of the words that are there, as they are spelt. */
  readonly words: readonly string[];
  /** Some of its texts, each once. */
  readonly sample: readonly string[];
}
