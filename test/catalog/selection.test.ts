import { describe, expect, test } from "vitest";
import { lineageRenderers } from "../../cli/print/lineage.js";
import { lineageOf } from "../../core/catalog/lineage.js";
import { inputsFirst } from "../../core/catalog/order.js";
import { select, withAncestors } from "../../core/catalog/selection.js";
import type { Asset, AssetName, Catalog } from "../../core/model.js";

/**
 * ```
 * orders ─┬─ daily ── weekly ── report
 * items  ─┘             │
 * regions ──────────────┘
 * ```
 */
const catalog = catalogOf([
  ["items", []],
  ["orders", []],
  ["regions", []],
  ["daily", ["items", "orders"]],
  ["weekly", ["daily", "regions"]],
  ["report", ["weekly"]],
]);

function catalogOf(graph: readonly (readonly [string, readonly string[]])[]): Catalog {
  const project = { name: "t", root: "/t", store: "/t/data", timezone: "UTC", vars: {}, threads: null, memoryLimit: null, allowPaths: [] };
  return { project, assets: graph.map(([name, inputs]) => assetOf(name, inputs)) };
}

function assetOf(name: string, inputs: readonly string[]): Asset {
  const folder = inputs.length === 0 ? "raw" : "mart";
  const base = {
    name,
    inputs,
    checks: [],
    tags: [folder],
    origin: { file: `assets/${folder}/${name}.yaml`, line: 1, column: 1 },
    kind: inputs.length === 0 ? "ingested" : "derived",
  };
  return base as unknown as Asset;
}

function names(include: readonly string[], exclude: readonly string[] = []): readonly string[] {
  const { assets, diagnostics } = select(catalog, { include, exclude });
  expect(diagnostics).toEqual([]);
  return assets.map((asset) => asset.name);
}

describe("selectors", () => {
  test.each([
    [[], [], "items orders regions daily weekly report"],
    [["daily"], [], "daily"],
    [["+daily"], [], "items orders daily"],
    [["daily+"], [], "daily weekly report"],
    [["1+weekly"], [], "regions daily weekly"],
    [["2+weekly"], [], "items orders regions daily weekly"],
    [["daily+1"], [], "daily weekly"],
    [["1+weekly+1"], [], "regions daily weekly report"],
    [["@items"], [], "items orders regions daily weekly report"],
    [["@regions"], [], "items orders regions daily weekly report"],
    [["tag:raw"], [], "items orders regions"],
    [["path:assets/mart"], [], "daily weekly report"],
    [["path:./assets/raw/items.yaml"], [], "items"],
    [["tag:raw+"], ["weekly+"], "items orders regions daily"],
    [["items", "report"], [], "items report"],
    [[], ["+daily"], "regions weekly report"],
    [["0+daily"], [], "daily"],
  ])("%j without %j", (include, exclude, expected) => {
    expect(names(include, exclude).join(" ")).toBe(expected);
  });

  test.each([
    ["dialy", "unknown-asset", "did you mean `daily`?"],
    ["tag:rwa", "unknown-tag", "there are: `raw`, `mart`"],
    ["path:assets/mrt", "unknown-path", "did you mean `assets/mart`?"],
    ["tagg:raw", "bad-selector", "did you mean `tag`?"],
    ["+@daily", "bad-selector", "write `a`, `+a`, `a+`, `2+a`, `@a`, `tag:x` or `path:dir`"],
    ["@daily+", "bad-selector", "write `a`, `+a`, `a+`, `2+a`, `@a`, `tag:x` or `path:dir`"],
    ["", "bad-selector", "write `a`, `+a`, `a+`, `2+a`, `@a`, `tag:x` or `path:dir`"],
  ])("`%s` matches nothing: %s", (text, code, hint) => {
    for (const selection of [
      { include: [text], exclude: [] },
      { include: [], exclude: [text] },
    ]) {
      expect(select(catalog, selection).diagnostics).toMatchObject([{ code, hint, severity: "error" }]);
    }
  });

  test("what an asset needs comes with it", () => {
    const { assets } = select(catalog, { include: ["weekly"], exclude: [] });
    expect(withAncestors(catalog, assets).map((asset) => asset.name)).toEqual(["items", "orders", "regions", "daily", "weekly"]);
  });
});

describe("order", () => {
  test("a cycle is told once as its path, and what hangs on it is not blamed", () => {
    const order = inputsFirst([
      { name: "a", inputs: ["b"] },
      { name: "b", inputs: ["c", "x"] },
      { name: "c", inputs: ["a"] },
      { name: "d", inputs: ["a"] },
      { name: "x", inputs: [] },
    ]);
    expect(order).toEqual({ names: ["x"], cycles: [["a", "b", "c", "a"]] });
  });

  test("a chain of 10,000 is no trouble", () => {
    const chain = Array.from({ length: 10_000 }, (_, n) => ({ name: `n${n}`, inputs: n === 0 ? [] : [`n${n - 1}`] }));
    expect(inputsFirst(chain.toReversed()).names).toHaveLength(10_000);
  });
});

describe("lineage", () => {
  test.each(["text", "json", "mermaid", "dot"] as const)("as %s", (format) => {
    expect(lineageRenderers[format](lineageOf(catalog))).toMatchSnapshot();
  });

  test("around one asset: what it needs and what needs it", () => {
    const around = lineageOf(catalog, "regions" as AssetName);
    expect(around.nodes.map((node) => node.asset)).toEqual(["regions", "weekly", "report"]);
    expect(around.edges).toEqual([
      { from: "regions", to: "weekly" },
      { from: "weekly", to: "report" },
    ]);
  });
});
