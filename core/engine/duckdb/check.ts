import type { Check } from "../../model.js";
import { unreachable } from "../../model.js";
import type { CheckResult } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { ident, literal, text } from "./sql.js";

const examplesShown = 5;

/** Counts the rows that break a check and keeps a few. */
export async function runCheck(connection: Connection, asset: string, check: Check): Promise<CheckResult> {
  const failing = failingRows(asset, check);
  const counted = await connection.rows(`SELECT count(*) AS n FROM (${failing}\n)`);
  const failures = numberOf(counted[0]?.["n"]);
  if (failures === 0) return { failures, examples: [] };
  const table = await connection.table(`SELECT * FROM (${failing}\n) LIMIT ${examplesShown}`);
  const examples = table.rows.map((row) => Object.fromEntries(table.columns.map((column, at) => [column.name, row[at] ?? null])));
  return { failures, examples };
}

/** Every check is a SELECT of the rows that break it. */
function failingRows(asset: string, check: Check): string {
  const from = `(SELECT * FROM ${ident(asset)}${check.where === null ? "" : ` WHERE ${check.where}\n`})`;
  switch (check.rule) {
    case "not_null":
      return `SELECT * FROM ${from} WHERE ${check.columns.map((column) => `${ident(column)} IS NULL`).join(" OR ")}`;
    case "unique": {
      const columns = check.columns.map(ident).join(", ");
      return `SELECT ${columns}, count(*) AS "count" FROM ${from} GROUP BY ${columns} HAVING count(*) > 1`;
    }
    case "accepted_values":
      return `SELECT * FROM ${from} WHERE ${ident(check.column)} NOT IN (${check.values.map(literal).join(", ")})`;
    case "range":
      return `SELECT * FROM ${from} WHERE ${bounds(ident(check.column), check.min, check.max)}`;
    case "matches":
      return `SELECT * FROM ${from} WHERE NOT regexp_full_match(${ident(check.column)}::VARCHAR, ${text(check.pattern)})`;
    case "row_count":
      return `SELECT * FROM (SELECT count(*) AS "rows" FROM ${from}) WHERE ${bounds('"rows"', check.min, check.max)}`;
    case "expression":
      return `SELECT * FROM ${from} WHERE NOT (${check.expression}\n)`;
    case "sql":
      return check.sql.trim().replace(/;\s*$/, "");
    default:
      return unreachable(check);
  }
}

function bounds(value: string, min: string | number | null, max: string | number | null): string {
  const broken: string[] = [];
  if (min !== null) broken.push(`${value} < ${literal(min)}`);
  if (max !== null) broken.push(`${value} > ${literal(max)}`);
  return broken.length === 0 ? "false" : broken.join(" OR ");
}
