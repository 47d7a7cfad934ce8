import { join } from "node:path";
import { type Check, type ColumnType, unreachable } from "../../model.js";
import { type CheckRequest, type CheckResult, SqlError, type TableShape } from "../engine.js";
import { type Connection, numberOf, shown } from "./connection.js";
import { instantOf, partitionKey } from "./partition.js";
import { createReadyView, emptySelect } from "./ready.js";
import { ident, literal, text } from "./sql.js";

const examplesShown = 5;
/** Of the rows that fail, so many are kept for people to look at; all are counted. */
const mostKept = 10_000;

/** Counts the rows that break each check, and keeps some of them. */
export async function runChecks(connection: Connection, request: CheckRequest): Promise<readonly CheckResult[]> {
  for (const table of [...request.inputs, request.subject]) await createReadyView(connection, table);
  const results: CheckResult[] = [];
  for (const [at, check] of request.checks.entries()) results.push(await orProblem(() => runCheck(connection, request, check, at)));
  return results;
}

/** SQL that a value breaks, such as a text that is no number, is the check's own trouble; a part that cannot be read is not. */
async function orProblem(run: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await run();
  } catch (trouble) {
    if (!(trouble instanceof SqlError) || !brokenByValues.includes(trouble.kind) || trouble.message.includes(".parquet")) throw trouble;
    return { failures: 0, byPartition: [], rows: null, examples: [], kept: null, problem: trouble.message.split("\n")[0] ?? "" };
  }
}

const brokenByValues: readonly string[] = ["conversion", "out of range", "invalid input", "mismatch type", "binder", "catalog"];

/** Asked over empty tables. */
export async function describeCheck(
  connection: Connection,
  check: Check,
  subject: TableShape,
  inputs: readonly TableShape[],
): Promise<void> {
  for (const { name, columns } of [...inputs, subject])
    await connection.run(`CREATE OR REPLACE TEMP VIEW ${ident(name)} AS ${emptySelect(columns)}`);
  await connection.rows(`SELECT * FROM (${failingRows({ subject, at: 0, zones: {} }, check)}\n) LIMIT 0`);
}

async function runCheck(connection: Connection, request: CheckRequest, check: Check, at: number): Promise<CheckResult> {
  const failing = failingRows(request, check);
  const partition = check.rowByRow ? partitionKey(request.subject.partitionBy) : "''";
  const counted = await connection.rows(`SELECT ${partition} AS p, count(*) AS n FROM (${failing}\n) GROUP BY 1 ORDER BY 1`);
  const byPartition = counted.map((row) => ({ partition: shown(row["p"] ?? null) ?? "", rows: numberOf(row["n"]) }));
  const failures = byPartition.reduce((sum, { rows }) => sum + rows, 0);
  if (failures === 0) return { failures, byPartition: [], rows: null, examples: [], kept: null, problem: null };
  const isShare = [check.errorIf, check.warnIf].some((limit) => limit?.unit === "percent");
  const rows = isShare ? await countLookedAt(connection, request, check) : null;
  const some = (most: number): string => `SELECT * FROM (${failing}\n) ORDER BY ALL LIMIT ${most}`;
  const keep = request.keep?.[at] ?? null;
  if (keep === null)
    return { failures, byPartition, rows, examples: await examplesOf(connection, some(examplesShown)), kept: null, problem: null };
  const parquet = join(keep.folder, `${keep.name}.parquet`);
  await connection.run(`COPY (${some(mostKept)}) TO ${text(parquet)} (FORMAT parquet)`);
  const read = `SELECT * FROM read_parquet(${text(parquet)}, hive_partitioning = false)`;
  await connection.run(`COPY (${read}) TO ${text(join(keep.folder, `${keep.name}.csv`))} (FORMAT csv, HEADER true)`);
  const examples = await examplesOf(connection, `${read} LIMIT ${examplesShown}`);
  return { failures, byPartition, rows, examples, kept: Math.min(failures, mostKept), problem: null };
}

async function examplesOf(connection: Connection, select: string): Promise<CheckResult["examples"]> {
  const table = await connection.table(select);
  return table.rows.map((row) => Object.fromEntries(table.columns.map((column, at) => [column.name, row[at] ?? null])));
}

async function countLookedAt(connection: Connection, { subject }: CheckRequest, check: Check): Promise<number> {
  return numberOf((await connection.rows(`SELECT count(*) AS n FROM ${lookedAt(subject.name, check)}`))[0]?.["n"]);
}

function lookedAt(asset: string, check: Check): string {
  return `(SELECT * FROM ${ident(asset)}${check.where === null ? "" : ` WHERE ${check.where}\n`})`;
}

interface Asked extends Pick<CheckRequest, "at" | "zones"> {
  readonly subject: TableShape;
}

/** Every check is a SELECT of the rows that break it. */
function failingRows(request: Asked, check: Check): string {
  const from = lookedAt(request.subject.name, check);
  switch (check.rule) {
    case "not_null":
      return `SELECT * FROM ${from} WHERE ${check.columns.map((column) => `${ident(column)} IS NULL`).join(" OR ")}`;
    case "unique": {
      const columns = check.columns.map(ident).join(", ");
      return `SELECT ${columns}, count(*) AS "count" FROM ${from} GROUP BY ${columns} HAVING count(*) > 1`;
    }
    case "accepted_values":
      return `SELECT * FROM ${from} WHERE ${ident(check.column)} NOT IN (${check.values.map((value) => valueOf(request, check.column, value)).join(", ")})`;
    case "range":
      return `SELECT * FROM ${from} WHERE ${bounds(ident(check.column), limitOf(request, check.column, check.min), limitOf(request, check.column, check.max))}`;
    case "matches":
      return `SELECT * FROM ${from} WHERE NOT regexp_full_match(${ident(check.column)}::VARCHAR, ${text(check.pattern)})`;
    case "relationships":
      return withoutCounterpart(from, check);
    case "row_count":
      return `SELECT * FROM (SELECT count(*) AS "rows" FROM ${from}) WHERE ${bounds('"rows"', numeral(check.min), numeral(check.max))}`;
    case "freshness":
      return tooOld(request, from, check);
    case "expression":
      return `SELECT * FROM ${from} WHERE NOT (${check.expression}\n)`;
    case "sql":
      return check.sql.trim().replace(/;\s*$/, "");
    default:
      return unreachable(check);
  }
}

function withoutCounterpart(from: string, { columns, to, fields }: Extract<Check, { rule: "relationships" }>): string {
  const present = columns.map((column) => `_row.${ident(column)} IS NOT NULL`);
  const equal = columns.map((column, at) => `_other.${ident(fields[at] ?? column)} = _row.${ident(column)}`);
  return `SELECT * FROM ${from} _row WHERE ${present.join(" AND ")} AND NOT EXISTS (SELECT 1 FROM ${ident(to)} _other WHERE ${equal.join(" AND ")})`;
}

/** One row where the newest is too old, or where there is none. */
function tooOld({ subject, at, zones }: Asked, from: string, { column, maxAgeMs }: Extract<Check, { rule: "freshness" }>): string {
  const type = typeOf(subject.columns, column);
  const instant = instantOf({ type, zone: zones[column] ?? "UTC" }, "newest");
  const oldest = literal({ instant: new Date(at - maxAgeMs).toISOString() });
  return `SELECT newest, ${oldest} AS oldest_allowed FROM (SELECT max(${ident(column)}) AS newest FROM ${from}) WHERE newest IS NULL OR ${instant} < ${oldest}`;
}

function typeOf(columns: readonly ColumnType[], name: string): string {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.type ?? "";
}

/** SQL for a value that a column is compared with; a text is one of the column's type. */
function valueOf({ subject }: Asked, column: string, value: string | number | boolean): string {
  const type = typeOf(subject.columns, column);
  return typeof value === "string" || type === "VARCHAR" ? `CAST(${text(String(value))} AS ${type})` : literal(value);
}

function limitOf(asked: Asked, column: string, limit: string | number | null): string | null {
  return limit === null ? null : valueOf(asked, column, limit);
}

/** @param min SQL; null: no limit */
function bounds(value: string, min: string | null, max: string | null): string {
  const broken: string[] = [];
  if (min !== null) broken.push(`${value} < ${min}`);
  if (max !== null) broken.push(`${value} > ${max}`);
  return broken.length === 0 ? "false" : broken.join(" OR ");
}

function numeral(number: number | null): string | null {
  return number === null ? null : String(number);
}
