import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { failedTests } from "./check-values.js";
import { flow } from "./harness.js";
import { differingReport } from "./values.js";

type Schema = Readonly<Record<string, unknown>>;

/** What each schema says: the command that prints it, and its topmost list. */
const printed = [
  ["verify", "verify --json", "assets"],
  ["check", "check --json", "assets"],
  ["test", "test --json", "tests"],
  ["late", "late --json", "arrivals"],
  ["quarantine", "quarantine list --json", "items"],
  ["quarantine", "quarantine discard orders a.csv --json", "items"],
  ["status", "status --json", "assets"],
  ["gc", "gc --dry-run --json", "assets"],
  ["fsck", "fsck --json", "assets"],
  ["history", "history orders --json", "versions"],
  ["reach", "lineage --reach --format json", "assets"],
] as const;

describe.each(printed)("%s.schema.json", (schema, argv, list) => {
  const validate = validator(schema);
  const print = async (): Promise<Schema> => {
    const { stdout } = await flow(argv.split(" "), {
      verify: async () => differingReport,
      test: async () => failedTests,
    });
    return JSON.parse(stdout) as Schema;
  };

  test(`fits what flow ${argv} prints`, async () => {
    const value = await print();
    expect(value[list]).not.toEqual([]);
    validate(value);
    expect(validate.errors).toBeNull();
  });

  test("refuses unknown and missing keys, at the top and below it", async () => {
    const value = await print();
    const { [list]: items, ...rest } = value;
    expect(keywords(validate, { ...rest, extra: 1 })).toEqual(["additionalProperties", "required"]);
    const [first] = items as readonly Schema[];
    const below = Object.fromEntries(Object.entries(first ?? {}).slice(1));
    expect(keywords(validate, { ...rest, [list]: [{ ...below, extra: 1 }] })).toEqual(["additionalProperties", "required"]);
  });

  test("describes every key", () => {
    expect(undescribed(read(schema), "")).toEqual([]);
  });
});

function read(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), "utf8")) as Schema;
}

function validator(name: string): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
  for (const other of ["manifest", "plan", "report"]) ajv.addSchema(read(other));
  return ajv.compile(read(name));
}

function keywords(validate: ValidateFunction, value: unknown): readonly string[] {
  validate(value);
  return (validate.errors ?? []).map(({ keyword }) => keyword).sort();
}

/** Paths of properties without a description. */
function undescribed(node: unknown, path: string): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  const properties = "properties" in node ? Object.entries(node.properties as Record<string, object>) : [];
  const bare = properties.filter(([, value]) => !("description" in value)).map(([name]) => `${path}/${name}`);
  return [...bare, ...Object.entries(node).flatMap(([name, value]) => undescribed(value, `${path}/${name}`))];
}

test("diff.schema.json fits what flow diff --json prints, and refuses other keys", async () => {
  const validate = validator("diff");
  const value = JSON.parse((await flow(["diff", "orders", "--json"])).stdout) as Schema;
  validate(value);
  expect(validate.errors).toBeNull();
  expect(keywords(validate, { ...value, extra: 1 })).toEqual(["additionalProperties"]);
  expect(undescribed(read("diff"), "")).toEqual([]);
});

test("why.schema.json fits what flow why --json prints, and refuses other keys", async () => {
  const validate = validator("why");
  const value = JSON.parse((await flow(["why", "orders", "--json"])).stdout) as Schema;
  validate(value);
  expect(validate.errors).toBeNull();
  expect(keywords(validate, { ...value, extra: 1 })).toContain("additionalProperties");
  expect(undescribed(read("why"), "")).toEqual([]);
});
