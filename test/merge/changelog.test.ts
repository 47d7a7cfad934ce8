import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { openProject } from "../../core/index.js";

// A consumer that follows the changes of every version, and nothing else, has the table: what it counted wrongly is taken back.

test("the changes of all versions add up to the table, of an ingested asset and of a derived one", async () => {
  const dir = await mkdtemp(join(tmpdir(), "flow-changelog-"));
  await mkdir(join(dir, "assets"));
  await mkdir(join(dir, "data/ingest/landing/orders"), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: changes\ndefaults: { ingest: { complete: { stable_for: 0s } } }\n");
  await writeFile(
    join(dir, "assets/orders.yaml"),
    "columns: { id: INTEGER, day: DATE, region: VARCHAR, v: INTEGER }\nkey: id\npartition_by: [region, month(day)]\nchangelog: true\ningest: { delete_when: v < 0 }\n",
  );
  await writeFile(
    join(dir, "assets/totals.yaml"),
    "sql: select date_trunc('month', day)::date as month, sum(v)::bigint as v from orders group by all\nkey: month\npartition_by: month(month)\nchangelog: true\n",
  );
  const instance = await DuckDBInstance.create(":memory:");
  const reader = await instance.connect();
  const rowsOf = async (sql: string): Promise<readonly string[]> =>
    (await reader.runAndReadAll(sql))
      .getRows()
      .map((row) => row.map(String).join("|"))
      .sort();
  const followed = async (asset: string, columns: string): Promise<readonly string[]> => {
    const versions = (await readdir(join(dir, "data/archive", asset))).filter((name) => !name.startsWith(".")).sort();
    const files = versions.map((version) => `'${join(dir, "data/archive", asset, version, "rows.changelog")}'`).join(", ");
    const sum = `SELECT ${columns}, sum(CASE WHEN _op IN ('insert', 'update_after') THEN 1 ELSE -1 END) AS n FROM read_parquet([${files}]) GROUP BY ALL HAVING n <> 0`;
    return rowsOf(sum);
  };
  const project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  const quiet = { emit: () => {}, signal: new AbortController().signal };
  let random = 7;
  const next = (below: number): number => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((random / 2 ** 31) * below);
  };
  for (let round = 0; round < 12; round++) {
    const rows = Array.from({ length: 6 }, () => `${next(8)},2026-0${1 + next(3)}-1${next(9)},${["a", "b"][next(2)]},${next(12) - 2}`);
    await writeFile(join(dir, `data/ingest/landing/orders/${next(4)}.csv`), `id,day,region,v\n${rows.join("\n")}\n`);
    await project.run({ include: [], exclude: [] }, quiet);
    if (round === 7) await project.rollback("orders", "~2", quiet);
  }
  await project.run({ include: [], exclude: [] }, quiet);
  const parts = (asset: string): string => `read_parquet('${join(dir, "data/ready", asset)}/**/*.parquet', hive_partitioning = true)`;
  expect(await followed("orders", "id, day, region, v")).toEqual(await rowsOf(`SELECT id, day, region, v, 1 FROM ${parts("orders")}`));
  expect(await followed("totals", "month, v")).toEqual(await rowsOf(`SELECT month, v, 1 FROM ${parts("totals")}`));
  await project[Symbol.asyncDispose]();
  reader.closeSync();
  instance.closeSync();
  await rm(dir, { recursive: true, force: true });
}, 120_000);
