import { join } from "node:path";
import type { ColumnType, PartitionField, PartitionKey } from "../../model.js";
import type { BasePartition, FoldedPartition, WrittenFile } from "../engine.js";
import { type Connection, numberOf, shown } from "./connection.js";
import { addedFields } from "./partition.js";
import { ident, text } from "./sql.js";

/**
 * Rows -> one or more Parquet files for each of their partitions, always into a fresh folder, and counted:
 * a partitioned COPY can lose rows (duckdb#24308), so what was written must be what was given.
 */
export async function writeParts(
  connection: Connection,
  select: string,
  partitionBy: readonly PartitionField[],
  into: string,
): Promise<ReadonlyMap<PartitionKey, readonly WrittenFile[]>> {
  const given = numberOf((await connection.rows(`SELECT count(*) AS n FROM (${select})`))[0]?.["n"]);
  const parts = new Map<PartitionKey, readonly WrittenFile[]>();
  if (given === 0) return parts;
  const { target, options, rows } =
    partitionBy.length === 0
      ? { target: `${into}.parquet`, options: "", rows: select }
      : {
          target: into,
          options: `, PARTITION_BY (${partitionBy.map((field) => ident(field.name)).join(", ")}), WRITE_PARTITION_COLUMNS false`,
          rows: `${[`SELECT *`, ...addedFields(partitionBy)].join(", ")} FROM (${select})`,
        };
  const written = await connection.rows(`COPY (${rows}) TO ${text(target)} (FORMAT parquet${options}, RETURN_STATS)`);
  for (const row of written) {
    const path = String(row["filename"]);
    const folder = path.slice(into.length + 1, path.lastIndexOf("/"));
    const partition = (partitionBy.length === 0 ? "" : folder) as PartitionKey;
    parts.set(partition, [...(parts.get(partition) ?? []), { path, rows: numberOf(row["count"]) }]);
  }
  const counted = [...parts.values()].flat().reduce((sum, file) => sum + file.rows, 0);
  if (counted !== given) throw new Error(`${given} rows given, ${counted} written to ${into}`);
  return parts;
}

/** A hash over rows that does not depend on their order. */
export function contentHash(columns: readonly ColumnType[], visible: string): string {
  const names = columns.map((column) => ident(column.name)).join(", ");
  return `(count(*) FILTER (${visible}))::VARCHAR || ':' || coalesce(sum(hash(${names})::HUGEINT) FILTER (${visible}), 0)::VARCHAR`;
}

/** Lowest and highest of instants as ISO texts in UTC. */
export function edgesOfInstants(instant: string | null, visible: string): string {
  if (instant === null) return "NULL AS lo, NULL AS hi";
  const edge = (pick: string): string => `strftime(${pick}(${instant}) FILTER (${visible}), '%Y-%m-%dT%H:%M:%S.%fZ')`;
  return `${edge("min")} AS lo, ${edge("max")} AS hi`;
}

export function edgesOf(row: Awaited<ReturnType<Connection["rows"]>>[number]): FoldedPartition["eventTime"] {
  const [min, max] = [shown(row["lo"] ?? null), shown(row["hi"] ?? null)];
  return min === null || max === null ? null : { min, max };
}

/** Rows of the base's parts and of its shadow: `_live` tells them apart. */
export interface BaseFiles {
  readonly parts: readonly string[];
  readonly shadow: readonly string[];
  readonly partitionOf: (file: string) => PartitionKey;
}

export function baseFiles(base: readonly BasePartition[]): BaseFiles {
  const of = new Map(base.flatMap((entry) => [...entry.parts, ...entry.shadow].map((file) => [file, entry.partition] as const)));
  return {
    parts: base.flatMap((entry) => entry.parts),
    shadow: base.flatMap((entry) => entry.shadow),
    partitionOf: (file) => of.get(file) ?? ("" as PartitionKey),
  };
}

/** A folder of its own for each write. */
export function freshFolder(into: string, name: string, number: number): string {
  return join(into, `${name}-${String(number).padStart(6, "0")}`);
}
