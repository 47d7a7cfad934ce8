import { join } from "node:path";
import { UnreadableText } from "../../csv/records.js";
import type { Column, PartitionKey } from "../../model.js";
import { hiveNull } from "../affected.js";
import { type FileToStage, type LateRows, SqlError, type StagedFile, type StageRequest } from "../engine.js";
import { type Connection, numberOf, shown } from "./connection.js";
import { lineNumbers } from "./lines.js";
import { eventInstant, identityColumns, instantOf, partitionEnd, partitionKey } from "./partition.js";
import { type Reader, readerFor } from "./readers.js";
import { ident, joined, list, text } from "./sql.js";
import { expectation, meaningful, typed } from "./typing.js";
import { edgesOfInstants } from "./write.js";

/**
 * Deliveries -> typed rows. Files that read alike go through one query:
 *
 *   files of one shape --COPY--> typed Parquet, in file order --file_row_number--> _line --> view _staged
 *
 * A row that cannot be read as declared stays in the Parquet with its `_refusal`; `_staged` leaves it out.
 */
export async function stage(connection: Connection, outputs: string[], request: StageRequest): Promise<readonly StagedFile[]> {
  await connection.run(
    `CREATE TEMP TABLE IF NOT EXISTS _files (_delivery BIGINT, _file VARCHAR, output BIGINT, first BIGINT, first_line BIGINT)`,
  );
  const work: Work = { connection, request, outputs, unreadable: new Map(), added: new Map(), missing: new Map() };
  for (const group of groups(request.files)) await stageGroup(work, group);
  await createViews(work);
  return account(work);
}

interface Work {
  readonly connection: Connection;
  readonly request: StageRequest;
  /** Typed Parquet of this session so far: staging may come in several calls. */
  readonly outputs: string[];
  readonly unreadable: Map<number, string>;
  readonly added: Map<number, readonly string[]>;
  readonly missing: Map<number, readonly string[]>;
}

type Group = readonly FileToStage[];

/** Files that one query can read: same format, same fields, same dialect. Of those read with care the fields are enough. */
function groups(files: readonly FileToStage[]): readonly Group[] {
  const byShape = new Map<string, FileToStage[]>();
  for (const file of files) {
    const isCareful = file.csv !== null && file.records === null;
    const shape = JSON.stringify([file.format, isCareful, isCareful ? file.csv?.fields : file.csv]);
    byShape.set(shape, [...(byShape.get(shape) ?? []), file]);
  }
  return [...byShape.values()];
}

/** One file that cannot be read must not take the others with it: halve until it stands alone. */
async function stageGroup(work: Work, group: Group): Promise<void> {
  const output = join(work.request.into, `${String(work.outputs.length).padStart(6, "0")}.parquet`);
  try {
    const doubted = await readGroup(work, group, output);
    work.outputs.push(output);
    if (doubted.length > 0)
      await stageGroup(
        work,
        doubted.map((file) => ({ ...file, records: null })),
      );
  } catch (error) {
    if (!isAboutTheFile(error)) throw error;
    const only = group.length === 1 ? group[0] : undefined;
    // Proven plain, and too much for DuckDB all the same, such as a line of megabytes.
    if (only?.csv !== undefined && only.csv !== null && only.records !== null) return stageGroup(work, [{ ...only, records: null }]);
    if (only !== undefined) {
      work.unreadable.set(only.seq, firstLine(error.message));
      return;
    }
    const middle = Math.ceil(group.length / 2);
    await stageGroup(work, group.slice(0, middle));
    await stageGroup(work, group.slice(middle));
  }
}

/** What a file can cause; anything else is trouble of the machine or a mistake of ours. */
function isAboutTheFile(error: unknown): error is SqlError | UnreadableText {
  if (error instanceof UnreadableText) return true;
  if (!(error instanceof SqlError)) return false;
  return ["invalid input", "conversion", "io", "serialization", "out of range", "unknown"].includes(error.kind);
}

function firstLine(message: string): string {
  return message.split("\n").find((line) => line.trim() !== "") ?? message;
}

/** Gives back the files of which DuckDB did not read what is in them. */
async function readGroup(work: Work, group: Group, output: string): Promise<Group> {
  const { connection, request } = work;
  const reader = await readerFor(connection, group, request.columns);
  await connection.run(`COPY (${typedRows(request, group, reader)}) TO ${text(output)} (FORMAT parquet)`);
  if (reader.table !== null) await connection.run(`DROP TABLE ${ident(reader.table)}`);
  for (const [seq, drift] of reader.drift) {
    work.added.set(seq, drift.added);
    work.missing.set(seq, drift.missing);
  }
  return lineNumbers(connection, group, { path: output, place: work.outputs.length }, reader);
}

/** `_f` is the file's place in the group, `r0…` the texts of the declared columns. */
function typedRows(request: StageRequest, group: Group, reader: Reader): string {
  const { columns } = reader;
  const seqs = `(${list(group.map((file) => String(file.seq)))}::BIGINT[])`;
  const values = columns.map(
    (column, at) => `${reader.typedAlready.has(column.name) ? `r${at}` : typed(column, `r${at}`)} AS ${ident(column.name)}`,
  );
  const names = columns.map((column) => ident(column.name)).join(", ");
  return `
    SELECT ${names}, ${seqs}[_f + 1] AS _delivery, _blank, ${reader.line ?? "NULL::BIGINT"} AS _line, ${lateSeconds(request, group)} AS _late,
      ${refusal(request, group, reader)} AS _refusal
    FROM (SELECT *, ${values.join(", ")} FROM (${reader.sql}))`;
}

/** The first rule a row breaks, or NULL. */
function refusal(request: StageRequest, group: Group, reader: Reader): string {
  const cases: string[] = [];
  const broken = (when: string, column: string | null, value: string, reason: string): void => {
    const shownColumn = column === null ? "NULL" : text(column);
    cases.push(`WHEN ${when} THEN {'column': ${shownColumn}, 'value': ${value}, 'reason': ${reason}, 'raw': ${reader.raw}}`);
  };
  if (reader.malformed !== null) broken(reader.malformed.when, null, "NULL", reader.malformed.reason);
  reader.columns.forEach((column, at) => {
    const raw = meaningful(column, `r${at}`);
    const name = ident(column.name);
    const value = `r${at}::VARCHAR`;
    if (!reader.typedAlready.has(column.name) && column.type !== "VARCHAR") {
      broken(`${raw} IS NOT NULL AND ${name} IS NULL`, column.name, value, text(expectation(column)));
    }
    if (!column.nullable) broken(`${name} IS NULL`, column.name, "NULL", text("is NULL, and the column is not nullable"));
  });
  for (const column of identityColumns(request.partitionBy)) {
    const reserved = text(`is the word that means NULL in a partition's folder`);
    broken(`${ident(column)}::VARCHAR = ${text(hiveNull)}`, column, `${ident(column)}::VARCHAR`, reserved);
  }
  if (request.eventTime !== null) timeRules(request, group, request.eventTime, broken);
  return cases.length === 0
    ? 'NULL::STRUCT("column" VARCHAR, "value" VARCHAR, reason VARCHAR, raw VARCHAR)'
    : `CASE ${cases.join("\n")} END`;
}

function timeRules(
  request: StageRequest,
  group: Group,
  eventTime: string,
  broken: (when: string, column: string, value: string, reason: string) => void,
): void {
  const instant = eventInstant(eventTime, request.columns);
  const shownInstant = `${ident(eventTime)}::VARCHAR`;
  if (group.some((file) => file.notAfter !== null)) {
    const limit = instants(group.map((file) => file.notAfter));
    broken(`${instant} > ${limit}`, eventTime, shownInstant, text("lies further in the future than `max_future_skew` allows"));
  }
  const { lateness } = request;
  if (lateness === null || lateness.allowMs === null) return;
  if (lateness.tooLate !== "quarantine" && lateness.tooLate !== "drop") return;
  broken(`(${lateSeconds(request, group)}) >= ${lateness.allowMs / 1000}`, eventTime, shownInstant, text(tooLateReason));
}

/** How the account tells rows kept out by lateness from rows refused. */
export const tooLateReason = "came after the allowed lateness";

/** Seconds by which the watermark had passed the end of the row's partition; NULL: on time, or not judged. */
function lateSeconds(request: StageRequest, group: Group): string {
  const { eventTime } = request;
  if (eventTime === null || group.every((file) => file.judgeAgainst === null)) return "NULL::DOUBLE";
  const end = endOfRow(request, eventTime);
  const behind = `epoch(${instants(group.map((file) => file.judgeAgainst))}) - epoch(${end})`;
  return `CASE WHEN ${behind} >= 0 THEN ${behind} END`;
}

/** Instant at which the row's partition ends, its interval being one of the column's zone; a date that is a partition itself ends with its day. */
function endOfRow({ columns, partitionBy }: StageRequest, eventTime: string): string {
  const moment = `${ident(eventTime)}::TIMESTAMP`;
  const column = columns.find(({ name }) => name === eventTime);
  if (column === undefined) return "NULL::TIMESTAMPTZ";
  const isPartition = partitionBy.some((field) => field.column === eventTime && field.transform === "identity");
  const end = column.type === "DATE" && isPartition ? `(${moment} + INTERVAL 1 DAY)` : partitionEnd(partitionBy, eventTime, moment);
  return instantOf(column, end);
}

function instants(values: readonly (string | null)[]): string {
  return `(${list(values.map((value) => (value === null ? "NULL" : text(value))))}::TIMESTAMPTZ[])[_f + 1]`;
}

/** `_all`: every record with its place; `_staged`: the rows that were taken. */
async function createViews(work: Work): Promise<void> {
  const { connection, request } = work;
  const names = request.columns.map((column) => `p.${ident(column.name)}`).join(", ");
  const records = work.outputs.map(
    (output, place) => `
      SELECT ${names}, p._delivery, f._file, coalesce(p._line, f.first_line + p.file_row_number - f.first) AS _line, p._late, p._refusal
      FROM read_parquet(${text(output)}, file_row_number = true, hive_partitioning = false) p
      JOIN _files f ON f._delivery = p._delivery AND f.output = ${place}
      WHERE NOT p._blank`,
  );
  const empty = `SELECT ${request.columns.map((column) => `NULL::${column.type} AS ${ident(column.name)}`).join(", ")},
    NULL::BIGINT AS _delivery, NULL::VARCHAR AS _file, NULL::BIGINT AS _line, NULL::DOUBLE AS _late,
    NULL::STRUCT("column" VARCHAR, "value" VARCHAR, reason VARCHAR, raw VARCHAR) AS _refusal WHERE false`;
  await connection.run(`CREATE OR REPLACE TEMP VIEW _all AS ${[empty, ...records].join(" UNION ALL ")}`);
  const deleted = request.deleteWhen === null ? "false" : `coalesce((${request.deleteWhen}\n), false)`;
  const declared = request.columns.map((column) => ident(column.name)).join(", ");
  // Read more than once by what follows: kept, in memory or spilled, rather than read again.
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE _staged AS
    SELECT ${declared}, _delivery, _file, _line, ${deleted} AS _deleted, ${partitionKey(request.partitionBy)} AS _partition, _late
    FROM _all WHERE _refusal IS NULL`);
}

async function account(work: Work): Promise<readonly StagedFile[]> {
  const { connection, request } = work;
  const counts = keyed(
    await connection.rows(`
    SELECT _delivery, count(*) AS read, count(*) FILTER (_refusal IS NOT NULL AND _refusal.reason <> ${text(tooLateReason)}) AS refused,
      count(*) FILTER (_refusal.reason = ${text(tooLateReason)}) AS kept_out,
      count(*) FILTER (_late IS NOT NULL AND _refusal IS NULL${beyondAllowed(request, "<")}) AS late_merged,
      count(*) FILTER (_late IS NOT NULL AND coalesce(_refusal.reason, ${text(tooLateReason)}) = ${text(tooLateReason)}${beyondAllowed(request, ">=")}) AS too_late,
      quantile_disc(_late, 0.5) AS p50, quantile_disc(_late, 0.95) AS p95, max(_late) AS max_late
    FROM _all GROUP BY _delivery`),
  );
  const edges = keyed(
    await connection.rows(`
    SELECT _delivery, ${edgesOfInstants(eventInstant(request.eventTime, request.columns), "true")} FROM _staged GROUP BY _delivery`),
  );
  const late = await connection.rows(`
    SELECT _delivery, ${partitionKey(request.partitionBy)} AS partition, count(*) AS rows, floor(_late / 60) * 60 AS behind
    FROM _all WHERE _late IS NOT NULL GROUP BY ALL ORDER BY ALL`);
  const refusals = await refusalsByReason(connection);
  return request.files.map((file): StagedFile => {
    const count = counts.get(file.seq);
    const edge = edges.get(file.seq);
    const low = shown(edge?.["lo"] ?? null);
    const high = shown(edge?.["hi"] ?? null);
    return {
      seq: file.seq,
      unreadable: work.unreadable.get(file.seq) ?? null,
      read: numberOf(count?.["read"]),
      refused: numberOf(count?.["refused"]),
      refusals: refusals.get(file.seq) ?? [],
      drift: { added: work.added.get(file.seq) ?? [], missing: work.missing.get(file.seq) ?? [] },
      keptOut: numberOf(count?.["kept_out"]),
      late: lateRows(
        count,
        late.filter((row) => numberOf(row["_delivery"]) === file.seq),
      ),
      eventTime: low === null || high === null ? null : { min: low, max: high },
    };
  });
}

function beyondAllowed(request: StageRequest, comparison: "<" | ">="): string {
  // What is accepted at any age is merged like any late row.
  const allow = request.lateness?.tooLate === "accept" ? null : (request.lateness?.allowMs ?? null);
  if (allow === null) return comparison === "<" ? "" : " AND false";
  return ` AND _late ${comparison} ${allow / 1000}`;
}

type Rows = Awaited<ReturnType<Connection["rows"]>>;
type Row = Rows[number];

function keyed(rows: Rows): ReadonlyMap<number, Row> {
  return new Map(rows.map((row) => [numberOf(row["_delivery"]), row]));
}

function lateRows(count: Row | undefined, rows: Rows): LateRows {
  const max = count?.["max_late"] ?? null;
  return {
    merged: numberOf(count?.["late_merged"]),
    tooLate: numberOf(count?.["too_late"]),
    behind: max === null ? null : { p50: numberOf(count?.["p50"]), p95: numberOf(count?.["p95"]), max: numberOf(max) },
    partitions: rows.map((row) => ({
      partition: String(row["partition"]) as PartitionKey,
      rows: numberOf(row["rows"]),
      behind: numberOf(row["behind"]),
    })),
  };
}

async function refusalsByReason(connection: Connection): Promise<ReadonlyMap<number, StagedFile["refusals"]>> {
  const rows = await connection.rows(`
    SELECT _delivery, coalesce(_refusal."column" || ' ', '') || _refusal.reason AS reason, count(*) AS rows,
      arg_min('line ' || _line || coalesce(': ' || coalesce(_refusal."column" || ' = ' || coalesce('\`' || _refusal."value" || '\`', 'NULL'),
        '\`' || left(_refusal.raw, 200) || '\`'), ''), _line) AS example
    FROM _all WHERE _refusal IS NOT NULL GROUP BY ALL ORDER BY rows DESC, reason`);
  const byFile = new Map<number, StagedFile["refusals"][number][]>();
  for (const row of rows) {
    const seq = numberOf(row["_delivery"]);
    const refused = { reason: String(row["reason"]), rows: numberOf(row["rows"]), example: String(row["example"]) };
    byFile.set(seq, [...(byFile.get(seq) ?? []), refused]);
  }
  return byFile;
}

/** Refused rows with all a person needs to find them again, as Parquet and as CSV. */
export async function exportRefused(connection: Connection, into: string, exclude: readonly number[]): Promise<number> {
  const left = `_delivery NOT IN (${joined(exclude, "-1")})`;
  const refused = `
    SELECT _file AS file, _line AS line, _refusal."column" AS "column", _refusal."value" AS "value", _refusal.reason AS reason, _refusal.raw AS raw
    FROM _all WHERE _refusal IS NOT NULL AND ${left}`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE _refused AS SELECT * FROM (${refused}) ORDER BY file, line`);
  const rows = numberOf((await connection.rows(`SELECT count(*) AS n FROM _refused`))[0]?.["n"]);
  if (rows === 0) return 0;
  await connection.run(`COPY _refused TO ${text(join(into, "rows.parquet"))} (FORMAT parquet)`);
  await connection.run(`COPY _refused TO ${text(join(into, "rows.csv"))} (FORMAT csv, HEADER true)`);
  return rows;
}

/** Which file columns are unknown and which declared ones are absent. */
export function drift(columns: readonly Column[], present: readonly string[]): { added: readonly string[]; missing: readonly string[] } {
  const named = (column: Column): readonly string[] => [column.name, ...column.aliases];
  const known = new Set(columns.flatMap(named));
  return {
    added: present.filter((name) => !known.has(name)),
    missing: columns.filter((column) => !named(column).some((name) => present.includes(name))).map((column) => column.name),
  };
}
