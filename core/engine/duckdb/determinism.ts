import type { Doubt } from "../engine.js";
import { arrayOf, type Json, type Node, nodeOf } from "./plan-json.js";
import { isTotal, itemsOf, orderTerms } from "./total-order.js";

/** A text and where its bytes lie in it. */
export interface Parsed {
  readonly sql: string;
  /** Character offset of a byte of the text. */
  readonly characterOf: (byte: number) => number;
}

/**
 * What in a parsed SELECT (`json_serialize_sql`) may yield other rows from the same inputs, in order of appearance. Read from the
 * parsed form alone, without types: a column called `current_date` is taken for the day.
 */
export function doubtsIn(json: Json, text: Parsed): readonly Doubt[] {
  const found = visit(json, { text, around: null, sorted: false });
  found.sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  // The parser writes `array(select …)` out with the same aggregate twice.
  const seen = new Set<string>();
  return found.filter((doubt) => {
    const identity = JSON.stringify(doubt);
    return !seen.has(identity) && seen.add(identity);
  });
}

interface Scope {
  readonly text: Parsed;
  /** Where the nearest node around this one stands; some have no place of their own. */
  readonly around: number | null;
  /** Whether what is around sorts the list that this yields. */
  readonly sorted: boolean;
}

function visit(json: Json, scope: Scope): Doubt[] {
  if (Array.isArray(json)) return json.flatMap((item) => visit(item, scope));
  const node = nodeOf(json);
  if (node === null) return [];
  const around = placeOf(node, scope.text) ?? scope.around;
  const inner = { text: scope.text, around, sorted: node["class"] === "FUNCTION" && sorters.has(nameOf(node)) };
  const below = Object.values(node).flatMap((child) => visit(child, inner));
  return [...rules.flatMap((rule) => rule(node, { ...scope, around })), ...below];
}

type Rule = (node: Node, scope: Scope) => readonly Doubt[];
const rules: readonly Rule[] = [clock, volatile, looseAggregate, looseWindow, looseLimit, looseDistinct, sample];

/** A list that is sorted afterwards may be gathered in any order. */
const sorters = new Set(["list_sort", "array_sort", "list_reverse_sort", "array_reverse_sort"]);

const clocks = new Set(
  (
    "now today current_date current_time current_timestamp get_current_time get_current_timestamp transaction_timestamp " +
    "localtime localtimestamp current_localtime current_localtimestamp"
  ).split(" "),
);
/** Keywords that stand without brackets, which the parser gives as columns. */
const clockWords = new Set(["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"]);

function clock(node: Node, { around }: Scope): readonly Doubt[] {
  const columns = arrayOf(node["column_names"]);
  const word = node["class"] === "COLUMN_REF" && columns.length === 1 ? String(columns[0]).toLowerCase() : "";
  if (clockWords.has(word)) return [{ kind: "clock", what: word, offset: around }];
  if (node["class"] !== "FUNCTION") return [];
  const name = nameOf(node);
  // Of one time alone, the age is counted from today.
  if (name === "age" && arrayOf(node["children"]).length === 1) return [{ kind: "clock", what: "age(…)", offset: around }];
  return clocks.has(name) ? [{ kind: "clock", what: `${name}()`, offset: around }] : [];
}

const volatiles = new Set("random setseed uuid uuidv4 uuidv7 gen_random_uuid nextval currval txid_current".split(" "));

function volatile(node: Node, { around }: Scope): readonly Doubt[] {
  if (node["class"] !== "FUNCTION" || !volatiles.has(nameOf(node))) return [];
  return [{ kind: "random", what: arrayOf(node["children"]).length > 0 ? `${nameOf(node)}(…)` : `${nameOf(node)}()`, offset: around }];
}

const ordered = new Set("first last any_value arbitrary list array_agg string_agg group_concat listagg".split(" "));

function looseAggregate(node: Node, { text, around, sorted }: Scope): readonly Doubt[] {
  if (node["class"] !== "FUNCTION" || !ordered.has(nameOf(node)) || sorted) return [];
  if (arrayOf(nodeOf(node["order_bys"])?.["orders"]).length > 0) return [];
  const written = placeOf(node, text) !== null;
  return [{ kind: "aggregate", what: written ? `${nameOf(node)}(…)` : "array(select …)", offset: around }];
}

const orderedWindows = new Set("ROW_NUMBER FIRST_VALUE LAST_VALUE NTH_VALUE LAG LEAD NTILE".split(" ").map((name) => `WINDOW_${name}`));

/** A window whose value depends on which rows come before. */
function looseWindow(node: Node, { around }: Scope): readonly Doubt[] {
  if (node["class"] !== "WINDOW") return [];
  if (arrayOf(node["orders"]).length > 0 || arrayOf(node["arg_orders"]).length > 0) return [];
  const countsRows = [node["start"], node["end"]].some((edge) => String(edge).endsWith("_ROWS"));
  if (!orderedWindows.has(String(node["type"])) && !ordered.has(nameOf(node)) && !countsRows) return [];
  const brackets = arrayOf(node["children"]).length > 0 ? "(…)" : "()";
  return [{ kind: "window", what: `${nameOf(node)}${brackets} over`, offset: around }];
}

function looseLimit(node: Node, { text }: Scope): readonly Doubt[] {
  const limit = modifier(node, /^LIMIT/);
  if (limit === null) return [];
  const terms = orderTerms(node);
  if (isTotal(itemsOf(node), terms, node)) return [];
  const what = limit["limit"] === undefined ? "offset" : "limit";
  return [{ kind: terms.length === 0 ? "limit" : "limit-ties", what, offset: limitPlace(node, limit, text) }];
}

function looseDistinct(node: Node, { text }: Scope): readonly Doubt[] {
  const targets = arrayOf(modifier(node, /^DISTINCT/)?.["distinct_on_targets"]);
  if (targets.length === 0 || orderTerms(node).length > 0) return [];
  const first = firstPlace(targets, text);
  return [
    { kind: "distinct-on", what: "distinct on", offset: first === null ? null : wordBefore(text.sql, first, /distinct\s+on[\s(]*$/i) },
  ];
}

function sample(node: Node, { text, around }: Scope): readonly Doubt[] {
  if (nodeOf(node["sample"]) === null) return [];
  const { modifiers: _modifiers, ...before } = node;
  const found = wordAfter(text.sql, lastPlace(before, text) ?? around ?? 0, /\b(tablesample|using\s+sample)\b/i);
  return [{ kind: "sample", what: "sample", offset: found ?? around }];
}

function modifier(node: Node, type: RegExp): Node | null {
  return (
    arrayOf(node["modifiers"])
      .map(nodeOf)
      .find((entry) => type.test(String(entry?.["type"]))) ?? null
  );
}

/** The word before the number; where that is a parameter it has no place, and the word is looked for behind the rest. */
function limitPlace(node: Node, limit: Node, text: Parsed): number | null {
  const number = firstPlace([limit["limit"] ?? limit["offset"] ?? null], text);
  if (number !== null) return wordBefore(text.sql, number, /\b(limit|offset|fetch\s+(first|next))[\s(]*$/i);
  return wordAfter(text.sql, lastPlace(node, text) ?? 0, /\b(limit|offset|fetch)\b/i);
}

function wordBefore(sql: string, offset: number, pattern: RegExp): number {
  const at = sql.slice(0, offset).search(pattern);
  return at < 0 ? offset : at;
}

function wordAfter(sql: string, offset: number, pattern: RegExp): number | null {
  const at = sql.slice(offset).search(pattern);
  return at < 0 ? null : offset + at;
}

function nameOf(node: Node): string {
  return String(node["function_name"]).toLowerCase();
}

/** Nodes that the parser made up have none, or one beyond the text. */
function placeOf(node: Node, { sql, characterOf }: Parsed): number | null {
  const place = node["query_location"];
  return typeof place === "number" && place <= sql.length * 4 ? characterOf(place) : null;
}

function firstPlace(json: Json, text: Parsed): number | null {
  const places = placesIn(json, text);
  return places.length === 0 ? null : Math.min(...places);
}

function lastPlace(json: Json, text: Parsed): number | null {
  const places = placesIn(json, text);
  return places.length === 0 ? null : Math.max(...places);
}

function placesIn(json: Json, text: Parsed): readonly number[] {
  if (Array.isArray(json)) return json.flatMap((item) => placesIn(item, text));
  const node = nodeOf(json);
  if (node === null) return [];
  const own = placeOf(node, text);
  const below = Object.values(node).flatMap((child) => placesIn(child, text));
  return own === null ? below : [own, ...below];
}
