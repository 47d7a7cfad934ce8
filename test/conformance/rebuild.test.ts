import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noPaint } from "../../cli/print/frame.js";
import { renderPlan } from "../../cli/print/plan.js";
import { type FlowProject, openProject, type Plan, type RunReport } from "../../core/index.js";
import { temporaryFolder } from "../scenarios/world.js";

// 400 daily partitions of sales, a file for each day, and what can be made from them. Then a row comes late for day 17. What that
// costs is asserted on the report and on part files: what was not touched is the same inode in the next version.

const days = Array.from({ length: 400 }, (_, at) => new Date(Date.UTC(2025, 0, 1 + at)).toISOString().slice(0, 10));
const late = 16; // the 17th day: 2025-01-17
const derived: Readonly<Record<string, string>> = {
  daily: `sql: select day, sum(amount)::bigint as amount from sales group by day
partition_by: day(day)
`,
  monthly: `sql: select date_trunc('month', day)::date as month, sum(amount)::bigint as amount from daily group by all
partition_by: month(month)
`,
  rolling: `sql: |
  select day, sum(amount) over (order by day range between interval 6 days preceding and current row)::bigint as amount from daily
partition_by: day(day)
incremental: { lookback: 6 days }
`,
  balance: `sql: select day, sum(amount) over (order by day)::bigint as balance from daily
partition_by: day(day)
incremental: { cumulative: day }
`,
  top10: `sql: select day, amount, rank() over (order by amount desc, day) as place from daily qualify place <= 10
partition_by: day(day)
`,
};

let dir = "";
let project: FlowProject;
let plan: Plan;
let report: RunReport;
let before: Inodes;
let after: Inodes;

beforeAll(async () => {
  dir = await mkdtemp(join(temporaryFolder(), "flow-rebuild-"));
  await mkdir(join(dir, "assets"), { recursive: true });
  await mkdir(join(dir, "data/ingest/landing/sales"), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: rebuild\ndefaults: { ingest: { complete: { stable_for: 0s } } }\n");
  await writeFile(
    join(dir, "assets/sales.yaml"),
    "columns: { id: INTEGER, day: DATE, amount: INTEGER }\nkey: id\npartition_by: day(day)\nevent_time: day\n",
  );
  for (const [name, text] of Object.entries(derived)) await writeFile(join(dir, `assets/${name}.yaml`), text);
  for (const [at, day] of days.entries()) await land(`${day}.csv`, at, day, 1000 + at);
  project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  await run();
  before = await inodes();
  await land("late.csv", 1000, days[late] ?? "", 5000);
  plan = await project.plan({ include: [], exclude: [] });
  report = await run();
  after = await inodes();
}, 180_000);

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

describe("[D01] a late row of 1 of 400 days rebuilds", () => {
  test.each([
    ["sales", "that day", [days[late]]],
    ["daily", "that day", [days[late]]],
    ["monthly", "its month", ["2025-01"]],
    ["rolling", "that day and the six after it", days.slice(late, late + 7)],
    ["balance", "that day and all after it", days.slice(late)],
    ["top10", "all: a new first moves everyone down, and the tenth out", [days[late], ...days.slice(-10)]],
  ])("in %s %s", (asset, _what, expected) => {
    expect(report.assets.find((outcome) => outcome.asset === asset)?.partitions.changed.map(valueOf)).toEqual(expected);
    expect(changedSince(before.get(asset), after.get(asset)).map(valueOf)).toEqual(expected);
  });
});

test("[D01] the plan says what is built, and why not less", () => {
  expect(
    renderPlan(plan, project.catalog.assets, noPaint),
  ).toBe(`+ sales    take 1 file                                              1 new file
~ daily    rebuild the days that changed rows reach                 sales will change
~ balance  rebuild from the earliest changed day on                 daily will change
~ monthly  rebuild the months that changed rows reach               daily will change
~ rolling  rebuild from each changed day on, 6 days                 daily will change
~ top10    rebuild all: a window function spans partitions (daily)  daily will change
6 assets to run, 0 up to date.
`);
});

test("what was built in part is what building all of it gives", async () => {
  const { assets } = await project.verify({ include: [], exclude: [] }, { ideal: false, signal: new AbortController().signal });
  expect(assets.flatMap(({ differences }) => differences)).toEqual([]);
  expect(assets.map(({ partitions }) => partitions)).toEqual([400, 400, 400, 14, 400, 10]);
});

async function land(file: string, id: number, day: string, amount: number): Promise<void> {
  await writeFile(join(dir, "data/ingest/landing/sales", file), `id,day,amount\n${id},${day},${amount}\n`);
}

async function run(): Promise<RunReport> {
  const done = await project.run({ include: [], exclude: [] }, { emit: () => undefined, signal: new AbortController().signal });
  expect(done.assets.map(({ problem }) => problem).filter((problem) => problem !== null)).toEqual([]);
  return done;
}

/** Of each asset the inode of each partition's part. */
type Inodes = ReadonlyMap<string, ReadonlyMap<string, string>>;

async function inodes(): Promise<Inodes> {
  const names = ["sales", ...Object.keys(derived)];
  return new Map(await Promise.all(names.map(async (name) => [name, await inodesOf(name)] as const)));
}

async function inodesOf(asset: string): Promise<ReadonlyMap<string, string>> {
  const ready = join(dir, "data/ready", asset);
  const found = new Map<string, string>();
  for (const partition of (await readdir(ready)).filter((name) => name.includes("="))) {
    const parts = (await readdir(join(ready, partition))).filter((name) => name.endsWith(".parquet")).sort();
    const numbers = await Promise.all(parts.map(async (part) => (await stat(join(ready, partition, part))).ino));
    found.set(partition, numbers.join(" "));
  }
  return found;
}

function changedSince(was: ReadonlyMap<string, string> = new Map(), is: ReadonlyMap<string, string> = new Map()): readonly string[] {
  expect(was.size).toBeGreaterThan(0);
  return [...new Set([...was.keys(), ...is.keys()])].filter((partition) => was.get(partition) !== is.get(partition)).sort();
}

function valueOf(partition: string): string {
  return partition.slice(partition.indexOf("=") + 1);
}
