import type { PartitionField } from "../../model.js";
import { type Affected, hiveNull, isWithin, type Range } from "../affected.js";
import type { AffectedQuestion, FollowingQuestion, InputReach, ReachKey, ReadyTable, Session, SpreadQuestion } from "../engine.js";
import { type Connection, numberOf, shown } from "./connection.js";
import { fieldValue, fieldValueOf, pathOf } from "./partition.js";
import { emptySelect, readParts } from "./ready.js";
import { ident, text, texts } from "./sql.js";

/**
 * The output partitions that a change of an input can reach: the keys of the rows that came or went. Rows that are the same
 * before and after reach nothing, so one corrected row of a month costs its day.
 */
export async function affectedPaths(connection: Connection, question: AffectedQuestion): Promise<readonly string[]> {
  const paths = pathsOver(question.partitionBy, question.fields, question.reach);
  const found = await connection.rows(`
    SELECT DISTINCT unnest([${paths.join(", ")}]) AS path FROM (${differing(question)}) ORDER BY path`);
  return found.map((row) => String(row["path"]));
}

/** Rows that only one of two states has, as bags. */
function differing({ input, before, after }: Pick<AffectedQuestion, "input" | "before" | "after">): string {
  const columns = input.columns.map(({ name }) => ident(name)).join(", ");
  const rows = (files: readonly string[]): string =>
    files.length === 0 ? emptySelect(input.columns) : `SELECT ${columns} FROM ${readParts(files, input.columns, input.partitionBy)}`;
  return `((${rows(before)}) EXCEPT ALL (${rows(after)})) UNION ALL ((${rows(after)}) EXCEPT ALL (${rows(before)}))`;
}

/** From the partition of each changed row on: as far as `lookbackMs`, or all. */
export async function following(connection: Connection, question: FollowingQuestion): Promise<Affected | null> {
  const { column, field, lookbackMs } = question;
  const moments = `SELECT DISTINCT ${ident(column)}::TIMESTAMP AS t FROM (${differing(question)})`;
  const [edges] = await connection.rows(
    `SELECT min(t) AS lo, count(*) - count(t) AS unknown, count(*) AS n, ${fieldValueOf(field, "min(t)")} AS first FROM (${moments})`,
  );
  if (edges === undefined || numberOf(edges["unknown"]) > 0) return null;
  if (numberOf(edges["n"]) === 0) return { kind: "paths", fields: [0], paths: [] };
  if (lookbackMs === null) {
    const first = shown(edges["first"] ?? null);
    return { kind: "range", from: first === null ? null : { value: first, included: true }, to: null };
  }
  const grain = field.transform;
  const steps = `generate_series(date_trunc('${grain}', t), t + INTERVAL (${lookbackMs}) MILLISECOND, INTERVAL 1 ${grain})`;
  const found = await connection.rows(`
    SELECT DISTINCT ${pathOf([field], [fieldValueOf(field, "moment")])} AS path FROM (SELECT unnest(${steps}) AS moment FROM (${moments})) ORDER BY path`);
  return { kind: "paths", fields: [0], paths: found.map((row) => String(row["path"])) };
}

/** Of each row of an input the paths it can reach: one for each way in which it is read. */
function pathsOver(partitionBy: readonly PartitionField[], fields: readonly number[], reach: AffectedQuestion["reach"]): readonly string[] {
  const keys = fields.map((at) => reach.fields.find((field) => field.at === at)?.keys ?? []);
  const combinations = keys.reduce<readonly (readonly string[])[]>(
    (all, next) => all.flatMap((one) => next.map((key) => [...one, key.sql])),
    [[]],
  );
  const chosen = fieldsAt(partitionBy, fields);
  return combinations.map((values) => pathOf(chosen, values));
}

/** Condition on the rows of an input: whether they can reach the partitions that are built; null: any can. */
export function canReach(partitionBy: readonly PartitionField[], only: Affected, reach: InputReach | undefined): string | null {
  if (reach?.kind !== "aligned") return null;
  if (only.kind === "any") {
    const each = only.of.map((one) => canReach(partitionBy, one, reach));
    return each.includes(null) ? null : each.map((condition) => `(${condition})`).join(" OR ");
  }
  if (only.kind === "range") {
    const keys = reach.fields.find(({ at }) => at === 0)?.keys;
    return keys === undefined ? null : keys.map(({ sql }) => `(${within(sql, only)})`).join(" OR ");
  }
  if (!only.fields.every((at) => reach.fields.some((field) => field.at === at))) return null;
  const paths = pathsOver(partitionBy, only.fields, reach);
  return paths.map((path) => `(${path}) IN (${listed(only.paths)})`).join(" OR ");
}

/** Condition on the rows of the result: whether they belong to a partition that is built. */
export function isBuilt(partitionBy: readonly PartitionField[], only: Affected): string {
  const [first] = partitionBy;
  if (only.kind === "any") return only.of.map((one) => `(${isBuilt(partitionBy, one)})`).join(" OR ");
  if (only.kind === "range") return first === undefined ? "true" : within(fieldValue(first), only);
  const chosen = fieldsAt(partitionBy, only.fields);
  return `(${pathOf(chosen, chosen.map(fieldValue))}) IN (${listed(only.paths)})`;
}

function within(value: string, { from, to }: Range): string {
  const bounds = [
    from === null ? [] : [`(${value})::VARCHAR ${from.included ? ">=" : ">"} ${text(from.value)}`],
    to === null ? [] : [`(${value})::VARCHAR ${to.included ? "<=" : "<"} ${text(to.value)}`],
  ].flat();
  // NULL lies in no range, not even in one that is open at both ends.
  return bounds.length === 0 ? `(${value}) IS NOT NULL` : bounds.join(" AND ");
}

/** Whether a partition of the base is one of those that are built. */
export function isMeant(partitionBy: readonly PartitionField[], only: Affected, partition: string): boolean {
  if (only.kind === "any") return only.of.some((one) => isMeant(partitionBy, one, partition));
  const levels = partition.split("/");
  if (only.kind === "paths") return only.paths.includes(only.fields.map((at) => levels[at] ?? "").join("/"));
  const value = decodeURIComponent((levels[0] ?? "").slice((partitionBy[0]?.name ?? "").length + 1));
  return value !== hiveNull && isWithin(value, only);
}

/**
 * Part files of an input that can contribute, told by their folders alone: a folder of a day holds values of that day, and a
 * monotone key of its first and last moment brackets the keys of all its rows.
 */
export async function contributing(
  connection: Connection,
  table: ReadyTable,
  partitionBy: readonly PartitionField[],
  only: Affected,
  reach: InputReach | undefined,
): Promise<readonly string[]> {
  if (only.kind === "any") {
    const kept = new Set<string>();
    for (const one of only.of) for (const file of await contributing(connection, table, partitionBy, one, reach)) kept.add(file);
    return table.files.filter((file) => kept.has(file));
  }
  const told = toldByFolders(table, partitionBy, only.kind === "range" ? 0 : only.fields[0], reach);
  if (told === null) return table.files;
  const { field, keys, time } = told;
  const intervals = table.files.map((file) => ({ file, value: folderValue(file, time) }));
  const known = new Set(intervals.flatMap(({ value }) => value ?? []));
  if (known.size === 0) return table.files;
  const found = await connection.rows(contributingQuery([...known], time, field, keys, only, table));
  const kept = new Set(found.map((row) => String(row["value"])));
  return intervals.filter(({ value }) => value === null || kept.has(value)).map(({ file }) => file);
}

/** By which folders of the input one can tell what reaches a field of the output; null: by none. */
function toldByFolders(
  table: ReadyTable,
  partitionBy: readonly PartitionField[],
  at: number | undefined,
  reach: InputReach | undefined,
): { readonly field: PartitionField; readonly keys: readonly ReachKey[]; readonly time: PartitionField } | null {
  const field = at === undefined ? undefined : partitionBy[at];
  const keys = reach?.kind === "aligned" ? (reach.fields.find((found) => found.at === at)?.keys ?? []) : [];
  const [key] = keys;
  const time = table.partitionBy.find(({ column, transform }) => column === key?.column && transform in formats);
  if (field === undefined || key === undefined || time === undefined || !isMonotoneField(field)) return null;
  return keys.every(({ column, monotone }) => monotone && column === key.column) ? { field, keys, time } : null;
}

/** Rows of an input by the values of the output's first field that they reach. */
export async function spread(connection: Connection, { input, partitionBy, reach }: SpreadQuestion): ReturnType<Session["spread"]> {
  const told = toldByFolders(input, partitionBy, 0, reach);
  if (told === null || input.files.length === 0) return null;
  const values = told.keys.map(({ sql }) => `(${sql})::VARCHAR`).join(", ");
  const found = await connection.rows(`
    SELECT value, count(*) AS rows FROM (SELECT unnest([${values}]) AS value FROM ${readParts(input.files, input.columns, input.partitionBy)})
    WHERE value IS NOT NULL GROUP BY value ORDER BY value`);
  return found.map((row) => ({ value: String(row["value"]), rows: numberOf(row["rows"]) }));
}

const formats: Readonly<Record<string, string>> = { year: "%Y", month: "%Y-%m", day: "%Y-%m-%d", hour: "%Y-%m-%d-%H" };

function isMonotoneField({ transform }: PartitionField): boolean {
  return transform in formats || transform === "identity";
}

function folderValue(file: string, { name }: PartitionField): string | null {
  const level = file.split("/").findLast((folder) => folder.startsWith(`${name}=`));
  const value = level?.slice(name.length + 1);
  return value === undefined || value === hiveNull ? null : value;
}

function contributingQuery(
  known: readonly string[],
  time: PartitionField,
  field: PartitionField,
  keys: readonly ReachKey[],
  only: Exclude<Affected, { kind: "any" }>,
  table: ReadyTable,
): string {
  const type = table.columns.find(({ name }) => name === time.column)?.type ?? "TIMESTAMP";
  const start = `strptime(value, ${text(formats[time.transform] ?? "")})`;
  const edge = (moment: string, key: ReachKey): string =>
    `(SELECT (${key.sql})::VARCHAR FROM (SELECT (${moment})::${type} AS ${ident(time.column)}))`;
  const values =
    only.kind === "range" ? [] : only.paths.map((path) => decodeURIComponent(path.split("/")[0]?.slice(field.name.length + 1) ?? ""));
  const tests = keys.map((key) => {
    const [lo, hi] = [edge("first", key), edge("last", key)];
    if (only.kind === "range")
      return `coalesce((${only.to === null ? "true" : `${lo} <= ${text(only.to.value)}`}) AND (${only.from === null ? "true" : `${hi} >= ${text(only.from.value)}`}), true)`;
    return `coalesce(len(list_filter(${texts(values)}::VARCHAR[], v -> v >= lo_${keys.indexOf(key)} AND v <= hi_${keys.indexOf(key)})) > 0, true)`;
  });
  const edges = keys.flatMap((key, at) => [`${edge("first", key)} AS lo_${at}`, `${edge("last", key)} AS hi_${at}`]).join(", ");
  // One text instead of thousands of literals, each of which would be bound by itself.
  return `SELECT value FROM (
      SELECT value, first, last, ${edges} FROM (
        SELECT value, ${start} AS first, ${start} + INTERVAL 1 ${time.transform} - INTERVAL 1 MICROSECOND AS last
        FROM (SELECT unnest(string_split(${text(known.join(" "))}, ' ')) AS value)))
    WHERE ${tests.join(" OR ")}`;
}

function fieldsAt(partitionBy: readonly PartitionField[], fields: readonly number[]): readonly PartitionField[] {
  return fields.flatMap((at) => partitionBy[at] ?? []);
}

function listed(paths: readonly string[]): string {
  return paths.length === 0 ? "NULL" : paths.map(text).join(", ");
}
