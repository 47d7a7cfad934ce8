import type { ColumnType, PartitionKey } from "../../model.js";
import type { FoldedPartition, Parameters, TransformRequest, TransformResult } from "../engine.js";
import { SqlError } from "../engine.js";
import { canReach, contributing, isBuilt, isMeant } from "./affected.js";
import { type Connection, numberOf } from "./connection.js";
import { lookedBackAt } from "./lookback.js";
import { placeWithout, withValues } from "./parameters.js";
import { characterOffset } from "./parse.js";
import { partitionKey } from "./partition.js";
import { createReadyView } from "./ready.js";
import { ident, text } from "./sql.js";
import { contentHash, edgesOf, edgesOfInstants, freshFolder, writeParts } from "./write.js";

/** A derived asset: its SELECT over its inputs; only partitions whose content differs from the base are written. */
export async function transform(connection: Connection, request: TransformRequest): Promise<TransformResult> {
  const { only, partitionBy } = request;
  for (const input of request.inputs) {
    const reach = request.reach.find((found) => found.input === input.name);
    const window = request.windows.find((found) => found.input === input.name);
    const lookedBack = only === null || window === undefined ? null : lookedBackAt(input, window, partitionBy, only);
    if (only === null) await createReadyView(connection, input);
    else if (lookedBack !== null) await createReadyView(connection, { ...input, files: lookedBack.files }, lookedBack.condition);
    else {
      const files = await contributing(connection, input, partitionBy, only, reach);
      await createReadyView(connection, { ...input, files }, canReach(partitionBy, only, reach));
    }
  }
  const columns = await createResult(connection, request.sql, request.parameters);
  await inUserSql(request.sql, "", () =>
    connection.run(
      `CREATE OR REPLACE TEMP TABLE _built AS SELECT *, ${partitionKey(partitionBy)} AS _partition FROM _result${only === null ? "" : ` WHERE ${isBuilt(partitionBy, only)}`}`,
    ),
  );
  const summary = await connection.rows(`
    SELECT _partition, count(*) AS rows, ${contentHash(columns, "true")} AS hash, ${edgesOfInstants(request.eventTime === null ? null : `${ident(request.eventTime)}::TIMESTAMPTZ`, "true")}
    FROM _built GROUP BY _partition ORDER BY _partition`);
  const before = new Map(request.base.map((entry) => [entry.partition, entry.contentHash]));
  const differing = summary
    .filter((row) => before.get(String(row["_partition"]) as PartitionKey) !== String(row["hash"]))
    .map((row) => String(row["_partition"]) as PartitionKey);
  const changed = new Set(differing);
  const parts = await writeParts(
    connection,
    `SELECT * EXCLUDE (_partition) FROM _built WHERE _partition IN (${differing.length === 0 ? "NULL" : differing.map(text).join(", ")})`,
    request.partitionBy,
    freshFolder(request.into, "part", 0),
  );
  const partitions = summary.map((row): FoldedPartition => {
    const partition = String(row["_partition"]) as PartitionKey;
    return {
      partition,
      rows: numberOf(row["rows"]),
      contentHash: String(row["hash"]),
      eventTime: edgesOf(row),
      visible: changed.has(partition) ? (parts.get(partition) ?? []) : null,
      shadow: null,
    };
  });
  return { columns, partitions: [...partitions, ...emptied(request, partitions)] };
}

/** Partitions the base has and the result has not. */
function emptied(request: TransformRequest, now: readonly FoldedPartition[]): readonly FoldedPartition[] {
  const present = new Set(now.map((entry) => entry.partition));
  return request.base
    .filter(
      (entry) =>
        !present.has(entry.partition) &&
        entry.rows > 0 &&
        (request.only === null || isMeant(request.partitionBy, request.only, entry.partition)),
    )
    .map((entry) => ({ partition: entry.partition, rows: 0, contentHash: "0:0", eventTime: null, visible: [], shadow: null }));
}

/** Binds the SELECT as view `_result` and tells its columns. */
export async function createResult(connection: Connection, sql: string, parameters: Parameters): Promise<readonly ColumnType[]> {
  const prefix = "CREATE OR REPLACE TEMP VIEW _result AS ";
  await inUserSql(sql, prefix, () => connection.run(prefix + withValues(sql, parameters)), parameters);
  const described = await connection.rows("DESCRIBE _result");
  return described.map((row) => ({ name: String(row["column_name"]), type: String(row["column_type"]) }));
}

/** The engine's byte position in what was run -> character offset in what the user wrote. */
export async function inUserSql<T>(sql: string, prefix: string, work: () => Promise<T>, parameters: Parameters = {}): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SqlError) || error.offset === null) throw error;
    const offset = placeWithout(sql, parameters, characterOffset(prefix + withValues(sql, parameters), error.offset) - prefix.length);
    throw new SqlError(error.kind, error.message, offset >= 0 && offset <= sql.length ? offset : null, error.candidates);
  }
}
