import { repeatedHeader } from "../../csv/table.js";
import type { Column } from "../../model.js";
import { unreachable } from "../../model.js";
import type { CsvLayout, FileToStage } from "../engine.js";
import { carefulTable, linesOf } from "./careful.js";
import { type Connection, numberOf, shown } from "./connection.js";
import { ident, joined, list, text, texts } from "./sql.js";
import { drift } from "./stage.js";
import { isNested } from "./typing.js";

/** How the files of a group become rows of texts `r0…`, one for each declared column, with `_f` and `_blank`. */
export interface Reader {
  readonly sql: string;
  /** SQL for the record as it stood in the file. */
  readonly raw: string;
  /** Columns whose `r` has the declared type as it is. */
  readonly typedAlready: ReadonlySet<string>;
  /** Records that are no records at all; both in SQL. */
  readonly malformed: { readonly when: string; readonly reason: string } | null;
  /** Table that was made for it and is not needed once it was read. */
  readonly table: string | null;
  /** SQL for the line of a record; null: records and lines agree, from the first line on. */
  readonly line: string | null;
  /** Line of the first record, where records and lines agree. */
  readonly firstLine: number;
  /** Columns as they are written here, e.g. with a decimal comma. */
  readonly columns: readonly Column[];
  readonly drift: ReadonlyMap<number, { readonly added: readonly string[]; readonly missing: readonly string[] }>;
}

type Group = readonly FileToStage[];

export async function readerFor(connection: Connection, group: Group, columns: readonly Column[]): Promise<Reader> {
  const first = group[0];
  if (first === undefined) throw new Error("a group has at least one file");
  switch (first.format) {
    case "csv":
      if (first.csv === null) throw new Error("a CSV file comes with its layout");
      return first.records === null ? carefulReader(connection, group, columns, first.csv) : plainReader(group, columns, first.csv);
    case "ndjson":
      return jsonReader(connection, group, columns, ndjsonLines(group));
    case "json":
      return jsonReader(connection, group, columns, jsonRecords(group));
    case "parquet":
      return parquetReader(connection, group, columns);
    default:
      return unreachable(first.format);
  }
}

function paths(group: Group): string {
  return texts(group.map((file) => file.path));
}

/** Files that are proven plain: DuckDB reads them as any reader would. */
function plainReader(group: Group, columns: readonly Column[], csv: CsvLayout): Reader {
  const fields = csv.fields.map((_, at) => `'c${at}': 'VARCHAR'`).join(", ");
  const options = [
    `columns = {${fields}}`,
    "auto_detect = false",
    `header = ${csv.header}`,
    `delim = ${text(csv.delimiter)}`,
    `quote = ${text(csv.quote)}`,
    `escape = ${text(csv.quote)}`,
    `nullstr = ${texts(csv.nulls.length === 0 ? [noText] : csv.nulls)}`,
    "hive_partitioning = false",
  ];
  const cells = csv.fields.map((_, at) => `coalesce(c${at}, '')`);
  const repeats = csv.names?.map((name, at) => `trim(c${at}) = ${text(name)}`) ?? [];
  return {
    sql: `SELECT file_index::BIGINT AS _f, false AS _blank, ${csvTexts(columns, csv)}, ${cells.map((cell, at) => `${cell} AS _c${at}`).join(", ")},
        ${repeats.length === 0 ? "false" : repeats.join(" AND ")} AS _repeats
      FROM read_csv(${paths(group)}, ${options.join(", ")})`,
    raw: `array_to_string([${joined(
      cells.map((_, at) => `_c${at}`),
      "''",
    )}], ${text(csv.delimiter)})`,
    typedAlready: new Set(),
    malformed: { when: "_repeats", reason: text(repeatedHeader) },
    table: null,
    line: null,
    firstLine: csv.firstLine,
    columns,
    drift: new Map(),
  };
}

async function carefulReader(connection: Connection, group: Group, columns: readonly Column[], csv: CsvLayout): Promise<Reader> {
  const table = await carefulTable(connection, group, csv.fields);
  return {
    sql: `SELECT _f, false AS _blank, _line, _trouble, _raw, ${csvTexts(columns, csv)} FROM ${ident(table)}`,
    raw: "_raw",
    typedAlready: new Set(),
    malformed: { when: "_trouble IS NOT NULL", reason: "_trouble" },
    table,
    line: "_line",
    firstLine: csv.firstLine,
    columns,
    drift: new Map(),
  };
}

/** `r0…` from the fields `c0…`. */
function csvTexts(columns: readonly Column[], csv: CsvLayout): string {
  const values = columns.map((column, at) => {
    const field = csv.fields.indexOf(column.name);
    return `${field < 0 ? "NULL::VARCHAR" : csvText(column, `c${field}`, csv)} AS r${at}`;
  });
  return values.join(", ");
}

/** DuckDB wants at least one text that means NULL: what no field is. */
const noText = "\x01flow\x01none\x01";

/** What is NULL once its blanks are gone was meant to be. */
function csvText(column: Column, cell: string, csv: CsvLayout): string {
  if (!column.trim || csv.nulls.length === 0) return cell;
  return `CASE WHEN trim(${cell}) NOT IN (${csv.nulls.map(text).join(", ")}) THEN ${cell} END`;
}

/** A line each, so that a bad one is refused alone, with its place. */
function ndjsonLines(group: Group): string {
  return `SELECT file_index::BIGINT AS _f, l IS NULL OR trim(l) = '' AS _blank, l AS _json FROM ${linesOf(group.map(({ path }) => path))}`;
}

function jsonRecords(group: Group): string {
  return `SELECT file_index::BIGINT AS _f, false AS _blank, json::VARCHAR AS _json FROM read_json_objects(${paths(group)}, format = 'auto', hive_partitioning = false)`;
}

/** JSON and Parquet have numbers of their own, which no declaration writes otherwise. */
function withOwnNumbers(columns: readonly Column[]): readonly Column[] {
  return columns.map((column) => ({ ...column, decimal: ".", thousands: null }));
}

async function jsonReader(connection: Connection, group: Group, columns: readonly Column[], records: string): Promise<Reader> {
  const asWritten = withOwnNumbers(columns);
  const path = (name: string): string => text(`$."${name.replaceAll('"', '\\"')}"`);
  const values = columns.map((column, at) => {
    const read = (name: string): string =>
      isNested(column.type) || column.type === "JSON" ? `nullif((_j -> ${path(name)})::VARCHAR, 'null')` : `_j ->> ${path(name)}`;
    return `coalesce(${[column.name, ...column.aliases].map(read).join(", ")}) AS r${at}`;
  });
  const valid = `CASE WHEN json_valid(_json) AND json_type(_json) = 'OBJECT' THEN _json::JSON END AS _j`;
  const drifts = await driftOf(
    connection,
    group,
    columns,
    `SELECT _f, unnest(json_keys(_j)) AS name FROM (SELECT _f, ${valid} FROM (${records}))`,
  );
  return {
    sql: `SELECT _f, _blank, _json, _j, ${values.join(", ")} FROM (SELECT *, ${valid} FROM (${records}))`,
    raw: "_json",
    typedAlready: new Set(),
    malformed: { when: "_j IS NULL AND NOT _blank", reason: text("is not a JSON object") },
    table: null,
    line: null,
    firstLine: 1,
    columns: asWritten,
    drift: drifts,
  };
}

/** Parquet knows its types: a column that has the declared one passes as it is, unless its text is asked about; any other goes through its text. */
async function parquetReader(connection: Connection, group: Group, columns: readonly Column[]): Promise<Reader> {
  const asWritten = withOwnNumbers(columns);
  const source = `read_parquet(${paths(group)}, union_by_name = true, hive_partitioning = false)`;
  const described = await connection.rows(`DESCRIBE SELECT * FROM ${source}`);
  const types = new Map(described.map((row) => [String(row["column_name"]), String(row["column_type"])]));
  const typedAlready = new Set<string>();
  const values = columns.map((column, at) => {
    const name = [column.name, ...column.aliases].find((candidate) => types.has(candidate));
    if (name === undefined) return `NULL::VARCHAR AS r${at}`;
    if (types.get(name) === column.type && !column.trim && column.nulls.length === 0) {
      typedAlready.add(column.name);
      return `${ident(name)} AS r${at}`;
    }
    return `${isNested(column.type) ? `to_json(${ident(name)})` : ident(name)}::VARCHAR AS r${at}`;
  });
  const drifts = driftIn(group, columns, await fieldsOfParquet(connection, group));
  return {
    sql: `SELECT file_index::BIGINT AS _f, false AS _blank, ${list(values).slice(1, -1)} FROM ${source}`,
    raw: "NULL::VARCHAR",
    typedAlready,
    malformed: null,
    table: null,
    line: null,
    firstLine: 1,
    columns: asWritten,
    drift: drifts,
  };
}

/** `names` yields `_f, name`. A format that names its fields in every record is asked for all of them. */
async function driftOf(connection: Connection, group: Group, columns: readonly Column[], names: string): Promise<Reader["drift"]> {
  const present = new Map<number, string[]>();
  for (const row of await connection.rows(`SELECT DISTINCT _f, name FROM (${names}) ORDER BY ALL`)) {
    const at = numberOf(row["_f"]);
    present.set(at, [...(present.get(at) ?? []), shown(row["name"] ?? null) ?? ""]);
  }
  return driftIn(group, columns, present);
}

/** The columns of each file, by its place: the schema lists every field before its parts, each with how many it has. */
async function fieldsOfParquet(connection: Connection, group: Group): Promise<ReadonlyMap<number, readonly string[]>> {
  const places = new Map(group.map(({ path }, at) => [path, at]));
  const present = new Map<number, string[]>();
  const parts = new Map<number, number>();
  for (const row of await connection.rows(`SELECT file_name, name, num_children FROM parquet_schema(${paths(group)})`)) {
    const at = places.get(String(row["file_name"])) ?? -1;
    const children = numberOf(row["num_children"]);
    const columns = present.get(at);
    const within = parts.get(at) ?? 0;
    if (columns === undefined) present.set(at, []);
    else {
      if (within === 0) columns.push(String(row["name"]));
      parts.set(at, within === 0 ? children : within + children - 1);
    }
  }
  return present;
}

function driftIn(group: Group, columns: readonly Column[], present: ReadonlyMap<number, readonly string[]>): Reader["drift"] {
  return new Map(
    group.flatMap((file, at) => {
      const found = present.get(at);
      return found === undefined ? [] : [[file.seq, drift(columns, found)] as const];
    }),
  );
}
