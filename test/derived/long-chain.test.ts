import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dayAt, derived, landHistory, landLateRow, writeChain } from "../../bench/chain.js";
import { type FlowProject, openProject, type Plan, type RunReport } from "../../core/index.js";

// 2,000 daily partitions and a chain of four derived assets, three by day and one by month. What one late row costs each of them is
// asserted on the plan and on part files: a part that was not touched is the same inode in the next version.

const days = 2000;
const everything = { include: [], exclude: [] };
const late = dayAt(777);
const costs: Readonly<Record<string, string>> = {
  sales: `sold_at_day=${late}`,
  priced: `day_day=${late}`,
  ranked: `day_day=${late}`,
  shop_days: `day_day=${late}`,
  months: `month_month=${late.slice(0, 7)}`,
};
const assets = Object.keys(costs);
let dir = "";
let project: FlowProject;
let plan: Plan;
let report: RunReport;
let before: Inodes;
let after: Inodes;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "flow-chain-"));
  await writeChain(dir);
  await landHistory(dir, days, 2);
  project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  await run();
  before = await inodes();
  await landLateRow(dir, late, 1_000_001);
  plan = await project.plan(everything);
  report = await run();
  after = await inodes();
}, 240_000);

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

test("the chain is as long as it says", () => {
  for (const asset of ["sales", "priced", "ranked", "shop_days"]) expect(before.get(asset)?.size, asset).toBe(days);
  expect(before.get("months")?.size).toBe(66);
});

test.each(derived)("%s is planned to be built as far as the row reaches", (name) => {
  const commands = plan.assets.find(({ asset }) => asset === name)?.commands ?? [];
  expect(commands.flatMap((command) => (command.kind === "transform" ? [command.build.kind] : []))).toEqual(["reached"]);
});

test.each(assets)("of %s one partition changes, one part is written, all others are the same file", (asset) => {
  expect(report.assets.find((outcome) => outcome.asset === asset)?.partitions.changed).toEqual([costs[asset]]);
  expect(changedIn(asset)).toEqual([costs[asset]]);
});

test("the row has arrived at the end of the chain", async () => {
  const month = `select receipts from months where month = date '${late.slice(0, 7)}-01'`;
  expect((await project.query(month)).rows).toEqual([[String(28 * 2 + 1)]]);
});

test("all of it is what building it anew gives", async () => {
  const verified = await project.verify(everything, { ideal: false, signal: new AbortController().signal });
  expect(verified.assets.map(({ asset, differences }) => [asset, differences])).toEqual(assets.map((asset) => [asset, []]));
}, 120_000);

async function run(): Promise<RunReport> {
  return project.run(everything, { emit: () => {}, signal: new AbortController().signal });
}

/** Of each asset the visible parts of each partition. */
type Inodes = ReadonlyMap<string, ReadonlyMap<string, string>>;

async function inodes(): Promise<Inodes> {
  return new Map(await Promise.all(assets.map(async (asset) => [asset, await inodesOf(asset)] as const)));
}

async function inodesOf(asset: string): Promise<ReadonlyMap<string, string>> {
  const ready = join(dir, "data", "ready", asset);
  const found = new Map<string, string>();
  for (const partition of (await readdir(ready)).filter((name) => name.includes("="))) {
    const parts = await Promise.all(
      (await readdir(join(ready, partition))).map(async (part) => (await stat(join(ready, partition, part))).ino),
    );
    found.set(partition, parts.join(" "));
  }
  return found;
}

function changedIn(asset: string): readonly string[] {
  const [old, now] = [before.get(asset) ?? new Map<string, string>(), after.get(asset) ?? new Map<string, string>()];
  return [...new Set([...old.keys(), ...now.keys()])].filter((partition) => old.get(partition) !== now.get(partition));
}
