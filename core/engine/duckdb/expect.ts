import type { ColumnType, TestRow, TestValue } from "../../model.js";
import type { RowsComparison, RowsRequest } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { createReadyView, emptySelect } from "./ready.js";
import { ident, text } from "./sql.js";

const mostShown = 20;

/** As bags of rows, by some of the columns: a row that is there twice and is expected once is too many. */
export async function compareRows(connection: Connection, { actual, columns, expected }: RowsRequest): Promise<RowsComparison> {
  await createReadyView(connection, actual);
  const there = `SELECT ${columns.map((column) => `${comparable(column, ident(column.name))} AS ${ident(column.name)}`).join(", ")} FROM ${ident(actual.name)}`;
  const wanted =
    expected.length === 0 ? emptySelect(columns.map(shownAs)) : expected.map((row) => rowSelect(columns, row)).join(" UNION ALL ");
  const only = (these: string, those: string): string => `(${these}) EXCEPT ALL (${those})`;
  return {
    rows: numberOf((await connection.rows(`SELECT count(*) AS n FROM ${ident(actual.name)}`))[0]?.["n"]),
    missing: await bagOf(connection, only(wanted, there)),
    unexpected: await bagOf(connection, only(there, wanted)),
  };
}

/** For each value whether it is one of its type. */
export async function fitting(
  connection: Connection,
  values: readonly { readonly value: TestValue; readonly type: string }[],
): Promise<readonly boolean[]> {
  const found: boolean[] = [];
  for (let at = 0; at < values.length; at += 500) {
    const chunk = values.slice(at, at + 500);
    const asked = chunk.map((entry, n) => `SELECT ${n} AS n, ${fits(entry)} AS fits`).join(" UNION ALL ");
    const rows = await connection.rows(`${asked} ORDER BY n`);
    found.push(...rows.map((row) => row["fits"] === true));
  }
  return found;
}

function fits({ value, type }: { readonly value: TestValue; readonly type: string }): string {
  if (value === null) return "true";
  // DuckDB would round it.
  if (typeof value === "string" && /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type) && !/^\s*[+-]?\d+\s*$/.test(value)) return "false";
  return `TRY_${cast(value, type)} IS NOT NULL`;
}

function rowSelect(columns: readonly ColumnType[], row: TestRow): string {
  return `SELECT ${columns.map((column) => comparable(column, valueSql(row[column.name] ?? null, column.type))).join(", ")}`;
}

function valueSql(value: TestValue, type: string): string {
  return value === null ? `NULL::${type}` : cast(value, type);
}

function cast(value: string | { readonly json: string }, type: string): string {
  return typeof value === "string" ? `CAST(${text(value)} AS ${type})` : `CAST(${text(value.json)}::JSON AS ${type})`;
}

/** A sum of binary fractions is equal to what people expect by its first twelve digits. */
function comparable({ type }: ColumnType, value: string): string {
  return isBinary(type) ? `printf('%.12g', ${value})` : value;
}

function shownAs(column: ColumnType): ColumnType {
  return isBinary(column.type) ? { name: column.name, type: "VARCHAR" } : column;
}

function isBinary(type: string): boolean {
  return type === "DOUBLE" || type === "FLOAT";
}

async function bagOf(connection: Connection, select: string): Promise<RowsComparison["missing"]> {
  const count = numberOf((await connection.rows(`SELECT count(*) AS n FROM (${select})`))[0]?.["n"]);
  if (count === 0) return { count, rows: [] };
  const { rows } = await connection.table(`SELECT * FROM (${select}) ORDER BY ALL LIMIT ${mostShown}`);
  return { count, rows };
}
