import { expect, test, vi } from "vitest";
import type { Catalog } from "../../core/model.js";
import { fakeProject, flow } from "./harness.js";
import { daily, orders } from "./values.js";

// The part of the core that lineage needs, without DuckDB behind it.
vi.mock("../../core/index.js", async () => ({
  ...(await import("../../core/catalog/lineage.js")),
  ...(await import("../../core/catalog/selection.js")),
}));

const catalog: Catalog = { project: fakeProject().catalog.project, assets: [orders, daily] };

test.each([
  ["lineage", "orders\n└─ daily\n"],
  ["lineage daily", "orders\n└─ daily\n"],
  ["lineage --format dot", '"orders" -> "daily"'],
  ["lineage --format mermaid", "asset_orders --> asset_daily"],
  ["lineage --format json", '"lineage": 1'],
])("flow %s", async (argv, expected) => {
  const { code, stdout, stderr } = await flow(argv.split(" "), { catalog });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(expected);
});

test("a name that is no asset is wrong, with a suggestion", async () => {
  const { code, stdout, stderr } = await flow(["lineage", "dayly"], { catalog });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("error[unknown-asset]: no asset is called `dayly`\nhint: did you mean `daily`?");
});
