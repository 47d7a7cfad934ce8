import { ident, text } from "./sql.js";

/** SQL for a value of a type without parts, from SQL for its text; NULL where the text says no such value. */
export type Leaf = (type: string, raw: string) => string;

/**
 * A list, struct or map from JSON, leaf by leaf: a single part that does not say exactly a value of its type makes the whole NULL.
 * (DuckDB's own cast rounds `[2.7]`, makes `["x"]` a list of NULL and a struct of `[]`.)
 *
 * @param json SQL for the JSON; NULL where there is none
 */
export function nested(type: string, json: string, leaf: Leaf): string {
  const reading: Reading = { leaf, depth: 0 };
  // The cast stands outside: DuckDB has no CASE over arrays of a fixed size.
  return `TRY_CAST(CASE WHEN ${json} IS NOT NULL AND NOT (${broken(type, json, reading)}) THEN ${value(type, json, reading)} END AS ${type})`;
}

interface Reading {
  readonly leaf: Leaf;
  /** Of lambdas, which need names of their own. */
  readonly depth: number;
}

type Shape =
  | { readonly kind: "leaf" }
  | { readonly kind: "list"; readonly of: string; readonly size: string }
  | { readonly kind: "struct"; readonly fields: readonly (readonly [name: string, type: string])[] }
  | { readonly kind: "map"; readonly key: string; readonly of: string };

function shapeOf(type: string): Shape {
  const size = /\[(\d*)\]$/.exec(type);
  if (size !== null) return { kind: "list", of: type.slice(0, size.index), size: size[1] ?? "" };
  if (type.startsWith("STRUCT(")) return { kind: "struct", fields: partsOf(type).map(fieldOf) };
  const [key, of] = type.startsWith("MAP(") ? partsOf(type) : [];
  return key === undefined || of === undefined ? { kind: "leaf" } : { kind: "map", key, of };
}

/** What stands between the outer brackets, split at the commas that stand in no others. */
function partsOf(type: string): readonly string[] {
  const parts = [""];
  let open = 0;
  for (const token of type.slice(type.indexOf("(") + 1, -1).match(/"(?:[^"]|"")*"|./g) ?? []) {
    if (token === "(") open += 1;
    if (token === ")") open -= 1;
    if (token === "," && open === 0) parts.push("");
    else parts.push(`${parts.pop() ?? ""}${token}`);
  }
  return parts.map((part) => part.trim());
}

function fieldOf(field: string): readonly [name: string, type: string] {
  const name = /^("(?:[^"]|"")*"|\S+)\s+/.exec(field);
  const written = name?.[1] ?? field;
  return [written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written, field.slice(name?.[0].length ?? 0)];
}

function value(type: string, json: string, reading: Reading): string {
  const shape = shapeOf(type);
  const [item, inner] = within(reading);
  switch (shape.kind) {
    case "leaf":
      return type === "JSON" ? json : reading.leaf(type, textOf(json));
    case "list":
      return `list_transform(TRY_CAST(${json} AS JSON[]), lambda ${item}: ${value(shape.of, item, inner)})`;
    case "struct":
      return `CASE WHEN json_type(${json}) = 'OBJECT' THEN struct_pack(${shape.fields.map(([name, of]) => `${ident(name)} := ${value(of, at(json, name), inner)}`).join(", ")}) END`;
    case "map":
      return `CASE WHEN json_type(${json}) = 'OBJECT' THEN map_from_entries(list_transform(json_keys(${json}),
        lambda ${item}: struct_pack("key" := ${reading.leaf(shape.key, item)}, "value" := ${value(shape.of, entry(json, item), inner)}))) END`;
  }
}

/** Whether a part of it is no value of its type. */
function broken(type: string, json: string, reading: Reading): string {
  const shape = shapeOf(type);
  const [item, inner] = within(reading);
  const unless = (wanted: string, trouble: string): string =>
    `CASE coalesce(json_type(${json}), 'NULL') WHEN 'NULL' THEN false WHEN '${wanted}' THEN ${trouble} ELSE true END`;
  const any = (items: string, trouble: string): string => `len(list_filter(${items}, lambda ${item}: ${trouble})) > 0`;
  switch (shape.kind) {
    case "leaf":
      return type === "JSON" ? "false" : `(${textOf(json)} IS NOT NULL AND (${reading.leaf(type, textOf(json))}) IS NULL)`;
    case "list":
      return unless(
        "ARRAY",
        `${any(`TRY_CAST(${json} AS JSON[])`, broken(shape.of, item, inner))}${shape.size === "" ? "" : ` OR json_array_length(${json}) <> ${shape.size}`}`,
      );
    case "struct":
      return unless("OBJECT", `(${shape.fields.map(([name, of]) => broken(of, at(json, name), inner)).join(" OR ")})`);
    case "map":
      return unless(
        "OBJECT",
        any(`json_keys(${json})`, `(${reading.leaf(shape.key, item)}) IS NULL OR ${broken(shape.of, entry(json, item), inner)}`),
      );
  }
}

function within({ leaf, depth }: Reading): readonly [item: string, inner: Reading] {
  return [`_e${depth}`, { leaf, depth: depth + 1 }];
}

function textOf(json: string): string {
  return `(${json} ->> '$')`;
}

function at(json: string, name: string): string {
  return `(${json} -> ${text(`$."${name.replaceAll('"', '\\"')}"`)})`;
}

function entry(json: string, key: string): string {
  return `json_extract(${json}, '$."' || replace(${key}, '"', '\\"') || '"')`;
}
