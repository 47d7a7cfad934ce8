import type { CompareRequest, Comparison } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { emptySelect, readParts } from "./ready.js";
import { ident } from "./sql.js";

const examplesShown = 5;

/** As bags of rows: a row that is there twice and should be there once differs. */
export async function compare(connection: Connection, request: CompareRequest): Promise<Comparison> {
  const rows = (files: readonly string[]): string =>
    files.length === 0
      ? emptySelect(request.columns)
      : `SELECT ${request.columns.map(({ name }) => ident(name)).join(", ")} FROM ${readParts(files, request.columns, request.partitionBy)}`;
  const only = (these: readonly string[], those: readonly string[]): string => `(${rows(these)}) EXCEPT ALL (${rows(those)})`;
  const [missing, unexpected] = [only(request.expected, request.actual), only(request.actual, request.expected)];
  return {
    missing: await countOf(connection, missing),
    unexpected: await countOf(connection, unexpected),
    examples: [
      ...(await examplesOf(connection, request, "missing", missing)),
      ...(await examplesOf(connection, request, "unexpected", unexpected)),
    ],
  };
}

async function countOf(connection: Connection, select: string): Promise<number> {
  return numberOf((await connection.rows(`SELECT count(*) AS n FROM (${select})`))[0]?.["n"]);
}

async function examplesOf(
  connection: Connection,
  { key }: CompareRequest,
  side: "missing" | "unexpected",
  select: string,
): Promise<Comparison["examples"]> {
  const columns = key.length === 0 ? "*" : key.map(ident).join(", ");
  const table = await connection.table(`SELECT ${columns} FROM (${select}) ORDER BY ALL LIMIT ${examplesShown}`);
  return table.rows.map((row) => ({ side, row: Object.fromEntries(table.columns.map(({ name }, at) => [name, row[at] ?? null])) }));
}
