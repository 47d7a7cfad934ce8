import { ident, text } from "./sql.js";

/** DuckDB's serialized plans, as far as they are read here. */
export type Json = null | boolean | number | string | readonly Json[] | Node;
export interface Node {
  readonly [key: string]: Json;
}

export function nodeOf(json: Json | undefined): Node | null {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Node) : null;
}

export function arrayOf(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? json : [];
}

/**
 * A bound expression over one column, back in SQL; null where it holds anything this does not know to be a pure function of
 * that column.
 */
export function expressionSql(json: Json | undefined, column: string): string | null {
  const node = nodeOf(json);
  if (node === null) return null;
  switch (node["expression_class"]) {
    case "BOUND_REF":
      return ident(column);
    case "BOUND_CONSTANT":
      return constantSql(nodeOf(node["value"]));
    case "BOUND_CAST":
      return castSql(node, column);
    case "BOUND_FUNCTION":
      return functionSql(node, column);
    default:
      return null;
  }
}

/** Whether the expression keeps the order of its column's moments; false where that is not known. */
export function isMonotone(json: Json | undefined): boolean {
  const node = nodeOf(json);
  if (node?.["expression_class"] === "BOUND_REF") return true;
  const type = String(nodeOf(node?.["return_type"])?.["id"] ?? "");
  if (node?.["expression_class"] === "BOUND_CAST")
    return ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"].includes(type) && isMonotone(node["child"]);
  if (node?.["expression_class"] !== "BOUND_FUNCTION") return false;
  const [first, second] = arrayOf(node["children"]);
  const name = String(node["name"]);
  if (name === "year") return isMonotone(first);
  return name === "date_trunc" && nodeOf(first)?.["expression_class"] === "BOUND_CONSTANT" && isMonotone(second);
}

/** Types that need no more than their name. */
const plainTypes = new Set(
  "BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT VARCHAR DATE TIMESTAMP DOUBLE FLOAT".split(" "),
);

function castSql(node: Node, column: string): string | null {
  const type = typeName(nodeOf(node["return_type"]));
  const child = expressionSql(node["child"], column);
  return type === null || child === null ? null : `${node["try_cast"] === true ? "TRY_CAST" : "CAST"}(${child} AS ${type})`;
}

function typeName(type: Node | null): string | null {
  const id = String(type?.["id"] ?? "");
  if (id === "TIMESTAMP WITH TIME ZONE") return id;
  return plainTypes.has(id) && nodeOf(type?.["type_info"]) === null ? id : null;
}

/** Pure functions of their arguments; what is not here is not relied on. */
const pureFunctions = new Set(
  (
    "strftime date_trunc year month day hour minute quarter week isoyear yearweek dayofweek dayofyear isodow decade century last_day monthname dayname " +
    "lower upper trim ltrim rtrim left right substring substr length abs floor ceil round concat date_part datepart replace " +
    "md5 md5_number + - * / // % ||"
  ).split(" "),
);
const operators = new Set(["+", "-", "*", "/", "//", "%", "||"]);

function functionSql(node: Node, column: string): string | null {
  const name = String(node["name"]);
  if (!pureFunctions.has(name)) return null;
  const parts = arrayOf(node["children"]).map((child) => expressionSql(child, column));
  const known = parts.filter((part) => part !== null);
  if (known.length < parts.length) return null;
  if (operators.has(name) && known.length === 2) return `(${known.join(` ${name} `)})`;
  return operators.has(name) ? null : `${ident(name)}(${known.join(", ")})`;
}

function constantSql(value: Node | null): string | null {
  if (value === null || value["is_null"] === true) return null;
  const type = String(nodeOf(value["type"])?.["id"] ?? "");
  const content = value["value"];
  if (type === "VARCHAR" && typeof content === "string") return text(content);
  if (typeof content === "number" && Number.isSafeInteger(content) && /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type)) {
    return `CAST(${content} AS ${type})`;
  }
  return type === "DATE" && typeof content === "number" ? `(DATE '1970-01-01' + CAST(${content} AS INTEGER))` : null;
}

/** The same without what tells nothing of its meaning. */
export function bare(json: Json | undefined): Json {
  if (Array.isArray(json)) return json.map(bare);
  const node = nodeOf(json);
  if (node === null) return json ?? null;
  const kept = Object.entries(node).filter(([key]) => key !== "query_location" && key !== "alias");
  return Object.fromEntries(kept.map(([key, value]) => [key, bare(value)]));
}
