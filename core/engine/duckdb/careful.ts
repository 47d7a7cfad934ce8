import { randomUUID } from "node:crypto";
import { decode } from "../../csv/encoding.js";
import { skipLines } from "../../csv/lines.js";
import type { Dialect } from "../../csv/records.js";
import { readRecords } from "../../csv/records.js";
import { type TableRow, tableRows } from "../../csv/table.js";
import { unpacked } from "../../store/unpacked.js";
import type { CsvLayout, FileToStage } from "../engine.js";
import type { Connection } from "./connection.js";
import { ident, text } from "./sql.js";

/**
 * CSV files that are not proven plain, read record by record by our own eye: their rows as texts in a temporary table, those that are no
 * rows of their table with the reason, each with its file's place in the group and its line. How each file is written is its own affair;
 * the fields are the same.
 */
export async function carefulTable(connection: Connection, group: readonly FileToStage[], fields: CsvLayout["fields"]): Promise<string> {
  const name = `_careful_${randomUUID().replaceAll("-", "")}`;
  const cells = fields.map((_, at) => `c${at} VARCHAR`).join(", ");
  await connection.run(`CREATE TEMP TABLE ${ident(name)} (_f BIGINT, _line BIGINT, _trouble VARCHAR, _raw VARCHAR, ${cells})`);
  const appender = await connection.duckdb.createAppender(name);
  for (const [at, file] of group.entries()) {
    const { csv } = file;
    if (csv === null) throw new Error("a CSV file comes with its layout");
    const nulls = new Set(csv.nulls);
    for await (const rows of rowsOf(connection, file, csv)) {
      for (const row of rows) append(appender, BigInt(at), row, fields.length, nulls);
    }
  }
  appender.closeSync();
  return name;
}

type Appender = Awaited<ReturnType<Connection["duckdb"]["createAppender"]>>;

function append(
  appender: Appender,
  file: bigint,
  { line, cells, trouble, raw }: TableRow,
  width: number,
  nulls: ReadonlySet<string>,
): void {
  appender.appendBigInt(file);
  appender.appendBigInt(BigInt(line));
  if (trouble === null) appender.appendNull();
  else appender.appendVarchar(trouble);
  appender.appendVarchar(printable(raw));
  for (let at = 0; at < width; at++) {
    const cell = cells?.[at];
    if (cell === undefined || nulls.has(cell)) appender.appendNull();
    else appender.appendVarchar(cell);
  }
  appender.endRow();
}

function rowsOf(connection: Connection, file: FileToStage, csv: CsvLayout): ReturnType<typeof tableRows> {
  const texts = file.path.endsWith(".zst") ? linesOfZst(connection, file.path) : decode(unpacked(file.path), csv.encoding);
  const dialect: Dialect = csv;
  const above = csv.firstLine - 1;
  const records = readRecords(skipLines(texts, above), dialect, csv.fields.length, above + 1);
  return tableRows(records, { ...csv, width: csv.fields.length });
}

const linesAtOnce = 100_000;

/** Node 20 has no zstd, DuckDB has: it unpacks, and hands over the lines as many at a time as memory is no matter for. */
async function* linesOfZst(connection: Connection, path: string): AsyncGenerator<string> {
  const name = ident(`_lines_${randomUUID().replaceAll("-", "")}`);
  await connection.run(`CREATE TEMP TABLE ${name} AS SELECT l FROM ${linesOf([path])}`);
  for (let from = 0; ; from += linesAtOnce) {
    const { rows } = await connection.table(
      `SELECT l FROM ${name} WHERE rowid >= ${from} AND rowid < ${from + linesAtOnce} ORDER BY rowid`,
    );
    if (rows.length === 0) break;
    yield rows.map(([line]) => `${line ?? ""}\n`).join("");
  }
  await connection.run(`DROP TABLE ${name}`);
}

/** Text files line by line, as column `l`. `\x01` cannot stand in JSON text, and does not in a header. */
export function linesOf(files: readonly string[]): string {
  return `read_csv([${files.map(text).join(", ")}], columns = {'l': 'VARCHAR'}, auto_detect = false, header = false,
    delim = '\\x01', quote = '', escape = '', hive_partitioning = false)`;
}

const longestRaw = 10_000;

function printable(raw: string): string {
  const shown = raw.length > longestRaw ? `${raw.slice(0, longestRaw)}…` : raw;
  return shown.replaceAll("\0", "\\0");
}
