import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { renderAccount } from "../../cli/print/account.js";
import { count, cut, duration, durationText, instant, list, span, thousands } from "../../cli/print/amount.js";
import { renderChecks } from "../../cli/print/check.js";
import { renderDeclaration } from "../../cli/print/declaration.js";
import { renderDiff } from "../../cli/print/diff.js";
import { ansiPaint, noPaint } from "../../cli/print/frame.js";
import { renderFsck } from "../../cli/print/fsck.js";
import { renderGc } from "../../cli/print/gc.js";
import { renderHistory } from "../../cli/print/history.js";
import { renderLate } from "../../cli/print/late.js";
import { partitionWords } from "../../cli/print/partitions.js";
import { renderPlan } from "../../cli/print/plan.js";
import { renderDiscarded, renderQuarantine } from "../../cli/print/quarantine.js";
import { renderReach } from "../../cli/print/reach.js";
import { renderShow } from "../../cli/print/show.js";
import { renderStatus } from "../../cli/print/status.js";
import { renderTests } from "../../cli/print/test.js";
import { renderVerify } from "../../cli/print/verify.js";
import { renderWhy } from "../../cli/print/why.js";
import type { Asset, PartitionKey } from "../../core/model.js";
import type { AssetOutcome } from "../../core/report/report.js";
import { checkReport, failedChecks, failedTests, testReport } from "./check-values.js";
import {
  buildAssets,
  builds,
  daily,
  damagedReport,
  differingReport,
  diffReport,
  equalReport,
  fsckReport,
  gcReport,
  historyReport,
  idleReport,
  lateReport,
  lateRun,
  mostlyIdle,
  nothingToDo,
  onlyRedelivery,
  orders,
  plan,
  quarantineReport,
  reachReport,
  report,
  restatements,
  showReport,
  statusReport,
  troubled,
  whyReport,
} from "./values.js";

const loud = { quiet: false, paint: noPaint };
const quiet = { quiet: true, paint: noPaint };

const goldens: readonly (readonly [file: string, text: string])[] = [
  ["plan", renderPlan(plan, [], noPaint)],
  ["plan-nothing-to-do", renderPlan(nothingToDo, [], noPaint)],
  ["plan-builds", renderPlan(builds, buildAssets, noPaint)],
  ["reach", renderReach(reachReport)],
  ["account", renderAccount(report, [], loud)],
  ["account-troubled", renderAccount(troubled, [], loud)],
  ["account-troubled-quiet", renderAccount(troubled, [], quiet)],
  ["account-only-redelivery", renderAccount(onlyRedelivery, [], loud)],
  ["account-mostly-idle", renderAccount(mostlyIdle, [], loud)],
  ["account-mostly-idle-quiet", renderAccount(mostlyIdle, [], quiet)],
  ["account-nothing-to-do", renderAccount(idleReport, [], loud)],
  ["account-late", renderAccount(lateRun, [orders, daily], loud)],
  ["account-restatements", renderAccount(restatements, [], loud)],
  ["check", renderChecks(checkReport, { quiet: false })],
  ["check-failed", renderChecks(failedChecks, { quiet: false })],
  ["check-failed-quiet", renderChecks(failedChecks, { quiet: true })],
  ["test", renderTests(testReport, { quiet: false })],
  ["test-failed", renderTests(failedTests, { quiet: false })],
  ["test-failed-quiet", renderTests(failedTests, { quiet: true })],
  ["test-none", renderTests({ test: 1, seconds: 0, tests: [] }, { quiet: false })],
  ["history", renderHistory(historyReport)],
  ["why", renderWhy(whyReport, "daily")],
  ["why-nothing", renderWhy({ ...whyReport, rows: 0, found: [] }, "daily")],
  ["gc", renderGc(gcReport)],
  ["gc-dry-run", renderGc({ ...gcReport, dry_run: true })],
  ["gc-nothing", renderGc({ ...gcReport, assets: [] })],
  ["fsck", renderFsck(fsckReport)],
  ["fsck-damaged", renderFsck(damagedReport)],
  ["diff", renderDiff(diffReport)],
  ["late", renderLate(lateReport, null)],
  ["verify", renderVerify(equalReport, [orders, daily], { ideal: false, quiet: false })],
  ["verify-differing", renderVerify(differingReport, [orders, daily], { ideal: false, quiet: false })],
  ["verify-differing-quiet", renderVerify(differingReport, [orders, daily], { ideal: true, quiet: true })],
  ["quarantine", renderQuarantine(quarantineReport, null)],
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

test("nothing late and nothing refused is said in a sentence", () => {
  expect(renderLate({ ...lateReport, arrivals: [] }, null)).toBe("no run has seen late rows\n");
  expect(renderLate({ ...lateReport, arrivals: [] }, "orders")).toBe("no run has seen late rows of orders\n");
  expect(renderQuarantine({ ...quarantineReport, items: [] }, null)).toBe("nothing is in quarantine\n");
  expect(renderQuarantine({ ...quarantineReport, items: [] }, "orders")).toBe("nothing of orders is in quarantine\n");
  expect(renderDiscarded({ ...quarantineReport, items: [] }, "orders", "a\u0007.csv")).toBe(
    "discarded a.csv; nothing of orders in quarantine.\n",
  );
  expect(renderDiscarded(quarantineReport, "orders", "a.csv")).toBe("discarded a.csv; 1 file and 3 rows of orders in quarantine.\n");
  expect(renderReach({ ...reachReport, assets: [] })).toBe("nothing is derived: nothing to rebuild\n");
  expect(renderVerify({ ...equalReport, assets: [] }, [], { ideal: false, quiet: false })).toBe("0 assets are equal.\n");
});

test("the counterfactual is for less than what is declared, and is not told where no row lies beyond it", () => {
  const allowing = (allowMs: number): string =>
    renderAccount(lateRun, [{ ...orders, lateness: { delayMs: 0, allowMs, tooLate: "accept", maxFutureSkewMs: null } }] as Asset[], loud);
  expect(allowing(400 * 86_400_000)).toContain("with allow: 365d, 9 rows of 1 file would have been too late");
  expect(allowing(365 * 86_400_000)).toContain("with allow: 30d, 21 rows of 2 files would have been too late");
  expect(allowing(3_600_000)).not.toContain("with allow");
});

test("rows that were kept out are no reason to tell of a smaller allow", () => {
  const [first] = lateRun.assets;
  const keptOut = { ...first, late: first?.late.map((file) => ({ ...file, merged: 0, tooLate: file.merged + file.tooLate })) };
  const text = renderAccount({ ...lateRun, assets: [keptOut as AssetOutcome] }, [], loud);
  expect(text).toContain("orders_2023.csv: 20 rows too late, 400 d behind");
  expect(text).not.toContain("reopened");
  expect(text).not.toContain("with allow");
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
    [duration(86_399), "23 h 59 min"],
    [duration(86_400), "1 d"],
    [duration(1000 * 86_400 + 7300), "1,000 d 2 h"],
    [count(2, "day"), "2 days"],
    [span(6 * 86_400_000), "6 days"],
    [span(86_400_000), "1 day"],
    [span(5_400_000), "90 minutes"],
    [span(1500), "1,500 milliseconds"],
    [durationText(0), "0s"],
    [durationText(90_000), "90s"],
    [durationText(86_400_000), "1d"],
    [cut(["a", "b", "c", "d", "e"]), "a, b, c, d, e"],
    [cut(["a", "b", "c", "d", "e", "f"]), "a, b, c, d, e … and 1 more"],
    [cut(["a"], "; ", 1000), "a … and 999 more"],
    [partitionWords([]), ""],
    [partitionWords(["" as PartitionKey]), "the whole table"],
    [partitionWords(["m=1", "m=2", "n=2"] as PartitionKey[]), "m=1, 2, n=2"],
    [partitionWords(["m=1/r=a", "m=1/r=b"] as PartitionKey[]), "m=1/r=a, m=1/r=b"],
    [instant("2026-01-02T03:04:05.678901Z"), "2026-01-02 03:04:05"],
    [instant("soon"), "soon"],
    [list([]), ""],
    [list(["a", "b"]), "a and b"],
    [list(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d and 3 more"],
  ])("%s", (text, expected) => expect(text).toBe(expected));
});
