import type { ColumnType, PartitionField } from "../../model.js";
import type { ReadyTable } from "../engine.js";
import type { Connection } from "./connection.js";
import { ident, text, texts } from "./sql.js";

/** `read_parquet` over parts: identity partition columns stand in the folder names, with their declared types. */
export function readParts(files: readonly string[], columns: readonly ColumnType[], partitionBy: readonly PartitionField[]): string {
  const identity = partitionBy.filter((field) => field.transform === "identity");
  if (identity.length === 0) return `read_parquet(${texts(files)}, hive_partitioning = false)`;
  const types = identity.map((field) => {
    const type = columns.find((column) => column.name === field.column)?.type ?? "VARCHAR";
    return `${text(field.column)}: ${text(type)}`;
  });
  return `read_parquet(${texts(files)}, hive_partitioning = true, hive_types = {${types.join(", ")}})`;
}

/** What SQL sees of an asset: its declared columns, nothing internal; with a condition only the rows that meet it. */
export async function createReadyView(connection: Connection, table: ReadyTable, condition: string | null = null): Promise<void> {
  const columns = table.columns.map((column) => ident(column.name)).join(", ");
  const select =
    table.files.length === 0
      ? emptySelect(table.columns)
      : `SELECT ${columns} FROM ${readParts(table.files, table.columns, table.partitionBy)}${condition === null ? "" : ` WHERE ${condition}`}`;
  await connection.run(`CREATE OR REPLACE TEMP VIEW ${ident(table.name)} AS ${select}`);
}

export function emptySelect(columns: readonly ColumnType[]): string {
  const values = columns.map((column) => `NULL::${column.type} AS ${ident(column.name)}`);
  return `SELECT ${values.join(", ")} WHERE false`;
}
