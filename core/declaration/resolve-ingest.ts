import type { Completeness, CsvDialect, Ingest, OrderTerm, Strategy } from "../model.js";
import type { IngestDeclaration } from "./declaration.js";
import { itemsOf } from "./draft.js";
import { readDuration } from "./duration.js";

/** Lays an asset's own settings over the project's; `complete` is one choice and not mixed. */
export function mergeIngest(defaults: IngestDeclaration, own: IngestDeclaration): IngestDeclaration {
  return { ...defaults, ...own, csv: { ...defaults.csv, ...own.csv } };
}

/** Every default explicit. */
export function resolveIngest(declared: IngestDeclaration, hasKey: boolean): Ingest {
  const strategy = declared.strategy ?? (hasKey ? "upsert" : "append");
  return {
    files: declared.files ?? "**/*",
    set: declared.set ?? null,
    format: declared.format ?? null,
    csv: resolveCsv(declared),
    complete: resolveComplete(declared),
    strategy,
    orderBy: itemsOf(declared.order_by, "").map((item) => readOrderTerm(item.text)),
    deleteWhen: declared.delete_when ?? null,
    onRevision: declared.on_revision ?? "supersede",
    onDuplicate: declared.on_duplicate ?? duplicateDefault(strategy),
    onBadRow: declared.on_bad_row ?? "quarantine",
    maxBadRows: resolveMaxBadRows(declared.max_bad_rows),
    onNewColumn: declared.on_new_column ?? "warn",
    onMissingColumn: declared.on_missing_column ?? "fail",
    allowEmpty: declared.allow_empty ?? false,
  };
}

/** `updated_at`: the greater value wins (`asc`); `updated_at desc`: the smaller one. */
export function readOrderTerm(text: string): OrderTerm {
  const match = /^(.*?)\s+(asc|desc)$/i.exec(text.trim());
  return { column: match?.[1] ?? text.trim(), direction: match?.[2]?.toLowerCase() === "desc" ? "desc" : "asc" };
}

/** With `replace` the same bytes again mean that state again: A, B, A ends with A. */
function duplicateDefault(strategy: Strategy): "skip" | "accept" {
  return strategy === "replace" || strategy === "replace_partitions" ? "accept" : "skip";
}

function resolveCsv({ csv = {} }: IngestDeclaration): CsvDialect {
  return {
    delimiter: csv.delimiter ?? "auto",
    quote: csv.quote ?? "auto",
    escape: csv.escape ?? "auto",
    encoding: csv.encoding ?? "auto",
    header: csv.header ?? true,
    nulls: csv.nulls ?? [""],
    skip: csv.skip ?? 0,
  };
}

function resolveComplete({ complete }: IngestDeclaration): Completeness {
  if (complete?.marker !== undefined) return { kind: "marker", marker: complete.marker };
  return { kind: "stable", stableForMs: readDuration(complete?.stable_for ?? "2s") ?? 2000 };
}

function resolveMaxBadRows(declared: number | string | undefined): Ingest["maxBadRows"] {
  if (declared === undefined) return null;
  if (typeof declared === "number") return { kind: "count", value: declared };
  return { kind: "percent", value: Number.parseFloat(declared) };
}
