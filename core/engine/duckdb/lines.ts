import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { CsvLayout, FileToStage } from "../engine.js";
import { type Connection, numberOf, shown } from "./connection.js";
import type { Reader } from "./readers.js";
import { text } from "./sql.js";

/**
 * Which line of its file each record stands on. Records and lines agree in most files, and then counting is all there is to it.
 * Where they do not (a line break inside quotes, blank lines, records that could not be split) the file is scanned once for the
 * lines on which records begin.
 *
 * Fills `_files` (where a delivery's records begin in the typed Parquet), `_lines` (only where scanning was needed) and `_ragged`.
 */
export async function lineNumbers(connection: Connection, group: readonly FileToStage[], output: string, reader: Reader): Promise<void> {
  const rejects = reader.rejects === null ? [] : await rejectedRecords(connection, group, reader.rejects);
  const found = await connection.rows(`
    SELECT _delivery, min(file_row_number) AS first, count(*) AS records, max(file_row_number) - min(file_row_number) + 1 AS span
    FROM read_parquet(${text(output)}, file_row_number = true) GROUP BY _delivery`);
  const spans = new Map(found.map((row) => [numberOf(row["_delivery"]), row]));
  const places: string[] = [];
  for (const file of group) {
    const span = spans.get(file.seq);
    const records = numberOf(span?.["records"]);
    // What the numbering stands on: DuckDB kept the records of each file together and in order.
    if (numberOf(span?.["span"]) !== records) throw new Error(`records of ${file.file} are not in file order`);
    const rejected = rejects.filter((reject) => reject.seq === file.seq);
    places.push(`(${file.seq}, ${text(file.file)}, ${numberOf(span?.["first"])}, ${reader.firstLine})`);
    if (file.csv === null || isOneLineEach(file, records, rejected.length, reader.firstLine)) continue;
    await insertRagged(connection, await scanLines(connection, file, file.csv, reader.firstLine, records, rejected));
  }
  await connection.run(`INSERT INTO _files VALUES ${places.join(", ")}`);
}

interface Rejected {
  readonly seq: number;
  readonly line: number;
  /** Where it begins, in bytes of the unpacked file. */
  readonly byte: number;
  readonly column: string | null;
  readonly reason: string;
  readonly raw: string;
}

async function rejectedRecords(connection: Connection, group: readonly FileToStage[], table: string): Promise<readonly Rejected[]> {
  const rows = await connection.rows(`
    SELECT s.file_path AS path, e.line AS line, min(e.line_byte_position) AS byte, min(e.error_message) AS reason, any_value(e.csv_line) AS raw
    FROM ${table} e LEFT JOIN ${table}_scan s USING (scan_id, file_id) GROUP BY ALL ORDER BY path, line`);
  const byPath = new Map(group.map((file) => [file.path, file]));
  return rows.map((row) => {
    const file = byPath.get(String(row["path"]));
    if (file === undefined) throw new Error(`DuckDB refused a record of ${String(row["path"])}, which it was not asked to read`);
    const raw = shown(row["raw"] ?? null) ?? "";
    // DuckDB takes the blank lines before a record for the record's own.
    const blank = /^[\r\n]*/.exec(raw)?.[0] ?? "";
    const byte = numberOf(row["byte"]) + blank.length;
    const reason = reasonFor(String(row["reason"]));
    return { seq: file.seq, line: numberOf(row["line"]), byte, column: null, reason, raw: raw.slice(blank.length).trimEnd() };
  });
}

function reasonFor(message: string): string {
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (counts !== null) return `has ${counts[2]} fields where the header has ${counts[1]}`;
  if (/unterminated quote/i.test(message)) return "has a quote that is never closed";
  return message.split("\n")[0] ?? message;
}

async function insertRagged(connection: Connection, rejected: readonly Rejected[]): Promise<void> {
  if (rejected.length === 0) return;
  const values = rejected.map((row) => `(${row.seq}, ${row.line}, NULL, ${text(row.reason)}, ${text(row.raw)})`);
  await connection.run(`INSERT INTO _ragged VALUES ${values.join(", ")}`);
}

function isOneLineEach(file: FileToStage, records: number, rejected: number, firstLine: number): boolean {
  if (rejected > 0 || file.newlines === null) return false;
  const lines = firstLine - 1 + records;
  return file.newlines === lines || file.newlines + 1 === lines;
}

/** Fills `_lines`, and tells the rejected records with the lines on which they begin (DuckDB's own count leaves out blank lines). */
async function scanLines(
  connection: Connection,
  file: FileToStage,
  csv: CsvLayout,
  firstLine: number,
  records: number,
  rejected: readonly Rejected[],
): Promise<readonly Rejected[]> {
  if (file.path.endsWith(".zst")) return rejected;
  const starts = (await recordStarts(file.path, csv)).filter(({ line }) => line >= firstLine);
  const placed = rejected.map((row) => ({ ...row, line: starts.findLast(({ byte }) => byte <= row.byte)?.line ?? row.line }));
  const torn = new Set(placed.map(({ line }) => line));
  const whole = starts.filter(({ line }) => !torn.has(line));
  // A file the scan reads otherwise than DuckDB did: better the record's number than a wrong line.
  if (whole.length === records && records > 0) await insertLines(connection, file, whole);
  return whole.length === records ? placed : rejected;
}

async function insertLines(connection: Connection, file: FileToStage, starts: readonly RecordStart[]): Promise<void> {
  const appender = await connection.duckdb.createAppender("_lines");
  starts.forEach(({ line }, ordinal) => {
    appender.appendBigInt(BigInt(file.seq));
    appender.appendBigInt(BigInt(ordinal));
    appender.appendBigInt(BigInt(line));
    appender.endRow();
  });
  appender.closeSync();
}

interface RecordStart {
  /** 1-based. */
  readonly line: number;
  /** Offset in the unpacked file. */
  readonly byte: number;
}

/** Where records begin, blank lines left out; a quote opens only at the start of a field. */
async function recordStarts(path: string, csv: CsvLayout): Promise<readonly RecordStart[]> {
  const bytes = path.endsWith(".gz") ? createReadStream(path).pipe(createGunzip()) : createReadStream(path);
  const starts: RecordStart[] = [];
  const scan = { byte: 0, line: 1, start: { line: 1, byte: 0 }, empty: true, quoted: false, fieldStart: true, afterReturn: false };
  const [quote, delimiter] = [csv.quote.charCodeAt(0), csv.delimiter.charCodeAt(0)];
  const newLine = (): void => {
    scan.line += 1;
    if (scan.quoted) return;
    if (!scan.empty) starts.push(scan.start);
    scan.empty = true;
    scan.fieldStart = true;
  };
  for await (const chunk of bytes) {
    for (const byte of chunk as Buffer) {
      const isReturn = byte === 13;
      const isSecondHalf = byte === 10 && scan.afterReturn;
      scan.afterReturn = isReturn;
      if (isReturn || (byte === 10 && !isSecondHalf)) newLine();
      else if (!isSecondHalf) {
        if (scan.empty) scan.start = { line: scan.line, byte: scan.byte };
        scan.empty = false;
        // A doubled quote closes and opens again at once: the same state after both.
        const toggles = byte === quote && (scan.quoted || scan.fieldStart);
        if (toggles) scan.quoted = !scan.quoted;
        scan.fieldStart = byte === quote ? toggles : !scan.quoted && byte === delimiter;
      }
      scan.byte += 1;
    }
  }
  if (!scan.empty) starts.push(scan.start);
  return starts;
}
