import { join } from "node:path";
import { expect, test } from "vitest";
import { filesUnder } from "../scenarios/store-picture.js";
import { openWorld } from "../scenarios/world.js";

test("[A13] 1,000 files of one row dropped at once are one run, one version, 1,000 rows, every file accounted for", async () => {
  await using world = await openWorld();
  await world.write("assets/orders.yaml", "key: id\ncolumns: { id: INTEGER, v: INTEGER }\n");
  await Promise.all(Array.from({ length: 1000 }, (_, at) => world.write(`data/ingest/landing/orders/${at}.csv`, `id,v\n${at},1\n`)));
  const { code, stdout } = await world.flow(["run", "--json"]);
  expect(code).toBe(0);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
    report: { assets: readonly { rows: number; deliveries: readonly { file: string; rows: { merged: number } }[] }[] };
  };
  const [orders] = last.report.assets;
  expect(orders?.rows).toBe(1000);
  expect(orders?.deliveries.filter(({ rows }) => rows.merged === 1)).toHaveLength(1000);
  expect((await filesUnder(join(world.store, "archive/orders"))).filter((file) => file.endsWith("manifest.json"))).toHaveLength(1);
  expect((await filesUnder(join(world.store, "ingest/archive/orders"))).filter((file) => file.endsWith(".csv"))).toHaveLength(1000);
  expect(await filesUnder(join(world.store, "ingest/landing"))).toEqual([]);
  expect((await world.flow(["query", "select count(*), sum(id) from orders", "--format", "csv"])).stdout).toMatch(/\n1000,499500\n/);
}, 60_000);
