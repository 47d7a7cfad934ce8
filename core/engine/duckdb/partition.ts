import type { Column, PartitionField } from "../../model.js";
import { unreachable } from "../../model.js";
import { hiveNull } from "../affected.js";
import { ident, text } from "./sql.js";

/** The value of one folder level, as SQL over a row. */
export function fieldValue(field: PartitionField): string {
  return fieldValueOf(field, ident(field.column));
}

/** The same for an expression in the column's place. */
export function fieldValueOf(field: PartitionField, column: string): string {
  switch (field.transform) {
    case "identity":
      return column;
    case "year":
      return `strftime(${column}, '%Y')`;
    case "month":
      return `strftime(${column}, '%Y-%m')`;
    case "day":
      return `strftime(${column}, '%Y-%m-%d')`;
    case "hour":
      return `strftime(${column}, '%Y-%m-%d-%H')`;
    case "bucket":
      // MD5, because DuckDB's own hash may change from release to release.
      return `(md5_number(${column}::VARCHAR) % ${field.argument ?? 1})::VARCHAR`;
    case "truncate":
      return `CASE WHEN ${column} IS NULL THEN NULL ELSE ${truncated(column, field.argument ?? 1)} END`;
    default:
      return unreachable(field.transform);
  }
}

/** Whole numbers to a multiple of the width (as Iceberg does, towards minus infinity), texts to a prefix. */
function truncated(column: string, width: number): string {
  const number = `TRY_CAST(${column}::VARCHAR AS HUGEINT)`;
  return `CASE WHEN typeof(${column}) = 'VARCHAR' THEN left(${column}::VARCHAR, ${width})
    ELSE (${number} - ((${number} % ${width}) + ${width}) % ${width})::VARCHAR END`;
}

/** The partition key of a row as text: the path its part will have, encoded as DuckDB encodes it. */
export function partitionKey(fields: readonly PartitionField[]): string {
  return pathOf(fields, fields.map(fieldValue));
}

/** The path that these values of these fields make. */
export function pathOf(fields: readonly PartitionField[], values: readonly string[]): string {
  if (fields.length === 0) return "''";
  const levels = fields.map(
    (field, at) => `${text(`${field.name}=`)} || coalesce(url_encode((${values[at]})::VARCHAR), ${text(hiveNull)})`,
  );
  return levels.join(" || '/' || ");
}

/** Columns for PARTITION_BY that the rows do not have yet. */
export function addedFields(fields: readonly PartitionField[]): readonly string[] {
  return fields.filter((field) => field.transform !== "identity").map((field) => `${fieldValue(field)} AS ${ident(field.name)}`);
}

export function identityColumns(fields: readonly PartitionField[]): readonly string[] {
  return fields.filter((field) => field.transform === "identity").map((field) => field.column);
}

/** Start of the interval after the partition of `instant`, by the finest time transform over the event time. */
export function partitionEnd(fields: readonly PartitionField[], eventTime: string, instant: string): string {
  const grains = ["hour", "day", "month", "year"] as const;
  const grain = grains.find((unit) => fields.some((field) => field.column === eventTime && field.transform === unit));
  return grain === undefined ? instant : `(date_trunc('${grain}', ${instant}) + INTERVAL 1 ${grain})`;
}

/** A moment of a column's values as an instant: text without an offset was wall-clock time of the column's zone. */
export function instantOf(column: Pick<Column, "type" | "zone">, moment: string): string {
  // `AT TIME ZONE` takes an instant as it stands in UTC, the session's zone, to what it was: no harm in asking for that.
  const zone = column.type === "TIMESTAMP WITH TIME ZONE" ? "UTC" : column.zone;
  return `((${moment})::TIMESTAMP AT TIME ZONE ${text(zone)})`;
}

/** The event time of a row as an instant; null where the asset declares none. */
export function eventInstant(eventTime: string | null, columns: readonly Pick<Column, "name" | "type" | "zone">[]): string | null {
  const column = columns.find(({ name }) => name === eventTime);
  return column === undefined ? null : instantOf(column, ident(column.name));
}
