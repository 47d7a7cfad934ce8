import { expect, test } from "vitest";
import type { FlowEvent } from "../../core/event.js";
import type { Plan } from "../../core/plan/plan.js";
import { openWorld, type Ran } from "../scenarios/world.js";

test("[D07] a run does what the plan said: the same commands of the same assets, in the plan's order for each", async () => {
  await using world = await openWorld();
  await world.write("assets/orders.yaml", "key: id\ncolumns: { id: INTEGER, v: INTEGER }\nchecks: [{ not_null: [id] }]\n");
  await world.write("assets/items.yaml", "columns: { id: INTEGER }\n");
  await world.write("assets/totals.yaml", "sql: select sum(v) as v from orders, items\n");
  await world.write("data/ingest/landing/orders/a.csv", "id,v\n1,10\n");
  await world.write("data/ingest/landing/items/a.csv", "id\n1\n");
  await expectRunAsPlanned(await world.flow(["plan", "--json"]), await world.flow(["run", "--json"]));
  await world.write("data/ingest/landing/orders/a.csv", "id,v\n1,11\n");
  await world.write("data/ingest/landing/items/b.csv", "id\n1\n");
  await expectRunAsPlanned(await world.flow(["plan", "--json"]), await world.flow(["run", "--json"]));
  await expectRunAsPlanned(await world.flow(["plan", "--json"]), await world.flow(["run", "--json"]));
});

test("[D07] of partitions, too, a run builds what the plan said, late rows and what is asked for alike", async () => {
  await using world = await openWorld();
  const expectAsPlanned = async (...words: readonly string[]): Promise<void> =>
    expectRunAsPlanned(await world.flow(["plan", "--json", ...words]), await world.flow(["run", "--json", ...words]));
  await world.write("assets/sales.yaml", "key: id\ncolumns: { id: INTEGER, day: DATE, v: INTEGER }\npartition_by: day(day)\n");
  await world.write("assets/daily.yaml", "sql: select day, sum(v)::bigint as v from sales group by day\npartition_by: day(day)\n");
  await world.write(
    "assets/balance.yaml",
    "sql: select day, sum(v) over (order by day)::bigint as v from daily\npartition_by: day(day)\nincremental: { cumulative: day }\n",
  );
  await world.write("data/ingest/landing/sales/a.csv", "id,day,v\n1,2026-01-01,1\n2,2026-01-02,2\n3,2026-01-03,4\n");
  await expectAsPlanned();
  await world.write("data/ingest/landing/sales/b.csv", "id,day,v\n4,2026-01-02,8\n");
  await expectAsPlanned();
  await world.write("data/ingest/landing/sales/c.csv", "id,day,v\n5,2026-01-01,16\n");
  await expectAsPlanned("daily", "--partitions", "2026-01-03");
  await expectAsPlanned("balance", "--only");
  await expectAsPlanned("daily", "--full-refresh");
  await expectAsPlanned();
  expect((await world.flow(["verify"])).stdout).toContain("3 assets are equal.");
});

async function expectRunAsPlanned(planned: Ran, ran: Ran): Promise<void> {
  expect([planned.code, ran.code]).toEqual([0, 0]);
  const plan = JSON.parse(planned.stdout) as Plan;
  const events = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FlowEvent);
  // What is built of each, not only by which commands.
  expect(events.flatMap((event) => (event.event === "run-started" ? [event.plan.assets] : []))).toEqual([plan.assets]);
  const started = events.flatMap((event) => (event.event === "command-started" ? [event] : []));
  for (const { asset, commands } of plan.assets) {
    const done = started.filter((event) => event.asset === asset).map(({ command }) => command);
    expect([asset, ...done]).toEqual([asset, ...commands.map(({ kind }) => kind)]);
  }
  expect(started.length).toBe(plan.assets.flatMap(({ commands }) => commands).length);
}
