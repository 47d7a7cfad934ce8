import type { Traced, TraceRequest } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { readParts } from "./ready.js";
import { ident, text } from "./sql.js";
import { inUserSql } from "./transform.js";

const provenance = ["_delivery", "_file", "_line"];

/** Rows of a table that a condition, and values of some expressions, single out; with where they came from. */
export async function trace(connection: Connection, { table, where, matches, limit, landed }: TraceRequest): Promise<Traced> {
  const columns = table.columns.map(({ name }) => ident(name));
  const all = [...columns, ...(landed ? provenance : [])].join(", ");
  await connection.run(
    table.files.length === 0
      ? `CREATE OR REPLACE TEMP VIEW _traced AS SELECT ${[...table.columns.map(({ name, type }) => `NULL::${type} AS ${ident(name)}`), ...(landed ? provenance.map((name) => `NULL AS ${name}`) : [])].join(", ")} WHERE false`
      : `CREATE OR REPLACE TEMP VIEW _traced AS SELECT ${all} FROM ${readParts(table.files, table.columns, table.partitionBy)}`,
  );
  // One of several ways in which the input is read is enough.
  const conditions = matches.map(({ keys, value, type }) => {
    const given = value === null ? "NULL" : `CAST(${text(value)} AS ${type})`;
    return `(${keys.map((key) => `((${key}) IS NOT DISTINCT FROM ${given})`).join(" OR ")})`;
  });
  const prefix = "SELECT count(*) AS n FROM _traced WHERE (";
  const asked = where ?? "true";
  const rest = ["true", ...conditions].join(" AND ");
  const [counted] = await inUserSql(asked, prefix, () => connection.rows(`${prefix}${asked}\n) AND ${rest}`));
  const rows = await connection.table(`SELECT * FROM _traced WHERE (${asked}\n) AND ${rest} ORDER BY ALL LIMIT ${limit}`);
  return { rows: numberOf(counted?.["n"]), table: rows };
}
