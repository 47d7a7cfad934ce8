import type { Format } from "../../model.js";
import { type ColumnProfile, type FileFields, type ProfileRequest, SqlError } from "../engine.js";
import { type Connection, numberOf, shown } from "./connection.js";
import { ident, text, texts } from "./sql.js";
import { typed } from "./typing.js";

/** What the rows that are staged would be under other declarations: the very expressions judge that a run types with. */
export async function profile(connection: Connection, { columns }: ProfileRequest): Promise<readonly ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (const column of columns) profiles.push(await profileOf(connection, column));
  return profiles;
}

const sampledTexts = 1000;

async function profileOf(connection: Connection, column: ProfileRequest["columns"][number]): Promise<ColumnProfile> {
  const name = ident(column.name);
  const word = column.words.length === 0 ? "false" : `lower(trim(${name}::VARCHAR)) IN (${column.words.map(text).join(", ")})`;
  const misfits = column.readings.map((reading, at) => {
    const shape = reading.shape === null ? "false" : `NOT regexp_full_match(${name}, ${text(reading.shape)})`;
    return `${name} IS NOT NULL AND NOT _word AND (${shape} OR (${typed(reading.column, name)}) IS NULL) AS m${at}`;
  });
  const asked = column.readings.flatMap((_, at) => [
    `count(*) FILTER (m${at}) AS refused${at}`,
    `min(${name}) FILTER (m${at}) AS example${at}`,
  ]);
  const own = [`count(*) AS rows`, `count(${name}) AS filled`, `count(DISTINCT ${name}) AS apart`];
  const words = `list_sort(list(DISTINCT ${name}::VARCHAR) FILTER (_word)) AS words`;
  const sample = `(SELECT list_sort(list(t)) FROM (SELECT DISTINCT ${name}::VARCHAR AS t FROM _staged WHERE ${name} IS NOT NULL LIMIT ${sampledTexts})) AS sample`;
  const edges = [`min(${name})::VARCHAR AS low`, `max(${name})::VARCHAR AS high`];
  const [row] = await connection.rows(`SELECT ${[...own, ...edges, words, sample, ...asked].join(", ")}
    FROM (SELECT ${[name, "_word", ...misfits].join(",\n")} FROM (SELECT ${name}, coalesce(${word}, false) AS _word FROM _staged))`);
  return {
    name: column.name,
    rows: numberOf(row?.["rows"]),
    filled: numberOf(row?.["filled"]),
    distinct: numberOf(row?.["apart"]),
    min: shown(row?.["low"] ?? null),
    max: shown(row?.["high"] ?? null),
    readings: column.readings.map((_, at) => ({
      refused: numberOf(row?.[`refused${at}`]),
      example: shown(row?.[`example${at}`] ?? null),
    })),
    words: itemsOf(row?.["words"]),
    sample: itemsOf(row?.["sample"]),
  };
}

function itemsOf(value: unknown): readonly string[] {
  const items: unknown = typeof value === "object" && value !== null && "items" in value ? value.items : null;
  return Array.isArray(items) ? items.map(String) : [];
}

/** Whether no two of the staged rows have the same values in these columns, and none has NULL there. */
export async function areUnique(connection: Connection, columns: readonly string[]): Promise<boolean> {
  const names = columns.map(ident);
  const holes = names.map((name) => `${name} IS NULL`).join(" OR ");
  const [row] = await connection.rows(`
    SELECT count(*) FILTER (${holes}) AS holes, count(*) AS rows,
      (SELECT count(*) FROM (SELECT DISTINCT ${names.join(", ")} FROM _staged)) AS apart FROM _staged`);
  return numberOf(row?.["holes"]) === 0 && numberOf(row?.["rows"]) === numberOf(row?.["apart"]);
}

/** @throws SqlError where the file is not of this format */
export async function fieldsOf(connection: Connection, path: string, format: Format, isWide: boolean): Promise<FileFields> {
  if (format === "csv") return csvFields(connection, path, isWide ? ["utf-16"] : ["utf-8", "latin-1"]);
  if (format === "parquet") {
    const rows = await connection.rows(`DESCRIBE SELECT * FROM read_parquet(${texts([path])}, hive_partitioning = false)`);
    return { names: rows.map((row) => String(row["column_name"])), types: rows.map((row) => String(row["column_type"])), csv: null };
  }
  const kind = format === "json" ? "auto" : "newline_delimited";
  const rows = await connection.rows(`
    SELECT name FROM (
      SELECT unnest(json_keys(json)) AS name, generate_subscripts(json_keys(json), 1) AS place, record FROM (
        SELECT json, row_number() OVER () AS record FROM read_json_objects(${texts([path])}, format = '${kind}', hive_partitioning = false)
        WHERE json_type(json) = 'OBJECT'))
    GROUP BY name ORDER BY min(record), min(place), name`);
  const names = rows.map((row) => String(row["name"]));
  return { names, types: names.map(() => null), csv: null };
}

/** The delimiter and the header that DuckDB's sniffer finds, in the first encoding in which it finds any. */
async function csvFields(connection: Connection, path: string, encodings: readonly Sniffed[]): Promise<FileFields> {
  let trouble: unknown = null;
  let best: FileFields | null = null;
  // A torn row makes the sniffer take everything for one column; leaving such rows out, it may take a title for the header.
  for (const encoding of encodings) {
    for (const tolerant of [false, true]) {
      if (best !== null && best.names.length > 1) return best;
      try {
        const found = await sniffed(connection, path, encoding, tolerant);
        if (best === null || found.names.length > best.names.length) best = found;
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        trouble ??= error;
      }
    }
    if (best !== null) return best;
  }
  throw trouble;
}

type Sniffed = NonNullable<FileFields["csv"]>["encoding"];

async function sniffed(connection: Connection, path: string, encoding: Sniffed, tolerant: boolean): Promise<FileFields> {
  const [row] = await connection.rows(`
    SELECT list_transform(Columns, c -> c.name) AS names, HasHeader AS header, SkipRows AS skip
    FROM sniff_csv(${text(path)}, all_varchar = true, ignore_errors = ${tolerant}, sample_size = 20480, encoding = '${encoding}')`);
  const names = itemsOf(row?.["names"]);
  const csv = { header: row?.["header"] === true, skip: numberOf(row?.["skip"]), encoding };
  return { names, types: names.map(() => null), csv };
}
