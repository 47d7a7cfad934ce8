import { arrayOf, bare, type Json, type Node, nodeOf } from "./plan-json.js";

/** The terms of an ORDER BY over a whole SELECT. */
export function orderTerms(node: Node): readonly Node[] {
  const order = arrayOf(node["modifiers"])
    .map(nodeOf)
    .find((entry) => entry?.["type"] === "ORDER_MODIFIER");
  return nodesOf(arrayOf(order?.["orders"]).map((term) => nodeOf(term)?.["expression"]));
}

/** The output columns of a SELECT or of a union of several; null where they are not known. */
export function itemsOf(node: Node): readonly Node[] | null {
  if (node["type"] === "SELECT_NODE") return nodesOf(arrayOf(node["select_list"]));
  if (node["type"] !== "SET_OPERATION_NODE") return null;
  const [left, right] = [nodeOf(node["left"]), nodeOf(node["right"])];
  const own = left === null ? null : itemsOf(left);
  if (node["setop_type"] !== "UNION_BY_NAME") return own;
  const others = right === null ? null : itemsOf(right);
  return own === null || others === null ? null : [...own, ...others];
}

/**
 * Whether rows that the terms do not tell apart are certain to be equal: every output column is among them, or every column
 * that makes the groups.
 */
export function isTotal(items: readonly Node[] | null, terms: readonly Node[], node: Node): boolean {
  if (terms.some(isEverything)) return true;
  if (items === null) return false;
  const named = new Set(terms.map((term) => formOf(resolved(term, items))));
  const isNamed = (expression: Node): boolean => isConstant(expression) || named.has(formOf(expression));
  const isNamedOutput = (item: Node): boolean =>
    isNamed(item) || terms.some((term) => wordOf(term) !== null && wordOf(term) === outputName(item));
  return items.every(isNamedOutput) || (groupKeys(node, items)?.every(isNamed) ?? false);
}

/** `order by all`, `order by *` */
function isEverything(term: Node): boolean {
  const narrowed = ["expr", "relation_name", "replace_list", "rename_list", "qualified_exclude_list"].some(
    (key) => term[key] !== undefined,
  );
  return term["class"] === "STAR" && !narrowed && arrayOf(term["exclude_list"]).length === 0;
}

/** What makes one output row; null: not grouped, or not by these alone. */
function groupKeys(node: Node, items: readonly Node[]): readonly Node[] | null {
  if (arrayOf(node["group_sets"]).length > 1 || items.some((item) => item["class"] === "STAR" || calls(item, multiplying))) return null;
  if (node["aggregate_handling"] === "FORCE_AGGREGATES") return items.filter((item) => !calls(item, aggregates));
  const groups = nodesOf(arrayOf(node["group_expressions"]));
  if (groups.length > 0) return groups.map((group) => groupOf(group, items));
  return items.some((item) => calls(item, aggregates)) ? [] : null;
}

/** A group named by its place, or by an alias that cannot be a column as well: its expression would not be grouped then. */
function groupOf(group: Node, items: readonly Node[]): Node {
  const item = resolved(group, items);
  const word = wordOf(group);
  return word !== null && mentions(item, word) ? group : item;
}

/** An output column that is meant by its number or name is that column's expression. */
function resolved(term: Node, items: readonly Node[]): Node {
  const number = nodeOf(term["value"])?.["value"];
  if (term["class"] === "CONSTANT" && typeof number === "number" && !items.some((item) => item["class"] === "STAR"))
    return items[number - 1] ?? term;
  const word = wordOf(term);
  const meant = word === null ? [] : items.filter((item) => outputName(item) === word);
  return (meant.length === 1 ? meant[0] : undefined) ?? term;
}

function wordOf(term: Node): string | null {
  const names = arrayOf(term["column_names"]);
  return term["class"] === "COLUMN_REF" && names.length === 1 ? String(names[0]).toLowerCase() : null;
}

function outputName(item: Node): string | null {
  const { alias } = item;
  if (typeof alias === "string" && alias !== "") return alias.toLowerCase();
  return item["class"] === "COLUMN_REF" ? String(arrayOf(item["column_names"]).at(-1)).toLowerCase() : null;
}

function formOf(expression: Node): string {
  return JSON.stringify(bare(expression));
}

function nodesOf(all: readonly (Json | undefined)[]): readonly Node[] {
  return all.map(nodeOf).filter((node) => node !== null);
}

function isConstant(expression: Node): boolean {
  return expression["class"] === "CONSTANT" || expression["class"] === "PARAMETER";
}

const multiplying = new Set(["unnest", "generate_subscripts"]);
/** Those that are not here are taken for columns that make groups: a doubt too many, never one too few. */
const aggregates = new Set(
  (
    "sum count count_star avg mean min max product median mode quantile quantile_cont quantile_disc stddev stddev_samp stddev_pop variance " +
    "var_samp var_pop bool_and bool_or count_if arg_min arg_max min_by max_by first last any_value list array_agg string_agg"
  ).split(" "),
);

function calls(json: Json, functions: ReadonlySet<string>): boolean {
  if (Array.isArray(json)) return json.some((item) => calls(item, functions));
  const node = nodeOf(json);
  // A subquery aggregates for itself.
  if (node === null || node["class"] === "SUBQUERY") return false;
  if (node["class"] === "FUNCTION" && functions.has(String(node["function_name"]).toLowerCase())) return true;
  return Object.values(node).some((child) => calls(child, functions));
}

function mentions(json: Json, word: string): boolean {
  if (Array.isArray(json)) return json.some((item) => mentions(item, word));
  const node = nodeOf(json);
  if (node === null) return false;
  const names = arrayOf(node["column_names"]);
  return String(names.at(-1)).toLowerCase() === word || Object.values(node).some((child) => mentions(child, word));
}
