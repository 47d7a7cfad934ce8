import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { type Diagnostic, error, type Place } from "../diagnostic.js";
import { positionAt, type Range, type SourceFile } from "../source.js";
import { type Scope, substitute } from "./substitute.js";

export type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** How a scalar was written, as far as places inside it depend on that. */
export type ScalarStyle = "plain" | "quoted" | "block";

interface Spot {
  readonly key: Range | null;
  readonly value: Range;
  readonly style: ScalarStyle | null;
}

/** A YAML document as plain data, and where each word of it stands. First of the three states of a declaration. */
export interface YamlSource {
  readonly file: SourceFile;
  /** Mappings have no prototype, so that a key `__proto__` is a key like another. */
  readonly value: Json;
  /** Whether the text is YAML at all: if not, `value` is not worth a look. */
  readonly wellFormed: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** By JSON pointer, e.g. `/columns/amount/type`. */
  readonly spots: ReadonlyMap<string, Spot>;
}

/** Reads one document; `${…}` in its texts is replaced from the scope. Duplicate keys keep the first value. */
export function readYaml(file: SourceFile, scope: Scope): YamlSource {
  const document = parseDocument(file.text, { prettyErrors: false, uniqueKeys: false, version: "1.2" });
  const broken = document.errors.map((trouble) => syntaxError(file, trouble));
  if (broken.length > 0) return { file, value: null, wellFormed: false, diagnostics: broken, spots: new Map() };
  const walk: Walk = { file, document, scope, spots: new Map(), diagnostics: [], nodes: 0, open: new Set() };
  const value = readNode(document.contents, "", null, walk);
  const wellFormed = walk.diagnostics.every((trouble) => trouble.code !== "yaml-syntax");
  return { file, value, wellFormed, diagnostics: walk.diagnostics, spots: walk.spots };
}

/** The place of a value; of its nearest parent where the value is not in the text (a default, an alias). */
export function placeOf(source: YamlSource, pointer: string): Place {
  return { file: source.file, range: nearestSpot(source, pointer)?.value ?? { start: 0, end: 0 } };
}

/** The place of a key; of the value where it is an item of a list. */
export function placeOfKey(source: YamlSource, pointer: string): Place {
  const spot = nearestSpot(source, pointer);
  return { file: source.file, range: spot?.key ?? spot?.value ?? { start: 0, end: 0 } };
}

/** JSON pointer of a child. */
export function below(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function nearestSpot(source: YamlSource, pointer: string): Spot | undefined {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const spot = source.spots.get(at);
    if (spot !== undefined) return spot;
  }
  return undefined;
}

function syntaxError(file: SourceFile, trouble: YAMLError): Diagnostic {
  const at = { file, range: { start: trouble.pos[0], end: trouble.pos[1] } };
  if (trouble.code === "TAB_AS_INDENT") return error("tab-indent", at, "a tab indents this line", "indent with spaces");
  if (trouble.code === "MULTIPLE_DOCS")
    return error("yaml-syntax", at, "a file holds one document", "put each declaration into its own file");
  return error("yaml-syntax", at, lowerFirst(trouble.message));
}

interface Walk {
  readonly file: SourceFile;
  readonly document: Document.Parsed;
  readonly scope: Scope;
  readonly spots: Map<string, Spot>;
  readonly diagnostics: Diagnostic[];
  nodes: number;
  /** Anchored nodes being read, so that one that contains itself ends. */
  readonly open: Set<Node>;
}

/** A declaration with more is an attack or a mistake (aliases of aliases). */
const mostNodes = 200_000;

function readNode(node: Node | null | undefined, pointer: string, key: Range | null, walk: Walk): Json {
  walk.nodes += 1;
  if (walk.nodes > mostNodes) return tooLarge(walk);
  if (node === null || node === undefined) {
    if (key !== null) walk.spots.set(pointer, { key, value: key, style: null });
    return null;
  }
  if (isAlias(node)) return aliasValue(node, pointer, key, walk);
  walk.spots.set(pointer, { key, value: rangeOf(node), style: styleOf(node) });
  if (isMap(node)) return mapValue(node, pointer, walk);
  if (isSeq(node)) return node.items.map((item, index) => readNode(item as Node, below(pointer, index), null, walk));
  return isScalar(node) ? scalarValue(node.value, pointer, rangeOf(node), walk) : null;
}

function tooLarge(walk: Walk): null {
  if (walk.nodes === mostNodes + 1) {
    walk.diagnostics.push(
      error("yaml-syntax", { file: walk.file, range: { start: 0, end: 0 } }, `more than ${mostNodes} values in one file`),
    );
  }
  return null;
}

function aliasValue(alias: Alias, pointer: string, key: Range | null, walk: Walk): Json {
  const target = alias.resolve(walk.document);
  const range = rangeOf(alias);
  walk.spots.set(pointer, { key, value: range, style: null });
  if (target === undefined || walk.open.has(target)) {
    const hint = target === undefined ? `write \`&${alias.source}\` before the value that is meant` : null;
    const message =
      target === undefined ? `no anchor \`${alias.source}\` before this place` : `\`*${alias.source}\` stands inside the value it names`;
    walk.diagnostics.push(error("yaml-syntax", { file: walk.file, range }, message, hint));
    return null;
  }
  walk.open.add(target);
  const value = readNode(target, pointer, key, walk);
  walk.open.delete(target);
  return value;
}

function mapValue(map: YAMLMap, pointer: string, walk: Walk): Json {
  const value: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const key = keyOf(pair, walk);
    if (key === null) continue;
    const range = rangeOf(pair.key);
    const child = below(pointer, key);
    if (Object.hasOwn(value, key)) walk.diagnostics.push(duplicateKey(key, range, walk.spots.get(child), walk.file));
    else value[key] = readNode(pair.value, child, range, walk);
  }
  return value;
}

function keyOf(pair: Pair<Node, Node | null>, walk: Walk): string | null {
  if (isScalar(pair.key)) return typeof pair.key.value === "string" ? pair.key.value : (pair.key.source ?? String(pair.key.value));
  walk.diagnostics.push(error("yaml-syntax", { file: walk.file, range: rangeOf(pair.key) }, "a key is one word, not a list or a mapping"));
  return null;
}

function duplicateKey(key: string, range: Range, first: Spot | undefined, file: SourceFile): Diagnostic {
  const line = positionAt(file.text, first?.key?.start ?? 0).line;
  return error("duplicate-key", { file, range }, `\`${key}\` is already set in line ${line}`, "keep one of the two");
}

function scalarValue(value: unknown, pointer: string, range: Range, walk: Walk): Json {
  if (typeof value === "string") {
    const replaced = substitute(value, pointer, { file: walk.file, range }, walk.scope);
    walk.diagnostics.push(...replaced.diagnostics);
    return replaced.value;
  }
  return value === null || typeof value === "number" || typeof value === "boolean" ? value : String(value);
}

function rangeOf(node: Node): Range {
  const range = node.range;
  return range ? { start: range[0], end: range[1] } : { start: 0, end: 0 };
}

function styleOf(node: Node): ScalarStyle | null {
  if (!isScalar(node)) return null;
  if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") return "block";
  return node.type === "PLAIN" ? "plain" : "quoted";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
