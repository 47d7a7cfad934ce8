import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import type { ColumnDeclaration } from "./declaration.js";
import { inline } from "./drafted-text.js";

/** Settings of a column to be added or changed; lists grow. */
export interface ColumnAmendment {
  readonly column: string;
  readonly settings: ColumnDeclaration;
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * A declaration with other settings of some columns, and every other character of it as it was: comments, order, blanks and quotes. Null
 * where its `columns` are not written out (an alias of YAML, say).
 */
export function amended(text: string, amendments: readonly ColumnAmendment[]): string | null {
  let now = text;
  for (const amendment of amendments) {
    const splices = splicesFor(now, amendment);
    if (splices === null) return null;
    for (const { from, to, text: replacement } of [...splices].sort((a, b) => b.from - a.from))
      now = now.slice(0, from) + replacement + now.slice(to);
  }
  return now;
}

function splicesFor(text: string, { column, settings }: ColumnAmendment): readonly Splice[] | null {
  const document = parseDocument(text, { uniqueKeys: false, version: "1.2" });
  const columns = isMap(document.contents) ? pairOf(document.contents, "columns")?.value : undefined;
  if (!isMap(columns)) return null;
  const pair = pairOf(columns, column);
  if (pair === undefined) return added(text, columns, column, settings);
  const { value } = pair;
  if (isScalar(value) && value.range) {
    const [from, to] = value.range;
    const onlyType = settings.type !== undefined && Object.keys(settings).length === 1;
    return [{ from, to, text: inline(onlyType ? settings.type : { type: value.value, ...settings }) }];
  }
  if (!isMap(value)) return null;
  const splices: Splice[] = [];
  // One after the other: two new keys at one place keep their order.
  const fresh: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const old = pairOf(value, key)?.value;
    if (old === undefined) fresh[key] = setting;
    else splices.push(...replaced(text, old, setting));
  }
  for (const [key, setting] of Object.entries(fresh)) splices.push(...added(text, value, key, setting));
  return merged(splices);
}

/** Several new keys behind the same one become one splice, in order. */
function merged(splices: readonly Splice[]): readonly Splice[] {
  const byPlace = new Map<string, Splice>();
  for (const splice of splices) {
    const id = `${splice.from}-${splice.to}`;
    const before = byPlace.get(id);
    byPlace.set(id, before === undefined ? splice : { ...splice, text: before.text + splice.text });
  }
  return [...byPlace.values()];
}

function replaced(text: string, node: Node, setting: unknown): readonly Splice[] {
  if (isSeq(node) && !node.flow && Array.isArray(setting)) {
    const known = new Set(node.items.map((item) => (isScalar(item) ? String(item.value) : "")));
    const last = node.items.at(-1);
    const more = setting.map(String).filter((item) => !known.has(item));
    if (more.length > 0 && isScalar(last) && last.range && node.range) {
      const indent = indentAt(text, node.range[0]);
      return [{ from: last.range[1], to: last.range[1], text: more.map((item) => `\n${indent}- ${inline(item)}`).join("") }];
    }
  }
  return node.range ? [{ from: node.range[0], to: node.range[1], text: inline(setting) }] : [];
}

/** A key at the end of a mapping, in the mapping's own style. */
function added(text: string, map: YAMLMap, key: string, setting: unknown): readonly Splice[] {
  const last = map.items.at(-1);
  const end = last === undefined ? undefined : endOf(last as Pair<Node, Node | null>);
  if (last === undefined || end === undefined)
    return map.range ? [{ from: map.range[0], to: map.range[1], text: inline({ [key]: setting }) }] : [];
  if (map.flow) return [{ from: end, to: end, text: `, ${inline(key)}: ${inline(setting)}` }];
  const indent = indentAt(text, map.range?.[0] ?? 0);
  // Behind what stands on the same line: a comment there is about the line.
  const line = text.indexOf("\n", text.slice(0, end).trimEnd().length);
  const at = line < 0 ? text.length : line;
  return [{ from: at, to: at, text: `\n${indent}${inline(key)}: ${inline(setting)}` }];
}

function endOf({ key, value }: Pair<Node, Node | null>): number | undefined {
  return lastOf(value)?.range?.[1] ?? key.range?.[1];
}

/** The innermost last value of nested blocks: their own range may reach over blank lines. */
function lastOf(node: Node | null): Node | null {
  if (isMap(node) && !node.flow) {
    const last = node.items.at(-1) as Pair<Node, Node | null> | undefined;
    return last === undefined ? node : (lastOf(last.value) ?? last.key);
  }
  if (isSeq(node) && !node.flow) return lastOf((node.items.at(-1) as Node | undefined) ?? null) ?? node;
  return node;
}

function indentAt(text: string, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return " ".repeat(at - start);
}

function pairOf(map: YAMLMap, key: string): (Pair<Node, Node | null | undefined> & { readonly value: Node }) | undefined {
  const found = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return found === undefined || found.value === null ? undefined : (found as Pair<Node, Node> & { readonly value: Node });
}
