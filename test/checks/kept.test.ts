import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openProject } from "../../core/run/open.js";
import { filesUnder } from "../scenarios/store-picture.js";
import { openWorld } from "../scenarios/world.js";

test("all failing rows are counted, and ten thousand are kept as CSV and as Parquet", async () => {
  await using world = await openWorld();
  await world.write(
    "assets/orders.yaml",
    "columns: { id: INTEGER, note: VARCHAR }\nchecks: [{ expression: id < 100, name: 'small / \"ids\"' }]\n",
  );
  const lines = Array.from({ length: 10_150 }, (_, id) => `${id},"a, ""b""\nc"\n`);
  await world.write("data/ingest/landing/orders/a.csv", `id,note\n${lines.join("")}`);
  const { code, stdout } = await world.flow(["run"]);
  expect(code).toBe(1);
  expect(stdout).toContain("fails for 10050 rows");
  const kept = await filesUnder(join(world.store, "staging/checks/orders"));
  expect(kept.map((file) => file.split("/")[1])).toEqual(["1-small_ids.csv", "1-small_ids.parquet"]);
  expect(stdout).toContain(`rows: staging/checks/orders/${kept[0]}`);
  const csv = await readFile(join(world.store, "staging/checks/orders", kept[0] ?? ""), "utf8");
  expect(csv.startsWith('id,note\n100,"a, ""b""\nc"\n101,')).toBe(true);
  expect(csv.match(/^\d+,/gm)).toHaveLength(10_000);
  await using project = await openProject(world.options());
  const parquet = join(world.store, "staging/checks/orders", kept[1] ?? "");
  expect((await project.query(`select count(*), min(id), max(id) from read_parquet('${parquet}')`)).rows).toEqual([
    ["10000", "100", "10099"],
  ]);
});

test("a check may have any name", async () => {
  await using world = await openWorld();
  const names = ["../../x", "  ", `x${"𝒜".repeat(60)}`, "a/b\\c:d*e"];
  const checks = names.map((name) => JSON.stringify({ not_null: "id", name, severity: "warn" }));
  await world.write("assets/orders.yaml", `columns: { id: INTEGER }\nchecks: [${checks.join(", ")}]\n`);
  await world.write("data/ingest/landing/orders/a.ndjson", '{"id": null}\n');
  expect((await world.flow(["run"])).code).toBe(0);
  const kept = await filesUnder(join(world.store, "staging/checks/orders"));
  const csv = kept.filter((file) => file.endsWith(".csv")).map((file) => file.split("/")[1]);
  expect(csv).toEqual(["1-x.csv", "2-.csv", `3-x${"𝒜".repeat(39)}.csv`, "4-a_b_c_d_e.csv"]);
});
