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

async function expectRunAsPlanned(planned: Ran, ran: Ran): Promise<void> {
  expect([planned.code, ran.code]).toEqual([0, 0]);
  const plan = JSON.parse(planned.stdout) as Plan;
  const events = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FlowEvent);
  const started = events.flatMap((event) => (event.event === "command-started" ? [event] : []));
  for (const { asset, commands } of plan.assets) {
    const done = started.filter((event) => event.asset === asset).map(({ command }) => command);
    expect([asset, ...done]).toEqual([asset, ...commands.map(({ kind }) => kind)]);
  }
  expect(started.length).toBe(plan.assets.flatMap(({ commands }) => commands).length);
}
