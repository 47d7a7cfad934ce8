import type {
  Asset,
  AssetTest,
  Check,
  Column,
  DerivedAsset,
  Ingest,
  IngestedAsset,
  Lateness,
  Limit,
  OrderTerm,
  PartitionField,
  TestContent,
  TestRow,
} from "../../core/index.js";
import { toJsonText } from "../json.js";
import { durationText } from "./amount.js";

/**
 * An asset as the declaration that says everything: every default is spelt out, so that the text could stand in the
 * asset's file. What is not set has no value to write, and is shown as a comment; what has no effect is left out.
 */
export function renderDeclaration(asset: Asset): string {
  return yamlLines(declarationOf(asset))
    .map((line) => `${line}\n`)
    .join("");
}

type Value = string | number | boolean | null | readonly Value[] | Entries;
type Entries = { readonly [key: string]: Value };

function declarationOf(asset: Asset): Entries {
  return {
    asset: asset.name,
    type: asset.kind,
    description: asset.description,
    owner: asset.owner,
    tags: asset.tags,
    ...(asset.kind === "ingested" ? ingestedPart(asset) : derivedPart(asset)),
    key: orNotSet(asset.key),
    partition_by: orNotSet(asset.partitionBy.map(partitionTerm)),
    event_time: asset.eventTime,
    ...(asset.kind === "ingested" ? { lateness: asset.lateness === null ? null : latenessPart(asset.lateness) } : {}),
    checks: asset.checks.map(checkPart),
    ...(asset.tests.length === 0 ? {} : { tests: asset.tests.map(testPart) }),
    changelog: asset.changelog,
    retain: { versions: asset.retain.versions, raw: orForever(asset.retain.rawMs), quarantine: orForever(asset.retain.quarantineMs) },
  };
}

function orForever(ms: number | null): string {
  return ms === null ? "forever" : durationText(ms);
}

function ingestedPart(asset: IngestedAsset): Entries {
  return {
    ingest: ingestPart(asset.ingest),
    columns: Object.fromEntries(asset.columns.map((column) => [column.name, columnPart(column)])),
  };
}

function derivedPart(asset: DerivedAsset): Entries {
  return { columns: asset.columns.length === 0 ? null : Object.fromEntries(asset.columns.map(({ name, type }) => [name, { type }])) };
}

function ingestPart(ingest: Ingest): Entries {
  const { csv, complete } = ingest;
  return {
    files: ingest.files,
    set: ingest.set,
    format: ingest.format,
    ...(ingest.format === null || ingest.format === "csv" ? { csv: { ...csv } } : {}),
    complete: complete.kind === "stable" ? { stable_for: durationText(complete.stableForMs) } : { marker: complete.marker },
    strategy: ingest.strategy,
    order_by: orNotSet(ingest.orderBy.map(orderTerm)),
    delete_when: ingest.deleteWhen,
    on_revision: ingest.onRevision,
    on_duplicate: ingest.onDuplicate,
    on_bad_row: ingest.onBadRow,
    max_bad_rows: ingest.maxBadRows === null ? null : `${ingest.maxBadRows.value}${ingest.maxBadRows.kind === "percent" ? "%" : ""}`,
    on_new_column: ingest.onNewColumn,
    on_missing_column: ingest.onMissingColumn,
    ...(ingest.strategy === "replace" ? { allow_empty: ingest.allowEmpty } : {}),
  };
}

function columnPart({ type, nullable, aliases, formats, zone, trim, nulls, decimal, thousands, description }: Column): Entries {
  return {
    type,
    nullable,
    aliases,
    ...(/^(DATE|TIME)/.test(type) ? { formats } : {}),
    ...(type.startsWith("TIMESTAMP") ? { zone } : {}),
    trim,
    nulls,
    // Of numbers only, and rarely.
    ...(decimal === "." ? {} : { decimal }),
    ...(thousands === null ? {} : { thousands }),
    ...(description === null ? {} : { description }),
  };
}

function latenessPart(lateness: Lateness): Entries {
  return {
    delay: durationText(lateness.delayMs),
    allow: lateness.allowMs === null ? null : durationText(lateness.allowMs),
    ...(lateness.allowMs === null ? {} : { too_late: lateness.tooLate }),
    max_future_skew: lateness.maxFutureSkewMs === null ? null : durationText(lateness.maxFutureSkewMs),
  };
}

function checkPart(check: Check): Entries {
  const limits = { warn_if: limitText(check.warnIf), error_if: limitText(check.errorIf) };
  return { ...rulePart(check), name: check.name, severity: check.severity, ...present({ where: check.where, ...limits }) };
}

/** Any failing row counts where nothing is said. */
function limitText(limit: Limit | null): string | null {
  if (limit === null || (limit.operator === ">" && limit.value === 0 && limit.unit === "rows")) return null;
  return `${limit.operator} ${limit.value}${limit.unit === "percent" ? "%" : ""}`;
}

function testPart({ name, at, given, expect }: AssetTest): Entries {
  return { name, ...present({ at }), given: givenPart(given), expect: expect.map(rowPart) };
}

function givenPart(given: AssetTest["given"]): Value {
  if (given.kind === "inputs") return Object.fromEntries(given.inputs.map(({ asset, content }) => [asset, contentPart(content)]));
  return given.runs.map(({ at, withdraw, files }) => ({
    ...present({ at, withdraw }),
    ...(files.length === 0 ? {} : { land: Object.fromEntries(files.map(({ file, content }) => [file, contentPart(content)])) }),
  }));
}

function contentPart(content: TestContent): Value {
  return content.kind === "text" ? content.text : content.rows.map(rowPart);
}

function rowPart(row: TestRow): Entries {
  const value = (written: TestRow[string]): Value =>
    typeof written === "object" && written !== null ? (JSON.parse(written.json) as Value) : written;
  return Object.fromEntries(Object.entries(row).map(([column, written]) => [column, value(written)]));
}

function rulePart(check: Check): Entries {
  switch (check.rule) {
    case "not_null":
    case "unique":
      return { [check.rule]: check.columns };
    case "accepted_values":
      return { accepted_values: { column: check.column, values: check.values } };
    case "range":
      return { range: { column: check.column, ...present({ min: check.min, max: check.max }) } };
    case "matches":
      return { matches: { column: check.column, pattern: check.pattern } };
    case "relationships":
      return { relationships: { column: check.columns, to: check.to, field: check.fields } };
    case "freshness":
      return { freshness: { column: check.column, max_age: durationText(check.maxAgeMs) } };
    case "row_count":
      return { row_count: present({ min: check.min, max: check.max }) };
    case "expression":
      return { expression: check.expression };
    case "sql":
      return { sql: check.sql };
  }
}

function present(entries: Entries): Entries {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== null));
}

/** Lists that a declaration may leave out and may not leave empty. */
function orNotSet(terms: readonly string[]): readonly string[] | null {
  return terms.length === 0 ? null : terms;
}

function partitionTerm({ transform, column, argument }: PartitionField): string {
  if (transform === "identity") return column;
  return argument === null ? `${transform}(${column})` : `${transform}(${argument}, ${column})`;
}

function orderTerm({ column, direction }: OrderTerm): string {
  return direction === "asc" ? column : `${column} desc`;
}

/** Two levels as blocks, deeper ones in braces: a column or a check is a line. */
function yamlLines(entries: Entries, depth = 0): readonly string[] {
  return Object.entries(entries).flatMap(([key, value]) => {
    if (value === null) return [`# ${key}: not set`];
    if (isEntries(value) && (depth === 0 || !isFlat(value)))
      return [`${yamlText(key)}:`, ...yamlLines(value, depth + 1).map((line) => `  ${line}`)];
    if (Array.isArray(value) && value.some(isEntries)) return [`${key}:`, ...value.map((item) => `  - ${inBraces(item)}`)];
    return [`${yamlText(key)}: ${inBraces(value)}`];
  });
}

function inBraces(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(inBraces).join(", ")}]`;
  if (isEntries(value)) {
    const items = Object.entries(value).map(([key, item]) => `${yamlText(key)}: ${inBraces(item)}`);
    return items.length === 0 ? "{}" : `{ ${items.join(", ")} }`;
  }
  return typeof value === "string" ? yamlText(value) : String(value);
}

/** Bare where YAML cannot mistake it for anything else, quoted as JSON (which is YAML) otherwise. */
function yamlText(text: string): string {
  const bare = /^[A-Za-z_][\w .()/+-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text) && !text.endsWith(" ");
  return bare ? text : toJsonText(text);
}

function isFlat(entries: Entries): boolean {
  return !Object.values(entries).some(isEntries);
}

function isEntries(value: Value): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
