import type { FileToStage } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import type { Reader } from "./readers.js";
import { text } from "./sql.js";

/** Typed Parquet, and which of the session's it is. */
export interface Output {
  readonly path: string;
  readonly place: number;
}

/**
 * Fills `_files`: where the records of each file begin in the typed Parquet. Where records and lines agree, a record's line follows from its
 * number; where they do not, the reader gave it. A file of which other records came than were counted in it is given back.
 */
export async function lineNumbers(
  connection: Connection,
  group: readonly FileToStage[],
  output: Output,
  reader: Reader,
): Promise<readonly FileToStage[]> {
  const found = await connection.rows(`
    SELECT _delivery, min(file_row_number) AS first, count(*) AS records, max(file_row_number) - min(file_row_number) + 1 AS span
    FROM read_parquet(${text(output.path)}, file_row_number = true) GROUP BY _delivery`);
  const spans = new Map(found.map((row) => [numberOf(row["_delivery"]), row]));
  const doubted: FileToStage[] = [];
  const places: string[] = [];
  for (const file of group) {
    const span = spans.get(file.seq);
    const records = numberOf(span?.["records"]);
    // What the numbering stands on: DuckDB kept the records of each file together and in order.
    if (numberOf(span?.["span"]) !== records) throw new Error(`records of ${file.file} are not in file order`);
    if (file.records !== null && file.records !== records) doubted.push(file);
    else places.push(`(${file.seq}, ${text(file.file)}, ${output.place}, ${numberOf(span?.["first"])}, ${reader.firstLine})`);
  }
  if (places.length > 0) await connection.run(`INSERT INTO _files VALUES ${places.join(", ")}`);
  return doubted;
}
