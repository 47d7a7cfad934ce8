import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckOutcome, RunReport } from "../../core/report/report.js";
import { openProject } from "../../core/run/open.js";
import { seed } from "../laws/amount.js";
import { openWorld, type World } from "../scenarios/world.js";

console.info(`checks of what changed: FLOW_SEED=${seed}`);
const signal = new AbortController().signal;

interface Row {
  readonly id: number;
  readonly day: number;
  readonly amount: number | null;
  readonly customer: number | null;
}

type Step =
  | { readonly kind: "land"; readonly file: string; readonly rows: readonly Row[] }
  | { readonly kind: "customers"; readonly ids: readonly number[] }
  | { readonly kind: "withdraw"; readonly file: string }
  | { readonly kind: "replay" };

const row: fc.Arbitrary<Row> = fc.record({
  id: fc.integer({ min: 1, max: 6 }),
  day: fc.integer({ min: 1, max: 5 }),
  amount: fc.option(fc.integer({ min: -2, max: 9 }), { freq: 4 }),
  customer: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 4 }),
});
const file = fc.constantFrom("a.csv", "b.csv", "c.csv");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("land" as const), file, rows: fc.array(row, { minLength: 1, maxLength: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("customers" as const), ids: fc.uniqueArray(fc.integer({ min: 1, max: 4 })) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), file }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("replay" as const) }) },
);

/** Rows of equal days collide on purpose; `append` keeps them all. */
const declaration = `
ingest: { strategy: append }
partition_by: day(day)
columns: { id: INTEGER, day: DATE, amount: INTEGER, customer: INTEGER }
checks:
  - { not_null: amount, severity: warn }
  - { unique: [id, day], severity: warn }
  - { unique: id, severity: warn }
  - { accepted_values: { column: amount, values: [1, 2, 3] }, severity: warn }
  - { range: { column: amount, min: 0 }, severity: warn, where: customer = 1, warn_if: "> 1" }
  - { matches: { column: customer, pattern: "[12]" }, severity: warn, warn_if: ">= 50%" }
  - { relationships: { column: customer, to: customers, field: id }, severity: warn }
  - { expression: amount > 2, severity: warn, where: "id > 3", warn_if: "> 30%" }
  - { expression: "amount > (select avg(amount) from orders)", severity: warn }
`;

/** What decides: a failing row may be found in another order. */
function verdicts(checks: readonly CheckOutcome[]): readonly unknown[] {
  return checks.map(({ check, result, failures }) => ({ check, result, failures }));
}

async function play(world: World, step: Step): Promise<void> {
  await using project = await openProject(world.options());
  const options = { emit: () => {}, signal };
  const all = { include: [], exclude: [] };
  if (step.kind === "withdraw") {
    await project.withdraw("orders", step.file, options).catch(() => null);
    return;
  }
  if (step.kind === "land") {
    const lines = step.rows.map(({ id, day, amount, customer }) => `${id},2026-01-0${day},${amount ?? ""},${customer ?? ""}\n`);
    await world.write(`data/ingest/landing/orders/${step.file}`, `id,day,amount,customer\n${lines.join("")}`);
  }
  if (step.kind === "customers")
    await world.write("data/ingest/landing/customers/c.csv", `id\n${step.ids.map((id) => `${id}\n`).join("")}`);
  const report = await project.run(step.kind === "replay" ? { ...all, include: ["orders"] } : all, {
    ...options,
    replay: step.kind === "replay",
  });
  const orders = report.assets.find(({ asset }) => asset === "orders");
  expect(orders?.problem).toBeNull();
  if (orders?.status !== "published") return;
  const whole = await project.check({ include: ["orders"], exclude: [] }, { signal });
  expect(verdicts(orders.checks)).toEqual(verdicts(whole.assets[0]?.checks ?? []));
}

describe("a check of the partitions that changed", () => {
  test("says what a check of all rows says", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 7 }), async (steps) => {
        await using world = await openWorld();
        await world.write("assets/orders.yaml", declaration);
        await world.write("assets/customers.yaml", "ingest: { strategy: replace, allow_empty: true }\ncolumns: { id: INTEGER }\n");
        await play(world, { kind: "customers", ids: [1, 2] });
        for (const each of steps) await play(world, each);
      }),
      { numRuns: 7, seed },
    );
  }, 240_000);

  const columns = "key: [id, day]\npartition_by: day(day)\ncolumns: { id: INTEGER, day: DATE }\n";

  /** Lands a row for each of three days, spoils the part of the first, and lands another for the third. */
  async function afterDamage(checks: string): Promise<string> {
    await using world = await openWorld();
    await world.write("assets/orders.yaml", `${columns}checks: [${checks}]\n`);
    await world.write("data/ingest/landing/orders/a.csv", "id,day\n1,2026-01-01\n2,2026-01-02\n3,2026-01-03\n");
    await world.flow(["run"]);
    const folder = join(world.store, "ready/orders/day_day=2026-01-01");
    for (const name of await readdir(folder)) if (name.endsWith(".parquet")) await writeFile(join(folder, name), "no parquet");
    await world.write("data/ingest/landing/orders/b.csv", "id,day\n4,2026-01-03\n");
    const { stdout } = await world.flow(["run"]);
    return stdout.split("\n")[0] ?? "";
  }

  test("does not open the parts of the others", async () => {
    const rowByRow =
      "{ not_null: id }, { unique: [id, day] }, { range: { column: id, min: 1 } }, { expression: id > 0 }, { expression: id < 9, where: id > 2 }";
    expect(await afterDamage(rowByRow)).toBe("+ orders  1 delivery, +1 row");
  });

  test("looks at all where an asset that it names has changed", async () => {
    await using world = await openWorld();
    await world.write("assets/customers.yaml", "ingest: { strategy: replace }\ncolumns: { id: INTEGER }\n");
    await world.write(
      "assets/orders.yaml",
      "partition_by: day(day)\ncolumns: { id: INTEGER, day: DATE }\nchecks: [{ relationships: { column: id, to: customers }, severity: warn }]\n",
    );
    const failures = async (orders: string, customers: string): Promise<number | undefined> => {
      await world.write(`data/ingest/landing/orders/${orders}.csv`, `id,day\n${orders},2026-01-0${orders}\n`);
      await world.write("data/ingest/landing/customers/c.csv", `id\n${customers}\n`);
      const { stdout } = await world.flow(["run", "--json"]);
      const { report } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { readonly report: RunReport };
      return report.assets.find(({ asset }) => asset === "orders")?.checks[0]?.failures;
    };
    expect(await failures("1", "1\n2")).toBe(0);
    expect(await failures("2", "2")).toBe(1);
    expect(await failures("3", "1\n2\n3")).toBe(0);
  });

  test("opens all where a check is about more than a row", async () => {
    expect(await afterDamage("{ unique: id }")).toMatch(/^! orders {2}failed: /);
    expect(await afterDamage('{ expression: "id in (select id from orders)" }')).toMatch(/^! orders {2}failed: /);
    expect(await afterDamage("{ expression: day < now() }")).toMatch(/^! orders {2}failed: /);
  });
});
