import { error, FlowError } from "../diagnostic.js";
import { SqlError, type Table } from "../engine/engine.js";
import { readyTable } from "../operators/ready-table.js";
import type { Opened } from "./opened.js";
import { sqlTrouble } from "./sql-trouble.js";

/** One SELECT over the ready assets. */
export async function query({ catalog, engine, layout }: Opened, sql: string): Promise<Table> {
  await using session = await engine.session();
  const [parsed] = await engine.parse([sql]);
  const text = { sql, file: { path: "<query>", text: sql }, range: { start: 0, end: sql.length } };
  if (parsed?.ok !== true)
    throw new FlowError([sqlTrouble(new SqlError("parser", parsed?.message ?? "", parsed?.offset ?? null, []), text)]);
  // Every pointer is resolved once, before the first row is read.
  const ready = await Promise.all(catalog.assets.map(({ name }) => readyTable(layout, name)));
  const unpublished = parsed.tables
    .map(({ name }) => name)
    .filter((name) => catalog.assets.some((asset, at) => asset.name === name && ready[at] === null));
  if (unpublished.length > 0) {
    throw new FlowError([error("unknown-version", null, `\`${unpublished[0]}\` has no version yet`, "`flow run` makes one")]);
  }
  try {
    return await session.query(
      sql,
      ready.flatMap((entry) => (entry === null ? [] : [entry.table])),
    );
  } catch (trouble) {
    throw trouble instanceof SqlError ? new FlowError([sqlTrouble(trouble, text)]) : trouble;
  }
}
