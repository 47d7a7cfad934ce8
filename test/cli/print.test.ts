import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { renderAccount } from "../../cli/print/account.js";
import { count, duration, instant, list, thousands } from "../../cli/print/amount.js";
import { renderDeclaration } from "../../cli/print/declaration.js";
import { ansiPaint, noPaint } from "../../cli/print/frame.js";
import { renderPlan } from "../../cli/print/plan.js";
import { renderShow } from "../../cli/print/show.js";
import { renderStatus } from "../../cli/print/status.js";
import { daily, idleReport, nothingToDo, onlyRedelivery, orders, plan, report, showReport, statusReport, troubled } from "./values.js";

const loud = { quiet: false, paint: noPaint };
const quiet = { quiet: true, paint: noPaint };

const goldens: readonly (readonly [file: string, text: string])[] = [
  ["plan", renderPlan(plan, noPaint)],
  ["plan-nothing-to-do", renderPlan(nothingToDo, noPaint)],
  ["account", renderAccount(report, [], loud)],
  ["account-troubled", renderAccount(troubled, [], loud)],
  ["account-troubled-quiet", renderAccount(troubled, [], quiet)],
  ["account-only-redelivery", renderAccount(onlyRedelivery, [], loud)],
  ["account-with-idle-assets", renderAccount(report, plan.assets, loud)],
  ["account-with-idle-assets-quiet", renderAccount(report, plan.assets, quiet)],
  ["account-nothing-to-do", renderAccount({ ...report, assets: [] }, nothingToDo.assets, loud)],
  ["account-nothing-to-do-told", renderAccount(idleReport, [], loud)],
  ["status", renderStatus(statusReport)],
  ["show-ingested", renderShow(showReport)],
  ["show-derived", renderShow({ ...showReport, asset: daily, versions: [] })],
];

test.each(goldens)("%s reads as in its golden", async (file, text) => {
  await expect(text).toMatchFileSnapshot(`goldens/${file}.txt`);
});

test.each(goldens)("%s has no blanks at line ends and no control characters, and ends its last line", (_file, text) => {
  expect(text.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  expect(text.endsWith("\n") && !text.endsWith("\n\n")).toBe(true);
});

test("colour changes nothing but colour", () => {
  const coloured = renderAccount(troubled, [], { quiet: false, paint: ansiPaint });
  expect(coloured).toContain("\u001b[");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this is about.
  expect(coloured.replace(/\u001b\[\d+m/g, "").replace(/ +/g, " ")).toBe(renderAccount(troubled, [], loud).replace(/ +/g, " "));
});

test("the declaration with every default is YAML that says the same", () => {
  const read: unknown = parse(renderDeclaration(orders));
  expect(read).toMatchObject({
    asset: "orders",
    tags: ["shop", "daily run"],
    ingest: { csv: { quote: '"', nulls: [""] }, complete: { stable_for: "2s" }, order_by: ["at desc"], max_bad_rows: "5%" },
    columns: { at: { type: "TIMESTAMP", zone: "Europe/Rome", description: "when: it was", formats: ["%d/%m/%Y"] } },
    partition_by: ["month(at)"],
    lateness: { delay: "1d", max_future_skew: "90m" },
    checks: [{ unique: ["order_id"] }, { range: { column: "amount", min: 0 }, severity: "warn", where: "op <> 'D'" }],
  });
});

describe("amounts", () => {
  test.each([
    [thousands(0), "0"],
    [thousands(999), "999"],
    [thousands(1000), "1,000"],
    [thousands(1_234_567), "1,234,567"],
    [count(1, "row"), "1 row"],
    [count(0, "delivery"), "0 deliveries"],
    [duration(0), "0.0 s"],
    [duration(0.44), "0.4 s"],
    [duration(9.96), "10 s"],
    [duration(59.7), "1 min 0 s"],
    [duration(3725), "1 h 2 min"],
    [instant("2026-01-02T03:04:05.678901Z"), "2026-01-02 03:04:05"],
    [instant("soon"), "soon"],
    [list([]), ""],
    [list(["a", "b"]), "a and b"],
    [list(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d and 3 more"],
  ])("%s", (text, expected) => expect(text).toBe(expected));
});
