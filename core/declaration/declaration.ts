import type { CsvDialect } from "../model.js";

/**
 * What a declaration looks like once its shape is valid: `schemas/*.json` as types, names as the user writes them.
 * Everything is optional here; defaults and references come with resolving.
 */
export interface AssetDeclaration {
  readonly asset?: string;
  readonly type?: "ingested" | "derived";
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: readonly string[];
  readonly ingest?: IngestDeclaration;
  readonly sql?: string;
  readonly incremental?: "auto" | "full" | { readonly lookback: string } | { readonly cumulative: string };
  readonly columns?: Readonly<Record<string, string | ColumnDeclaration>>;
  readonly key?: OneOrMore;
  readonly partition_by?: OneOrMore;
  readonly event_time?: string;
  readonly lateness?: LatenessDeclaration;
  readonly checks?: readonly CheckDeclaration[];
  readonly tests?: readonly TestDeclaration[];
  readonly changelog?: boolean;
  readonly retain?: RetainDeclaration;
}

export type OneOrMore = string | readonly string[];

export interface IngestDeclaration {
  readonly files?: string;
  readonly set?: string;
  readonly format?: "csv" | "json" | "ndjson" | "parquet";
  readonly csv?: CsvDeclaration;
  readonly complete?: { readonly stable_for?: string; readonly marker?: string };
  readonly strategy?: "append" | "upsert" | "replace_partitions" | "replace";
  readonly order_by?: OneOrMore;
  readonly delete_when?: string;
  readonly on_revision?: "supersede" | "merge" | "reject";
  readonly on_duplicate?: "skip" | "accept";
  readonly on_bad_row?: "quarantine" | "reject_file" | "fail";
  readonly max_bad_rows?: number | string;
  readonly on_new_column?: "ignore" | "warn" | "fail";
  readonly on_missing_column?: "ignore" | "warn" | "fail";
  readonly allow_empty?: boolean;
}

export interface CsvDeclaration {
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly encoding?: CsvDialect["encoding"];
  readonly header?: boolean;
  readonly nulls?: readonly string[];
  readonly decimal?: string;
  readonly thousands?: string;
  readonly skip?: number;
}

export interface ColumnDeclaration {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly optional?: boolean;
  readonly aliases?: readonly string[];
  readonly formats?: readonly string[];
  readonly zone?: string;
  readonly trim?: boolean;
  readonly nulls?: readonly string[];
  readonly decimal?: string;
  readonly thousands?: string;
  readonly description?: string;
}

export interface LatenessDeclaration {
  readonly delay?: string;
  readonly allow?: string;
  readonly too_late?: "accept" | "quarantine" | "drop" | "fail";
  readonly max_future_skew?: string;
}

export interface CheckDeclaration {
  readonly not_null?: OneOrMore;
  readonly unique?: OneOrMore;
  readonly accepted_values?: { readonly column?: string; readonly values?: readonly (string | number | boolean)[] };
  readonly range?: { readonly column?: string; readonly min?: string | number; readonly max?: string | number };
  readonly matches?: { readonly column?: string; readonly pattern?: string };
  readonly relationships?: { readonly column?: OneOrMore; readonly to?: string; readonly field?: OneOrMore };
  readonly row_count?: { readonly min?: number; readonly max?: number };
  readonly freshness?: { readonly column?: string; readonly max_age?: string };
  readonly expression?: string;
  readonly sql?: string;
  readonly name?: string;
  readonly severity?: "error" | "warn";
  readonly where?: string;
  readonly warn_if?: string;
  readonly error_if?: string;
}

export interface TestDeclaration {
  readonly name?: string;
  readonly at?: string;
  /** A list for an ingested asset, a mapping for a derived one. */
  readonly given?: readonly TestRunDeclaration[] | Readonly<Record<string, TestContentDeclaration>>;
  readonly expect?: readonly TestRowDeclaration[];
}

export interface TestRunDeclaration {
  readonly land?: Readonly<Record<string, TestContentDeclaration>>;
  readonly withdraw?: string;
  readonly at?: string;
}

export type TestContentDeclaration = string | readonly TestRowDeclaration[];
export type TestRowDeclaration = Readonly<Record<string, unknown>>;

export interface RetainDeclaration {
  readonly versions?: number;
  readonly raw?: string;
  readonly quarantine?: string;
}

interface Settings {
  readonly store?: string;
  readonly timezone?: string;
  readonly vars?: Readonly<Record<string, string | number | boolean>>;
  readonly threads?: number;
  readonly memory_limit?: string;
  readonly allow_paths?: readonly string[];
}

/** `flow.yaml`. */
export interface FlowDeclaration extends Settings {
  readonly name?: string;
  readonly profiles?: Readonly<Record<string, Settings>>;
  readonly defaults?: { readonly ingest?: IngestDeclaration; readonly retain?: RetainDeclaration };
}
