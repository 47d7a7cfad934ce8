import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AssetDeclaration, FlowDeclaration } from "../../core/declaration/declaration.js";
import { loadShapes } from "../../core/declaration/shapes.js";

type Schema = { readonly [key: string]: unknown };

const read = (name: string): Schema => JSON.parse(readFileSync(new URL(`../../schemas/${name}`, import.meta.url), "utf8")) as Schema;
const schemas: Readonly<Record<string, Schema>> = {
  "asset.schema.json": read("asset.schema.json"),
  "flow.schema.json": read("flow.schema.json"),
};

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function follow(file: string, schema: Schema): { readonly file: string; readonly schema: Schema } {
  if (typeof schema.$ref !== "string") return { file, schema };
  const [target = "", path = ""] = schema.$ref.split("#");
  const at = path
    .split("/")
    .slice(1)
    .reduce<unknown>((found, key) => (isSchema(found) ? found[key] : undefined), schemas[target === "" ? file : target]);
  if (!isSchema(at)) throw new Error(`${schema.$ref} leads nowhere`);
  return { file: target === "" ? file : target, schema: at };
}

/** Every key a user may write, with the schema that describes it. */
function keysOf(file: string, schema: Schema, path: string): readonly { readonly path: string; readonly schema: Schema }[] {
  const here = follow(file, schema);
  const properties = isSchema(here.schema.properties) ? Object.entries(here.schema.properties) : [];
  const named = [...properties, ["*", here.schema.additionalProperties], ["[]", here.schema.items]] as const;
  return named.flatMap(([key, child]) => {
    if (!isSchema(child)) return [];
    const own = key === "[]" && child.$ref === undefined ? [] : [{ path: `${path}/${key}`, schema: follow(here.file, child).schema }];
    return [...own, ...keysOf(here.file, child, `${path}/${key}`)];
  });
}

test.each(Object.entries(schemas))("every key of %s has a description, a default and an example", (file, schema) => {
  const bare = keysOf(file, schema, "").filter((key) => !["description", "default", "examples"].every((word) => word in key.schema));
  expect(bare.map((key) => key.path)).toEqual([]);
});

test.each(Object.entries(schemas))("every mapping of %s refuses unknown keys", (file, schema) => {
  const open = keysOf(file, schema, "").filter(({ schema: child }) => "properties" in child && child.additionalProperties !== false);
  expect(open.map((key) => key.path)).toEqual([]);
});

test.each(Object.entries(schemas))("the examples of %s are of the schema's own shape", (file, schema) => {
  const { asset, flow } = loadShapes();
  const validate = file === "asset.schema.json" ? asset : flow;
  const top = Object.entries(isSchema(schema.properties) ? schema.properties : {});
  for (const [key, child] of top) {
    const examples = isSchema(child) ? follow(file, child).schema.examples : [];
    for (const example of Array.isArray(examples) ? examples : []) {
      validate({ [key]: example });
      expect(validate.errors, `${key}: ${JSON.stringify(example)}`).toBeNull();
    }
  }
});

test("the keys are these: adding one is a decision", () => {
  expect(Object.entries(schemas).map(([file, schema]) => [file, keysOf(file, schema, "").map((key) => key.path)])).toMatchSnapshot();
});

test("the types name the same top-level keys as the schemas", () => {
  const asset: Record<keyof AssetDeclaration, true> = {
    asset: true,
    type: true,
    description: true,
    owner: true,
    tags: true,
    ingest: true,
    sql: true,
    incremental: true,
    columns: true,
    key: true,
    partition_by: true,
    event_time: true,
    lateness: true,
    checks: true,
    tests: true,
    changelog: true,
    retain: true,
  };
  const flow: Record<keyof FlowDeclaration, true> = {
    name: true,
    store: true,
    timezone: true,
    vars: true,
    threads: true,
    memory_limit: true,
    allow_paths: true,
    profiles: true,
    defaults: true,
  };
  expect(Object.keys(schemas["asset.schema.json"]?.properties ?? {})).toEqual(Object.keys(asset));
  expect(Object.keys(schemas["flow.schema.json"]?.properties ?? {}).sort()).toEqual(Object.keys(flow).sort());
});
