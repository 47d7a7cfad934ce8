import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * The reference lists every key of both schemas; each key with an effect at run time has a scenario that shows it:
 *
 *     keys/<key>.scenario              the key by its path; `flow.` before those of flow.yaml
 *     keys/<key>.<what of it>.scenario more about the same key
 *     # also: <key>, <key>             in a scenario: it shows these keys, too
 *
 * A scenario uses the words it is about, and of a key with a few fixed values each one.
 */
const here = join(import.meta.dirname, "keys");
const root = join(import.meta.dirname, "../..");

const withoutEffect: Readonly<Record<string, string>> = {
  "flow.name": "for people; no table, file or folder is called so",
  "flow.profiles": "its keys have scenarios",
};

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

interface Key {
  readonly path: string;
  /** What it may be, where that is a few words. */
  readonly values: readonly string[];
}

function keysOf(file: string, prefix: string): readonly Key[] {
  const schema = JSON.parse(readFileSync(join(root, "schemas", file), "utf8")) as Schema;
  return keysBelow(schema, prefix, schema.definitions ?? {});
}

function keysBelow(schema: Schema, path: string, definitions: Readonly<Record<string, Schema>>): readonly Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    keysAt(property, path === "" ? name : `${path}.${name}`, definitions),
  );
}

/** A key whose value has keys of its own is shown by theirs. Another file's definitions have their scenarios there. */
function keysAt(schema: Schema, path: string, definitions: Readonly<Record<string, Schema>>): readonly Key[] {
  const shapes = [schema, ...(schema.oneOf ?? []), schema.items, schema.additionalProperties].flatMap((shape) =>
    typeof shape === "object" ? resolved(shape, definitions) : [],
  );
  const below = shapes.flatMap((shape) => keysBelow(shape, path, definitions));
  const values = shapes.flatMap((shape) => shape.enum ?? []);
  return below.length > 0 && values.length === 0 ? below : [{ path, values }, ...below];
}

function resolved(schema: Schema, definitions: Readonly<Record<string, Schema>>): readonly Schema[] {
  if (schema.$ref === undefined) return [schema];
  const found = definitions[schema.$ref.replace("#/definitions/", "")];
  if (found === undefined) return [];
  const inner = typeof found.additionalProperties === "object" ? [found.additionalProperties] : [];
  return [found, ...inner];
}

const keys = [...keysOf("asset.schema.json", ""), ...keysOf("flow.schema.json", "flow")];
const paths = new Set(keys.map(({ path }) => path));
const scenarios = readdirSync(here).map((file) => {
  const text = readFileSync(join(here, file), "utf8");
  const also = /^# also: (.*)$/m.exec(text)?.[1]?.split(", ") ?? [];
  // One that is known to fail shows nothing yet.
  const fails = /^# open: /m.test(text);
  return { file, text, fails, shows: [keyOf(file.replace(/\.scenario$/, "")), ...also] };
});

/** The longest beginning of the name that is a key, or a part of keys. */
function keyOf(name: string): string {
  const steps = name.split(".");
  const beginnings = steps.map((_, at) => steps.slice(0, steps.length - at).join("."));
  return beginnings.find((beginning) => paths.has(beginning) || [...paths].some((path) => path.startsWith(`${beginning}.`))) ?? name;
}

describe("keys of the declarations", () => {
  test("are collected", () => expect(keys.length).toBeGreaterThan(60));

  test.each(keys.filter(({ path }) => withoutEffect[path] === undefined))("$path has a scenario that shows it", ({ path, values }) => {
    const text = scenarios
      .filter(({ shows, fails }) => !fails && shows.includes(path))
      .map((scenario) => scenario.text)
      .join("\n");
    const words = [path.split(".").at(-1) ?? "", ...values];
    expect(text === "" ? "no scenario" : words.filter((word) => !new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text))).toEqual([]);
  });

  test("of a scenario, and those that need none, are in the schemas", () => {
    const known = (path: string): boolean => paths.has(path) || [...paths].some((other) => other.startsWith(`${path}.`));
    expect([...scenarios.flatMap(({ shows }) => shows), ...Object.keys(withoutEffect)].filter((path) => !known(path))).toEqual([]);
  });
});
