import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/**
 * A reader in a process of its own that knows nothing of flow: `reader.js <store> <asset> <way>`. It reads in a loop until SIGTERM
 * and says then what it saw.
 */
export interface Seen {
  /** Rows, smallest, largest, sum and number of values of `v` -> how often. */
  readonly answers: Readonly<Record<string, number>>;
  /** Errors in words -> how often. */
  readonly errors: Readonly<Record<string, number>>;
}

const [store = "", asset = "", way = ""] = process.argv.slice(2);
const answers: Record<string, number> = {};
const errors: Record<string, number> = {};
let stopped = false;
process.on("SIGTERM", () => {
  stopped = true;
});

const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
process.stderr.write("reads\n");
while (!stopped) {
  try {
    const answer = await read(connection);
    answers[answer] = (answers[answer] ?? 0) + 1;
  } catch (error) {
    const [words = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    const kind = words.replaceAll(/"[^"]*"/g, "…").replaceAll(store, "");
    errors[kind] = (errors[kind] ?? 0) + 1;
  }
}
const seen: Seen = { answers, errors };
process.stdout.write(JSON.stringify(seen));

async function read(reader: DuckDBConnection): Promise<string> {
  const folder = join(store, "ready", asset);
  const root = way === "resolved" ? join(store, "ready", await readlink(folder)) : folder;
  const found = await reader.runAndReadAll(
    `select count(*), min(v), max(v), sum(v), count(distinct v) from read_parquet('${root}/**/*.parquet')`,
  );
  return String(found.getRows()[0]);
}
