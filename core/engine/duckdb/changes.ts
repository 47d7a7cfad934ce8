import type { ChangesRequest, RowChanges } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { emptySelect, readParts } from "./ready.js";
import { ident, text } from "./sql.js";

/**
 * What became of the rows between two states. A row of a key that left as another row of that key came is an update; without a key,
 * or where a key is there more than once, rows only leave and come. Rows count as often as they are there.
 */
export async function changes(connection: Connection, request: ChangesRequest): Promise<RowChanges> {
  const { columns, key, limit, into } = request;
  const names = columns.map(({ name }) => ident(name));
  const rows = ({ files, columns: types, partitionBy }: ChangesRequest["before"]): string => {
    if (files.length === 0) return emptySelect(columns);
    const typed = columns.map(({ name, type }) => {
      const own = types.find((column) => column.name === name)?.type;
      return own === type ? ident(name) : `${ident(name)}::${type} AS ${ident(name)}`;
    });
    return `SELECT ${typed.join(", ")} FROM ${readParts(files, types, partitionBy)}`;
  };
  const [before, after] = [rows(request.before), rows(request.after)];
  const once = key.length === 0 ? "false" : `count(*) OVER (PARTITION BY ${key.map(ident).join(", ")}) = 1`;
  const same = key.map((name) => `g.${ident(name)} IS NOT DISTINCT FROM c.${ident(name)}`).join(" AND ") || "false";
  const side = (of: "g" | "c", alone: string, paired: string): string =>
    `SELECT CASE WHEN ${of}._once AND EXISTS (SELECT 1 FROM ${of === "g" ? "_come c" : "_gone g"} WHERE ${of === "g" ? "c" : "g"}._once AND ${same})
       THEN '${paired}' ELSE '${alone}' END AS _op, ${names.map((name) => `${of}.${name}`).join(", ")} FROM ${of === "g" ? "_gone g" : "_come c"}`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE _gone AS SELECT *, ${once} AS _once FROM ((${before}) EXCEPT ALL (${after}))`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE _come AS SELECT *, ${once} AS _once FROM ((${after}) EXCEPT ALL (${before}))`);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE _changes AS ${side("g", "delete", "update_before")} UNION ALL ${side("c", "insert", "update_after")}`,
  );
  const order = [...key.map(ident), "array_position(['delete', 'update_before', 'update_after', 'insert'], _op)", ...names].join(", ");
  const [counts] = await connection.rows(`
    SELECT count(*) FILTER (_op = 'insert') AS inserted, count(*) FILTER (_op = 'delete') AS deleted,
      count(*) FILTER (_op = 'update_after') AS updated FROM _changes`);
  const sorted = `SELECT * FROM _changes ORDER BY ${order}`;
  if (into !== null) await connection.run(`COPY (${sorted}) TO ${text(into)} (FORMAT parquet)`);
  return {
    inserted: numberOf(counts?.["inserted"]),
    deleted: numberOf(counts?.["deleted"]),
    updated: numberOf(counts?.["updated"]),
    rows: await connection.table(limit === null ? sorted : `${sorted} LIMIT ${limit}`),
  };
}
