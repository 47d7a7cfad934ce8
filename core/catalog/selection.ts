import { type Diagnostic, error } from "../diagnostic.js";
import type { Asset, AssetName, Catalog } from "../model.js";
import type { Selection } from "../project.js";
import { suggestion } from "../suggest.js";
import { type Graph, graphOf, needsOf, reach } from "./graph.js";

export interface Selected {
  /** In the catalog's order: inputs first. */
  readonly assets: readonly Asset[];
  /** Selectors that match nothing. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Exactly what the selectors say: the union of `include` (none: everything) less `exclude`. */
export function select(catalog: Catalog, selection: Selection): Selected {
  const graph = graphOf(catalog);
  const include = selection.include.map((text) => expand(text, catalog, graph));
  const exclude = selection.exclude.map((text) => expand(text, catalog, graph));
  const wanted = include.length === 0 ? new Set(catalog.assets.map((asset) => asset.name)) : union(include);
  const unwanted = union(exclude);
  return {
    assets: catalog.assets.filter(({ name }) => wanted.has(name) && !unwanted.has(name)),
    diagnostics: [...include, ...exclude].flatMap((each) => each.diagnostics),
  };
}

/** These assets and all that they and their checks need, in the catalog's order. */
export function withAncestors(catalog: Catalog, assets: readonly Asset[]): readonly Asset[] {
  const needed = reach(
    new Map(catalog.assets.map((asset) => [asset.name, needsOf(asset)])),
    assets.map((asset) => asset.name),
    Number.POSITIVE_INFINITY,
  );
  return catalog.assets.filter((asset) => needed.has(asset.name));
}

interface Expansion {
  readonly names: ReadonlySet<AssetName>;
  readonly diagnostics: readonly Diagnostic[];
}

function union(expansions: readonly Expansion[]): ReadonlySet<AssetName> {
  return new Set(expansions.flatMap((each) => [...each.names]));
}

interface Selector {
  /** `@`: with what it feeds, and with all that this needs. */
  readonly at: boolean;
  readonly up: number;
  readonly down: number;
  readonly word: string;
}

function expand(text: string, catalog: Catalog, graph: Graph): Expansion {
  const selector = readSelector(text);
  if (selector === null)
    return refuse(
      error("bad-selector", null, `\`${text}\` is not a selector`, "write `a`, `+a`, `a+`, `2+a`, `@a`, `tag:x` or `path:dir`"),
    );
  const matched = match(selector.word, catalog);
  if ("code" in matched) return refuse(matched);
  const start = matched.map((asset) => asset.name);
  const down = reach(graph.readBy, start, selector.down);
  if (selector.at) return { names: reach(graph.inputs, [...down], Number.POSITIVE_INFINITY), diagnostics: [] };
  return { names: new Set([...reach(graph.inputs, start, selector.up), ...down]), diagnostics: [] };
}

function refuse(trouble: Diagnostic): Expansion {
  return { names: new Set(), diagnostics: [trouble] };
}

/** `2+a`: two steps up; `+a`: all the way; `a+`, `a+3` likewise down. */
function readSelector(text: string): Selector | null {
  const found = /^(@)?(?:(\d*)\+)?([^+@]+?)(?:\+(\d*))?$/.exec(text.trim());
  const word = found?.[3];
  if (word === undefined) return null;
  const at = found?.[1] !== undefined;
  if (at && (found?.[2] !== undefined || found?.[4] !== undefined)) return null;
  return { at, word, up: steps(found?.[2]), down: at ? Number.POSITIVE_INFINITY : steps(found?.[4]) };
}

function steps(digits: string | undefined): number {
  if (digits === undefined) return 0;
  return digits === "" ? Number.POSITIVE_INFINITY : Number(digits);
}

function match(word: string, catalog: Catalog): readonly Asset[] | Diagnostic {
  const colon = word.indexOf(":");
  const method = colon < 0 ? "asset" : word.slice(0, colon);
  const value = word.slice(colon + 1);
  if (method === "asset") return byName(value, catalog);
  if (method === "tag") return byTag(value, catalog);
  if (method === "path") return byPath(value, catalog);
  return error(
    "bad-selector",
    null,
    `no selector is called \`${method}:\``,
    suggestion(method, ["tag", "path"]) ?? "there are `tag:` and `path:`",
  );
}

function byName(name: string, catalog: Catalog): readonly Asset[] | Diagnostic {
  const found = catalog.assets.filter((asset) => asset.name === name);
  if (found.length > 0) return found;
  return error(
    "unknown-asset",
    null,
    `no asset is called \`${name}\``,
    suggestion(
      name,
      catalog.assets.map((asset) => asset.name),
      "there are",
    ),
  );
}

function byTag(tag: string, catalog: Catalog): readonly Asset[] | Diagnostic {
  const found = catalog.assets.filter((asset) => asset.tags.includes(tag));
  if (found.length > 0) return found;
  return error(
    "unknown-tag",
    null,
    `no asset has the tag \`${tag}\``,
    suggestion(tag, new Set(catalog.assets.flatMap((asset) => asset.tags)), "there are"),
  );
}

/** A file or a folder, relative to the project. */
function byPath(written: string, catalog: Catalog): readonly Asset[] | Diagnostic {
  const path = written.replace(/^\.\//, "").replace(/\/+$/, "");
  const found = catalog.assets.filter(({ origin }) => path === "." || origin.file === path || origin.file.startsWith(`${path}/`));
  if (found.length > 0) return found;
  const folders = new Set(catalog.assets.flatMap(({ origin }) => [origin.file, origin.file.slice(0, origin.file.lastIndexOf("/"))]));
  return error("unknown-path", null, `no asset is declared below \`${written}\``, suggestion(path, folders));
}
