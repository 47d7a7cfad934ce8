import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { AssetName } from "../../core/model.js";
import { lockAll } from "../../core/run/locks.js";
import { openFiles } from "../../core/store/files.js";
import { openLayout } from "../../core/store/layout.js";
import { lockOwner } from "../../core/store/lock.js";
import { freshFolder, runNo } from "../store/sample.js";
import { systemError } from "./fault.js";
import { openStock } from "./stock.js";
import { buildFaultyFlow, type Started, startFlow } from "./subprocess.js";

const bin = buildFaultyFlow("locks");
const started: Started[] = [];
const start = (...call: Parameters<typeof startFlow> extends [string, ...infer Rest] ? Rest : never): Started => {
  const one = startFlow(bin, ...call);
  started.push(one);
  return one;
};
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill("SIGKILL");
});

test("[F03] a second run of an asset that is held says by whom, and ends with 3; it waits where it is told to, and then goes on", async () => {
  await using stock = await openStock();
  await stock.land("a.csv", [1, 2]);
  const first = start(stock.root, ["run"], { FLOW_FAULT: "publish:manifest:before:hang" });
  await first.says("hangs at");
  const owner = `held by pid ${first.child.pid} on ${hostname()} since `;

  const second = await start(stock.root, ["run"]).ended;
  expect(second.code).toBe(3);
  expect(second.stderr).toContain(`\`numbers\` is ${owner}`);
  expect(second.stderr).toMatch(/Z, running publish\n/);

  const begun = performance.now();
  const short = await start(stock.root, ["run", "--wait", "500ms"]).ended;
  expect(short.code).toBe(3);
  expect(short.stderr).toContain(`numbers: waits, ${owner}`);
  expect(performance.now() - begun).toBeGreaterThan(500);

  const patient = start(stock.root, ["run", "--wait"]);
  await patient.says(`numbers: waits, ${owner}`);
  first.child.kill("SIGUSR2");
  expect((await first.ended).code).toBe(0);
  const { code, stderr, stdout } = await patient.ended;
  expect(code, stderr).toBe(0);
  expect(stderr.match(/waits/g)).toHaveLength(1);
  expect(stdout).toContain("nothing to do");
  expect(await stock.numbers()).toEqual([1, 2]);
});

test("[F03] who waits takes over when the owner dies, and finishes its work", async () => {
  await using stock = await openStock();
  await stock.land("a.csv", [1, 2]);
  const first = start(stock.root, ["run"], { FLOW_FAULT: "publish:pointer:after:hang" });
  await first.says("hangs at");
  const patient = start(stock.root, ["run", "--wait", "1m"]);
  await patient.says("waits");
  first.child.kill("SIGKILL");
  const { code, stderr } = await patient.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^numbers: finished what run \S+ left \(1 file\)$/m);
  expect(await stock.numbers()).toEqual([1, 2]);
  expect(await stock.versions()).toHaveLength(1);
  expect(await readdir(join(stock.store, ".flow/locks"))).toEqual([]);
});

test("[F06] Ctrl-C ends the waiting", async () => {
  await using stock = await openStock();
  await stock.land("a.csv", [1]);
  const first = start(stock.root, ["run"], { FLOW_FAULT: "publish:manifest:before:hang" });
  await first.says("hangs at");
  const patient = start(stock.root, ["run", "--wait"]);
  await patient.says("waits");
  patient.child.kill("SIGINT");
  expect((await patient.ended).code).toBe(130);
});

test("[F03] of several runs at once each takes what it may, and nothing is taken twice", async () => {
  await using stock = await openStock();
  for (let n = 0; n < 8; n++) await stock.land(`${n}.csv`, [n]);
  const ends = await Promise.all([1, 2, 3].map(() => start(stock.root, ["run", "--wait"]).ended));
  expect(ends.map(({ code, stderr }) => (code === 0 ? 0 : `${code}: ${stderr}`))).toEqual([0, 0, 0]);
  expect(await stock.numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(await stock.versions()).toHaveLength(1);
});

test("a run that was overtaken on the way to its lock publishes after the one that overtook it", async () => {
  await using stock = await openStock();
  await stock.land("a.csv", [1]);
  const slow = start(stock.root, ["run"], { FLOW_FAULT: "lock:make:before:hang" });
  await slow.says("hangs at");
  expect((await start(stock.root, ["run"]).ended).code).toBe(0);
  await stock.land("b.csv", [2]);
  slow.child.kill("SIGUSR2");
  const { code, stderr } = await slow.ended;
  expect(code, stderr).toBe(0);
  expect(await stock.numbers()).toEqual([1, 2]);
  const versions = await stock.versions();
  expect(versions).toHaveLength(2);
  expect(await stock.current()).toBe(versions.at(-1));
});

test("a bad duration is refused before anything is done", async () => {
  await using stock = await openStock();
  const { code, stderr } = await start(stock.root, ["run", "--wait", "soon"]).ended;
  expect(code).toBe(2);
  expect(stderr).toContain("`soon` is no duration for `--wait`");
});

test("of several locks all are given back, though giving back one of them fails", async () => {
  await using folder = await freshFolder();
  const layout = openLayout(folder.path);
  const assets = ["a", "b", "c"] as AssetName[];
  let failed = false;
  const onPoint = (point: string, phase: string): void => {
    if (point !== "lock:release" || phase !== "before" || failed) return;
    failed = true;
    throw systemError("eio", point);
  };
  const locks = await lockAll({ files: openFiles({ onPoint }), layout, run: runNo(1) }, assets);
  await expect(Promise.resolve(locks[Symbol.asyncDispose]())).rejects.toThrow("EIO");
  const owners = await Promise.all(assets.map((asset) => lockOwner(layout, asset)));
  expect(owners.filter((owner) => owner !== null)).toHaveLength(1);
});
