import { type Diagnostic, error } from "../diagnostic.js";
import type { AssetName, Column, Incremental, Lateness, Origin, PartitionField, Retain } from "../model.js";
import { positionAt, type SourceFile } from "../source.js";
import { readType } from "./column-type.js";
import type { AssetDeclaration, ColumnDeclaration, CsvDeclaration, LatenessDeclaration, RetainDeclaration } from "./declaration.js";
import { type AssetDefaults, type ColumnReference, type DerivedDraft, type Draft, type IngestedDraft, itemsOf } from "./draft.js";
import { readDuration } from "./duration.js";
import { readPartitionTerm } from "./partition-term.js";
import { resolveChecks } from "./resolve-checks.js";
import { mergeIngest, readOrderTerm, resolveIngest } from "./resolve-ingest.js";
import { resolveTests } from "./resolve-tests.js";
import type { Shaped } from "./shapes.js";
import { type SqlText, sqlOfFile, sqlOfScalar } from "./sql-place.js";
import { below, placeOf, type YamlSource } from "./yaml-source.js";

/** Stands for a type that could not be read: rules about types leave such a column alone. */
export const unknownType = "";

/** Makes every default explicit and reads the little languages inside texts: types, partition terms, durations. */
export function resolveAsset(shaped: Shaped<AssetDeclaration>, sibling: SourceFile | null, defaults: AssetDefaults): Draft {
  const { declaration, source } = shaped;
  const columns = resolveColumns(shaped, defaults);
  const partitions = resolvePartitions(shaped);
  const checks = resolveChecks(shaped);
  const sql = sqlOf(shaped, sibling);
  const tests = resolveTests(shaped, isDerived(declaration, sql));
  const base = {
    ...words(declaration),
    name: nameOf(shaped) as AssetName,
    key: itemsOf(declaration.key, "").map((item) => item.text),
    partitionBy: partitions.fields.map(({ field }) => field),
    checks: checks.checks,
    tests: tests.tests,
    changelog: declaration.changelog ?? false,
    retain: resolveRetain({ ...defaults.retain, ...declaration.retain }),
    origin: originOf(source, "/asset"),
  };
  const asset = isDerived(declaration, sql)
    ? derived(base, columns.columns, sql, shaped)
    : ingested(base, columns.columns, declaration, defaults);
  return {
    shaped,
    asset,
    sql,
    references: [
      ...referencesOf(declaration),
      ...partitions.fields.map(({ field, pointer }) => ({ column: field.column, pointer })),
      ...checks.references,
    ],
    partitionPointers: partitions.fields.map(({ pointer }) => pointer),
    diagnostics: [...columns.diagnostics, ...partitions.diagnostics, ...checks.diagnostics, ...tests.diagnostics],
  };
}

/** The asset's name, given or taken from the file's; it may break the rule for names. */
export function nameOf(shaped: Shaped<AssetDeclaration>): string {
  return shaped.declaration.asset ?? (shaped.source.file.path.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "");
}

type Base = Omit<IngestedDraft, "kind" | "columns" | "ingest" | "lateness">;

function words(declaration: AssetDeclaration): Pick<Base, "description" | "owner" | "tags" | "eventTime"> {
  return {
    description: declaration.description ?? null,
    owner: declaration.owner ?? null,
    tags: declaration.tags ?? [],
    eventTime: declaration.event_time ?? null,
  };
}

function isDerived(declaration: AssetDeclaration, sql: SqlText | null): boolean {
  if (declaration.type !== undefined) return declaration.type === "derived";
  return declaration.sql !== undefined || (sql !== null && declaration.ingest === undefined);
}

function ingested(base: Base, columns: readonly Column[], declaration: AssetDeclaration, defaults: AssetDefaults): IngestedDraft {
  const ingest = resolveIngest(mergeIngest(defaults.ingest, declaration.ingest ?? {}), base.key.length > 0);
  return { ...base, kind: "ingested", columns, ingest, lateness: resolveLateness(declaration.lateness) };
}

function derived(
  base: Base,
  columns: readonly Column[],
  sql: SqlText | null,
  { declaration, source }: Shaped<AssetDeclaration>,
): DerivedDraft {
  const sqlOrigin = sql === null ? base.origin : { file: sql.file.path, ...positionAt(sql.file.text, sql.range.start) };
  const contract = columns.map(({ name, type }) => ({ name, type }));
  return {
    ...base,
    kind: "derived",
    incremental: incrementalOf(declaration),
    sql: sql?.sql ?? "",
    sqlOrigin,
    columns: contract,
    origin: originOf(source, "/asset"),
  };
}

function incrementalOf({ incremental = "auto" }: AssetDeclaration): Incremental {
  if (typeof incremental === "string") return { kind: incremental };
  return "lookback" in incremental ? { kind: "lookback", ms: readDuration(incremental.lookback) ?? 0 } : { kind: "cumulative" };
}

function sqlOf(shaped: Shaped<AssetDeclaration>, sibling: SourceFile | null): SqlText | null {
  const { declaration, source } = shaped;
  if (declaration.sql !== undefined) return sqlOfScalar(declaration.sql, source.file, placeOf(source, "/sql").range);
  return sibling === null ? null : sqlOfFile(sibling);
}

function originOf(source: YamlSource, pointer: string): Origin {
  return { file: source.file.path, ...positionAt(source.file.text, placeOf(source, pointer).range.start) };
}

function resolveColumns(
  shaped: Shaped<AssetDeclaration>,
  { timezone, ingest }: AssetDefaults,
): { readonly columns: readonly Column[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const { csv = {} } = mergeIngest(ingest, shaped.declaration.ingest ?? {});
  const columns = inOrder(shaped).map(([name, declared]) => {
    const pointer = below("/columns", name);
    const column = typeof declared === "string" ? { type: declared } : declared;
    const type = typeof declared === "string" ? pointer : below(pointer, "type");
    return resolveColumn(name, column, columnType(column.type, type, shaped.source, diagnostics), timezone, csv);
  });
  return { columns, diagnostics };
}

/** As written: a JavaScript object would put names such as `2020` first. */
function inOrder({ declaration, source }: Shaped<AssetDeclaration>): readonly (readonly [string, string | ColumnDeclaration])[] {
  const start = (name: string): number => source.spots.get(below("/columns", name))?.key?.start ?? 0;
  return Object.entries(declaration.columns ?? {}).sort(([a], [b]) => start(a) - start(b));
}

function columnType(text: string | undefined, pointer: string, source: YamlSource, diagnostics: Diagnostic[]): string {
  if (text === undefined) return unknownType;
  const reading = readType(text);
  if (reading.ok) return reading.type;
  diagnostics.push(error("bad-type", placeOf(source, pointer), reading.message, reading.hint));
  return unknownType;
}

function resolveColumn(name: string, declared: ColumnDeclaration, type: string, timezone: string, csv: CsvDeclaration): Column {
  return {
    name,
    type,
    nullable: declared.nullable ?? true,
    optional: declared.optional ?? false,
    aliases: declared.aliases ?? [],
    formats: declared.formats ?? [],
    zone: declared.zone ?? timezone,
    trim: declared.trim ?? false,
    nulls: declared.nulls ?? [],
    decimal: declared.decimal ?? csv.decimal ?? ".",
    thousands: declared.thousands ?? csv.thousands ?? null,
    description: declared.description ?? null,
  };
}

interface PlacedField {
  readonly field: PartitionField;
  readonly pointer: string;
}

function resolvePartitions({ declaration, source }: Shaped<AssetDeclaration>): {
  readonly fields: readonly PlacedField[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const fields: PlacedField[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { text, pointer } of itemsOf(declaration.partition_by, "/partition_by")) {
    const reading = readPartitionTerm(text);
    if (reading.ok) fields.push({ field: reading.field, pointer });
    else diagnostics.push(error("bad-partition", placeOf(source, pointer), reading.message, reading.hint));
  }
  return { fields, diagnostics };
}

function resolveLateness(declared: LatenessDeclaration | undefined): Lateness | null {
  if (declared === undefined) return null;
  return {
    delayMs: readDuration(declared.delay ?? "0s") ?? 0,
    allowMs: declared.allow === undefined ? null : readDuration(declared.allow),
    tooLate: declared.too_late ?? "quarantine",
    maxFutureSkewMs: declared.max_future_skew === undefined ? null : readDuration(declared.max_future_skew),
  };
}

function referencesOf(declaration: AssetDeclaration): readonly ColumnReference[] {
  const named = [...itemsOf(declaration.key, "/key"), ...itemsOf(declaration.event_time, "/event_time")];
  const ordered = itemsOf(declaration.ingest?.order_by, "/ingest/order_by").map(({ text, pointer }) => ({
    text: readOrderTerm(text).column,
    pointer,
  }));
  return [...named, ...ordered].map(({ text, pointer }) => ({ column: text, pointer }));
}

/** `forever` is no limit. */
function resolveRetain({ versions, raw = "forever", quarantine = "forever" }: RetainDeclaration): Retain {
  return { versions: versions ?? null, rawMs: readDuration(raw), quarantineMs: readDuration(quarantine) };
}
