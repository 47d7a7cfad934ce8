import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { afterAll, beforeAll, expect, test } from "vitest";
import { main } from "../../cli/main.js";
import { fakeIo, Sink } from "../cli/harness.js";

type Schema = Readonly<Record<string, unknown>>;

const names = ["manifest", "plan", "report", "event"] as const;
const schemas = new Map(names.map((name) => [name, readSchema(name)]));
const dir = mkdtempSync(join(tmpdir(), "flow-docs-schemas-"));
const orders = join(dir, "data/ingest/landing/orders");

beforeAll(async () => {
  await flow("init", dir);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), "utf8")) as Schema;
}

function validator(name: (typeof names)[number]): ValidateFunction {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
  for (const [other, schema] of schemas) if (other !== name) ajv.addSchema(schema);
  return ajv.compile(schemas.get(name) ?? {});
}

async function flow(...argv: readonly string[]): Promise<string> {
  const stdout = new Sink();
  const stderr = new Sink();
  const code = await main(argv, { ...fakeIo(), clock: { now: () => Date.now() }, cwd: dir, stdout, stderr });
  expect(code, stderr.text).toBeLessThan(2);
  return stdout.text;
}

/** Every event of the run is as its schema says; gives the kinds that came. */
async function runAndValidate(): Promise<readonly string[]> {
  const validate = validator("event");
  const lines = (await flow("run", "--json")).trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { readonly event: string });
  for (const event of events) {
    validate(event);
    expect(validate.errors, JSON.stringify(event)).toBeNull();
  }
  return [...new Set(events.map(({ event }) => event))];
}

test("a plan is as plan.schema.json says", async () => {
  const validate = validator("plan");
  validate(JSON.parse(await flow("plan", "--json")));
  expect(validate.errors).toBeNull();
});

test("the events and the report of a first run, of revised and refused files and of a run without work are as their schemas say", async () => {
  const first = await runAndValidate();
  expect(first).toEqual(
    expect.arrayContaining(["run-started", "asset-started", "command-started", "command-finished", "asset-finished", "run-finished"]),
  );

  const header = "order_id,customer,amount,ordered_on,updated_at,new_one";
  writeFileSync(
    join(orders, "orders_2026-01.csv"),
    `${header}\n1,Ada,26.00,2026-01-05,2026-01-06 09:12:00,\nx,Ada,1,2026-01-05,2026-01-06 09:12:00,\n`,
  );
  writeFileSync(join(orders, "orders_2026-03.csv"), "order_id\n7\n");
  expect(await runAndValidate()).toContain("notice");

  await runAndValidate();
});

test("a manifest is as manifest.schema.json says", async () => {
  const validate = validator("manifest");
  validate(JSON.parse(readFileSync(join(dir, "data/ready/orders/manifest.json"), "utf8")));
  expect(validate.errors).toBeNull();
});

test.each(names)("everything in %s.schema.json that a program may read is described", (name) => {
  expect(undescribed(schemas.get(name) ?? {}, "")).toEqual([]);
});

function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, child]) => {
    const own = path.endsWith("/properties") && !Object.hasOwn(Object(child), "description") ? [`${path}/${key}`] : [];
    return [...own, ...undescribed(child, `${path}/${key}`)];
  });
}
