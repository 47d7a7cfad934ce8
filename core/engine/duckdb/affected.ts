import type { PartitionField } from "../../model.js";
import type { Affected, AffectedQuestion, InputReach } from "../engine.js";
import { type Connection } from "./connection.js";
import { fieldValue, pathOf } from "./partition.js";
import { emptySelect, readParts } from "./ready.js";
import { ident, text } from "./sql.js";

/**
 * The output partitions that a change of an input can reach: the keys of the rows that came or went. Rows that are the same
 * before and after reach nothing, so one corrected row of a month costs its day.
 */
export async function affectedPaths(connection: Connection, question: AffectedQuestion): Promise<readonly string[]> {
  const { input, before, after } = question;
  const columns = input.columns.map(({ name }) => ident(name)).join(", ");
  const rows = (files: readonly string[]): string =>
    files.length === 0 ? emptySelect(input.columns) : `SELECT ${columns} FROM ${readParts(files, input.columns, input.partitionBy)}`;
  const differing = `((${rows(before)}) EXCEPT ALL (${rows(after)})) UNION ALL ((${rows(after)}) EXCEPT ALL (${rows(before)}))`;
  const paths = pathsOver(question.partitionBy, question.fields, question.reach);
  const found = await connection.rows(`
    SELECT DISTINCT unnest([${paths.join(", ")}]) AS path FROM (${differing}) ORDER BY path`);
  return found.map((row) => String(row["path"]));
}

/** Of each row of an input the paths it can reach: one for each way in which it is read. */
function pathsOver(partitionBy: readonly PartitionField[], fields: readonly number[], reach: AffectedQuestion["reach"]): readonly string[] {
  const keys = fields.map((at) => reach.fields.find((field) => field.at === at)?.keys ?? []);
  const combinations = keys.reduce<readonly (readonly string[])[]>((all, next) => all.flatMap((one) => next.map((key) => [...one, key])), [[]]);
  const chosen = fieldsAt(partitionBy, fields);
  return combinations.map((values) => pathOf(chosen, values));
}

/** Condition on the rows of an input: whether they can reach the partitions that are built; null: any can. */
export function canReach(partitionBy: readonly PartitionField[], only: Affected, reach: InputReach | undefined): string | null {
  if (reach?.kind !== "aligned" || !only.fields.every((at) => reach.fields.some((field) => field.at === at))) return null;
  const paths = pathsOver(partitionBy, only.fields, reach);
  return paths.map((path) => `(${path}) IN (${listed(only)})`).join(" OR ");
}

/** Condition on the rows of the result: whether they belong to a partition that is built. */
export function isBuilt(partitionBy: readonly PartitionField[], only: Affected): string {
  const chosen = fieldsAt(partitionBy, only.fields);
  return `(${pathOf(chosen, chosen.map(fieldValue))}) IN (${listed(only)})`;
}

function fieldsAt(partitionBy: readonly PartitionField[], fields: readonly number[]): readonly PartitionField[] {
  return fields.flatMap((at) => partitionBy[at] ?? []);
}

function listed({ paths }: Affected): string {
  return paths.length === 0 ? "NULL" : paths.map(text).join(", ");
}
