import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../scenarios/world.js";
import { runHere } from "./shop.js";

/** The smallest project: numbers that arrive, and their sum. */
export interface Stock extends AsyncDisposable {
  readonly root: string;
  readonly store: string;
  /** Into landing, as a producer should: whole or not at all. */
  land(file: string, numbers: readonly number[]): Promise<void>;
  /** As `flow query` sees them. */
  numbers(): Promise<readonly number[]>;
  /** Oldest first. */
  versions(): Promise<readonly string[]>;
  current(): Promise<string>;
}

export async function openStock(): Promise<Stock> {
  const root = await mkdtemp(join(temporaryFolder(), "flow-stock-"));
  const store = join(root, "data");
  const landing = join(store, "ingest/landing/numbers");
  await mkdir(join(root, "assets"), { recursive: true });
  await mkdir(landing, { recursive: true });
  const flow = "name: stock\nstore: data\nthreads: 1\ndefaults: { ingest: { complete: { stable_for: 0s } } }\n";
  await writeFile(join(root, "flow.yaml"), flow);
  await writeFile(join(root, "assets/numbers.yaml"), "columns: { n: INTEGER }\n");
  await writeFile(join(root, "assets/total.yaml"), "sql: select sum(n)::BIGINT as total, count(*) as n from numbers\n");
  return {
    root,
    store,
    land: (file, numbers) => writeFile(join(landing, file), ["n", ...numbers, ""].join("\n")),
    async numbers() {
      const { stdout } = await runHere(root, ["query", "select n from numbers order by n", "--format", "csv"]);
      return stdout
        .split("\n")
        .slice(1)
        .filter((line) => line !== "")
        .map(Number);
    },
    versions: async () => (await readdir(join(store, "archive/numbers"))).sort(),
    current: async () => (await readlink(join(store, "ready/numbers"))).split("/").at(-1) ?? "",
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
