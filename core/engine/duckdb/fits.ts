import type { Format } from "../../model.js";
import type { Table, TextsQuestion } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { ident, text, texts } from "./sql.js";
import { isNested, meaningful, typed } from "./typing.js";

/** For each question the texts that a run would refuse, by their place: judged by what a run types with. */
export async function refusedTexts(connection: Connection, questions: readonly TextsQuestion[]): Promise<readonly ReadonlySet<number>[]> {
  const asked = questions.flatMap(({ column, texts: given }, at) =>
    given.length === 0
      ? []
      : [
          `SELECT ${at} AS question, i FROM (SELECT unnest(${texts(given)}) AS t, unnest(range(${given.length})) AS i)
           WHERE (${meaningful(column, "t")}) IS NOT NULL AND (${typed(column, "t")}) IS NULL`,
        ],
  );
  const found = questions.map(() => new Set<number>());
  if (asked.length === 0) return found;
  for (const row of await connection.rows(asked.join(" UNION ALL "))) found[numberOf(row["question"])]?.add(numberOf(row["i"]));
  return found;
}

/** The first rows of a file that names its fields, as texts. */
export async function firstRows(connection: Connection, path: string, format: Exclude<Format, "csv">, rows: number): Promise<Table> {
  if (format === "parquet") return firstOfParquet(connection, `read_parquet(${texts([path])}, hive_partitioning = false)`, rows);
  const kind = format === "json" ? "auto" : "newline_delimited";
  const objects = `SELECT json FROM read_json_objects(${texts([path])}, format = '${kind}', hive_partitioning = false) LIMIT ${rows}`;
  const keys = await connection.table(
    `SELECT DISTINCT unnest(json_keys(json)) FROM (${objects}) WHERE json_type(json) = 'OBJECT' ORDER BY ALL`,
  );
  const names = keys.rows.flatMap(([name]) => (name === null || name === undefined ? [] : [name]));
  if (names.length === 0) return { columns: [], rows: [] };
  const values = names.map((name) => `json ->> ${text(`$."${name.replaceAll('"', '\\"')}"`)} AS ${ident(name)}`);
  return connection.table(`SELECT ${values.join(", ")} FROM (${objects})`);
}

/** Lists and structs as JSON, as a run reads them where they are not of the declared type already. */
async function firstOfParquet(connection: Connection, source: string, rows: number): Promise<Table> {
  const described = await connection.rows(`DESCRIBE SELECT * FROM ${source}`);
  const values = described.map((row) => {
    const name = ident(String(row["column_name"]));
    return `${isNested(String(row["column_type"])) ? `to_json(${name})` : name}::VARCHAR AS ${name}`;
  });
  return connection.table(`SELECT ${values.join(", ")} FROM ${source} LIMIT ${rows}`);
}
