import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { ColumnType } from "../../model.js";
import { SqlError, type Table } from "../engine.js";

type Row = Readonly<Record<string, DuckDBValue>>;

/** One DuckDB connection: temporary tables and views are its own. */
export interface Connection {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly Row[]>;
  table(sql: string): Promise<Table>;
  readonly duckdb: DuckDBConnection;
}

export function connectionOver(duckdb: DuckDBConnection): Connection {
  return {
    duckdb,
    run: (sql) => reporting(async () => void (await duckdb.run(sql))),
    rows: (sql) => reporting(async () => (await duckdb.runAndReadAll(sql)).getRowObjects()),
    table: (sql) =>
      reporting(async () => {
        const reader = await duckdb.runAndReadAll(sql);
        const types = reader.columnTypes();
        const columns: ColumnType[] = reader.columnNames().map((name, at) => ({ name, type: String(types[at]) }));
        return { columns, rows: reader.getRows().map((row) => row.map(shown)) };
      }),
  };
}

/** NULL as null, anything else as DuckDB would print it. */
export function shown(value: DuckDBValue): string | null {
  return value === null ? null : String(value);
}

export function numberOf(value: DuckDBValue | undefined): number {
  return value === null || value === undefined ? 0 : Number(value);
}

async function reporting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Error ? sqlError(error.message) : error;
  }
}

/** DuckDB speaks JSON here (`errors_as_json`): message, byte position, candidates. */
function sqlError(message: string): SqlError {
  try {
    const said: unknown = JSON.parse(message.slice(message.indexOf("{")));
    if (typeof said !== "object" || said === null) return new SqlError("unknown", message, null, []);
    const fields = new Map(Object.entries(said));
    const position = Number(fields.get("position") ?? Number.NaN);
    const candidates = String(fields.get("candidates") ?? "");
    return new SqlError(
      String(fields.get("exception_type") ?? "unknown").toLowerCase(),
      String(fields.get("exception_message") ?? message),
      Number.isNaN(position) ? null : position,
      candidates === "" ? [] : candidates.split(",").map((name) => name.trim()),
    );
  } catch {
    return new SqlError("unknown", message, null, []);
  }
}
