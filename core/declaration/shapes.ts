import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { type Diagnostic, type DiagnosticCode, error } from "../diagnostic.js";
import { quoteAll, suggestion } from "../suggest.js";
import { packageRoot } from "../version.js";
import type { AssetDeclaration, FlowDeclaration } from "./declaration.js";
import { below, placeOf, placeOfKey, type YamlSource } from "./yaml-source.js";

/** Validators made from `schemas/`. */
export interface Shapes {
  readonly asset: ValidateFunction;
  readonly flow: ValidateFunction;
}

/** A declaration of valid shape: what was not has been taken out and is told. Second of the three states. */
export interface Shaped<Declaration> {
  readonly source: YamlSource;
  readonly declaration: Declaration;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the text is a YAML mapping at all. */
  readonly readable: boolean;
  /** Whether something at this pointer or below it was wrong, so that what is missing there is not worth a word. */
  spoilt(pointer: string): boolean;
}

/** Reads the schemas from the package's folder, wherever the package is built or installed. */
export function loadShapes(): Shapes {
  const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
  ajv.addVocabulary(["x-code", "x-rule"]);
  const schemas = join(packageRoot(), "schemas");
  return {
    asset: ajv.compile(readJson(join(schemas, "asset.schema.json"))),
    flow: ajv.compile(readJson(join(schemas, "flow.schema.json"))),
  };
}

export function shapeAsset(source: YamlSource, shapes: Shapes): Shaped<AssetDeclaration> {
  return shape<AssetDeclaration>(source, shapes.asset);
}

export function shapeFlow(source: YamlSource, shapes: Shapes): Shaped<FlowDeclaration> {
  return shape<FlowDeclaration>(source, shapes.flow);
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
}

function shape<Declaration>(source: YamlSource, validate: ValidateFunction): Shaped<Declaration> {
  const value: unknown = source.value ?? {};
  const errors = validate(value) ? [] : tellingOf(validate.errors ?? []);
  const spoilt = new Set(errors.flatMap((trouble) => withParents(pointerOf(trouble))));
  const diagnostics = errors.map((trouble) => explain(source, trouble));
  // What remains after the cuts has the declaration's shape: every error was cut out, and every key is optional.
  const declaration = (isRecord(value) ? errors.reduce(cut, value) : {}) as Declaration;
  return { source, declaration, diagnostics, readable: source.wellFormed && isRecord(value), spoilt: (pointer) => spoilt.has(pointer) };
}

/** Without what only repeats: `propertyNames` tells of the mapping, too; a value of the wrong type breaks other rules as well. */
function tellingOf(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const mistyped = new Set(errors.filter(({ keyword }) => keyword === "type").map((trouble) => trouble.instancePath));
  return errors.filter(
    (trouble) => trouble.keyword !== "propertyNames" && (trouble.keyword === "type" || !mistyped.has(trouble.instancePath)),
  );
}

/** Where the trouble is: for an unknown key the key's own pointer. */
function pointerOf(trouble: ErrorObject): string {
  const key: unknown = trouble.keyword === "additionalProperties" ? trouble.params.additionalProperty : trouble.propertyName;
  return typeof key === "string" ? below(trouble.instancePath, key) : trouble.instancePath;
}

function withParents(pointer: string): readonly string[] {
  const all = [pointer];
  for (let at = pointer; at !== ""; ) {
    at = at.slice(0, at.lastIndexOf("/"));
    all.push(at);
  }
  return all;
}

function explain(source: YamlSource, trouble: ErrorObject): Diagnostic {
  const pointer = pointerOf(trouble);
  const schema = trouble.parentSchema ?? {};
  const written = textOf(trouble.data);
  const name = lastName(pointer);
  const at = placeOf(source, pointer);
  const rule = typeof schema["x-rule"] === "string" ? schema["x-rule"] : null;
  const code = isCode(schema["x-code"]) ? schema["x-code"] : null;
  if (trouble.keyword === "additionalProperties") return unknownKey(source, pointer, schema, code);
  if (trouble.propertyName !== undefined)
    return error("bad-value", placeOfKey(source, pointer), `\`${trouble.propertyName}\` is not allowed as a name`, rule);
  if (trouble.keyword === "required") {
    const key = String(trouble.params.missingProperty);
    return error("missing-key", placeOfKey(source, pointer), `\`${name}\` lacks \`${key}\``, exampleHint(schema, key));
  }
  if (code === "bad-duration") return badDuration(at, name, written);
  if (code === "bad-name") return error(code, at, `${written} is not an asset name`, rule);
  if (trouble.keyword === "type") return wrongType(at, name, trouble, schema);
  if (trouble.keyword === "enum") return badChoice(at, name, trouble);
  if (isRecord(trouble.data) && rule !== null) return error("bad-value", at, rule);
  return error("bad-value", at, `\`${name}\` cannot be ${written}`, rule ?? limitHint(trouble));
}

function unknownKey(source: YamlSource, pointer: string, schema: Record<string, unknown>, code: DiagnosticCode | null): Diagnostic {
  const key = lastName(pointer);
  const known = isRecord(schema.properties) ? Object.keys(schema.properties) : [];
  const what = code === "unknown-check" ? "check" : "key";
  if (/^[^(]*\)$/.test(key))
    return error(
      code ?? "unknown-key",
      placeOfKey(source, pointer),
      `unknown ${what} \`${key}\``,
      "inside `{ }` a comma ends a value: write the value before it in quotes",
    );
  return error(code ?? "unknown-key", placeOfKey(source, pointer), `unknown ${what} \`${key}\``, suggestion(key, known, "known here"));
}

function badDuration(at: Diagnostic["at"], name: string, written: string): Diagnostic {
  return error(
    "bad-duration",
    at,
    `\`${name}\` cannot be ${written}`,
    "a duration is a number and a unit: `500ms`, `2s`, `5m`, `12h`, `30d`, `2w`",
  );
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "`true` or `false`",
  array: "a list",
  object: "a mapping",
};

function wrongType(at: Diagnostic["at"], name: string, trouble: ErrorObject, schema: Record<string, unknown>): Diagnostic {
  const wanted = [schema.type].flat().map(String);
  const named = wanted.map((type) => typeNames[type] ?? type).join(" or ");
  if (trouble.instancePath === "")
    return error("wrong-type", at, `a declaration is a mapping, not ${kindOf(trouble.data)}`, "write `key: value` lines");
  if (trouble.data === null) return error("wrong-type", at, `\`${name}\` has no value`, `it takes ${named}`);
  const quote =
    wanted.includes("string") && typeof trouble.data !== "object" ? `write it in quotes: \`"${String(trouble.data)}"\`` : exampleOf(schema);
  return error("wrong-type", at, `\`${name}\` takes ${named}, not ${kindOf(trouble.data)}`, quote);
}

function badChoice(at: Diagnostic["at"], name: string, trouble: ErrorObject): Diagnostic {
  const allowed = (trouble.params.allowedValues as readonly unknown[]).map(String);
  const near = suggestion(String(trouble.data), allowed);
  const list = `one of ${quoteAll(allowed)}`;
  return error("bad-value", at, `\`${name}\` cannot be ${textOf(trouble.data)}`, near === null ? list : `${near} (${list})`);
}

function limitHint(trouble: ErrorObject): string | null {
  if (trouble.keyword === "uniqueItems") return "each may stand there once";
  return trouble.message === undefined ? null : trouble.message.replace(/^must NOT have/, "it cannot have").replace(/^must/, "it must");
}

function exampleHint(schema: Record<string, unknown>, key: string): string | null {
  const properties = schema.properties;
  const property = isRecord(properties) ? properties[key] : undefined;
  return isRecord(property) ? exampleOf(property, key) : null;
}

function exampleOf(schema: Record<string, unknown>, key: string | null = null): string | null {
  const examples = schema.examples;
  if (!Array.isArray(examples) || examples.length === 0) return null;
  const text = JSON.stringify(examples[0]);
  return `for example \`${key === null ? text : `${key}: ${text}`}\``;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return textOf(value);
}

function textOf(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? (value.length === 0 ? "an empty list" : "this list") : "this mapping";
  return `\`${String(value)}\``;
}

/** The word a message names: the key, or the list's key for one of its items. */
function lastName(pointer: string): string {
  const names = pointer.split("/").slice(1);
  const name = names.findLast((part) => !/^\d+$/.test(part)) ?? "the declaration";
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isCode(value: unknown): value is DiagnosticCode {
  return typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Takes the value in trouble out: the key from its mapping, or the whole list where it is an item. */
function cut(value: Record<string, unknown>, trouble: ErrorObject): Record<string, unknown> {
  if (trouble.keyword === "required") return value;
  const path = pointerOf(trouble)
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return path.length === 0 ? {} : without(value, path);
}

function without(value: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  const [first = "", ...rest] = path;
  const kept = withoutBelow(value[first], rest);
  const others = Object.entries(value).filter(([key]) => key !== first);
  if (kept === undefined) return Object.fromEntries(others);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, key === first ? kept : child]));
}

/** What remains of a value after a cut below it; undefined: nothing. */
function withoutBelow(value: unknown, path: readonly string[]): unknown {
  const [first = "", ...rest] = path;
  if (path.length === 0) return undefined;
  if (isRecord(value)) return without(value, path);
  if (!Array.isArray(value) || rest.length === 0) return undefined;
  const kept = withoutBelow(value[Number(first)], rest);
  return kept === undefined ? undefined : value.map((item: unknown, index) => (index === Number(first) ? kept : item));
}
