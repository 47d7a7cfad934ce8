import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesUnder } from "../scenarios/store-picture.js";
import { openStock } from "./stock.js";
import { buildFaultyFlow, startFlow } from "./subprocess.js";

const bin = buildFaultyFlow("interrupt");

test.each([
  ["pickup:move:after", []],
  ["merge:make:before", []],
  ["publish:pointer:before", [1, 2]],
  ["publish:pointer:after", [1, 2]],
  ["archive:move:before", [1, 2]],
])("[F06] Ctrl-C at %s: exit 130, the state is consistent, the next run completes", async (point, numbers) => {
  await using stock = await openStock();
  await stock.land("a.csv", [1, 2]);
  const { code, stderr } = await startFlow(bin, stock.root, ["run"], { FLOW_FAULT: `${point}:interrupt` }).ended;
  expect(code, stderr).toBe(130);
  // What was not committed has gone back, what was is finished.
  expect(await filesUnder(join(stock.store, "staging"))).toEqual([]);
  expect(await readdir(join(stock.store, ".flow/locks"))).toEqual([]);
  expect((await readdir(join(stock.store, "ingest/landing/numbers"))).length).toBe(numbers.length === 0 ? 1 : 0);
  const next = await startFlow(bin, stock.root, ["run"]).ended;
  expect(next.code, next.stderr).toBe(0);
  expect(await stock.numbers()).toEqual([1, 2]);
});

test("[F06] a second Ctrl-C stops now, and the next run completes", async () => {
  await using stock = await openStock();
  await stock.land("a.csv", [1, 2]);
  const run = startFlow(bin, stock.root, ["run"], { FLOW_FAULT: "publish:version:after:hang" });
  await run.says("hangs at");
  run.child.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 100));
  run.child.kill("SIGINT");
  expect((await run.ended).code).toBe(130);
  const next = await startFlow(bin, stock.root, ["run"]).ended;
  expect(next.code, next.stderr).toBe(0);
  expect(next.stderr).toMatch(/^numbers: put back what run \S+ left \(1 file\)$/m);
  expect(await stock.numbers()).toEqual([1, 2]);
});
