import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FlowProject, openProject, type RunReport } from "../../core/index.js";

// A late row costs as much reading as it can reach: what cannot contribute is not opened. Parts are spoilt to see who reads them.

const days = 60;
const declarations: Readonly<Record<string, string>> = {
  sales: `ingest: { complete: { stable_for: 0s } }
columns: { id: INTEGER, sold_at: TIMESTAMP, amount: INTEGER }
key: id
partition_by: day(sold_at)
event_time: sold_at
`,
  daily: `sql: select sold_at::date as day, sum(amount)::bigint as amount from sales group by all
partition_by: day(day)
`,
  rolling: `sql: |
  with daily as (select sold_at::date as day, sum(amount) as amount from sales group by all)
  select day, sum(amount) over (order by day range between interval 6 days preceding and current row)::bigint as amount from daily
partition_by: day(day)
incremental: { lookback: 6 days }
`,
  monthly_rolling: `sql: |
  select date_trunc('month', s.sold_at)::date as month, count(before.id) as pairs
  from sales s join sales before on before.sold_at between date_trunc('month', s.sold_at) - interval 9 days and s.sold_at
  group by all
partition_by: month(month)
incremental: { lookback: 40 days }
`,
};

let dir = "";
let project: FlowProject;
let ids = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "flow-reading-"));
  ids = 0;
  await mkdir(join(dir, "assets"));
  await mkdir(join(dir, "data/ingest/landing/sales"), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: reading\n");
  for (const [name, yaml] of Object.entries(declarations)) await writeFile(join(dir, "assets", `${name}.yaml`), yaml);
  project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  await land(Array.from({ length: days }, (_, at) => at));
  await run([]);
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

test("a late row opens the parts of its own day, or of the days its lookback names, and no other", async () => {
  await land([40]);
  await run(["sales"]);
  for (const day of [0, 20, 33, 53, 59]) await spoil(day);
  const report = await run(["daily", "rolling"]);
  expect(changed(report, "daily")).toEqual([dayAt(40)]);
  expect(changed(report, "rolling")).toEqual(Array.from({ length: 7 }, (_, at) => dayAt(40 + at)));
});

test.each([34, 39, 41, 46])("day %i is in what the rolling sum of day 40 and the six after it looks at", async (day) => {
  await land([40]);
  await run(["sales"]);
  await spoil(day);
  const report = await project.run(
    { include: ["rolling"], exclude: [] },
    { emit: () => {}, signal: new AbortController().signal, only: true },
  );
  expect(report.assets[0]?.status).toBe("failed");
});

test("whatever comes late, wherever, a lookback gives what all of it gives", async () => {
  for (const late of [[3], [59], [0, 31], [12, 13, 45], [30, 58], [7]]) {
    await land(late);
    await run([]);
    const { assets } = await project.verify({ include: [], exclude: [] }, { ideal: false, signal: new AbortController().signal });
    expect(assets.flatMap(({ differences }) => differences)).toEqual([]);
  }
}, 120_000);

function dayAt(at: number): string {
  return new Date(Date.UTC(2020, 0, 1 + at)).toISOString().slice(0, 10);
}

/** A file with a sale of each of these days, late in the evening of some. */
async function land(at: readonly number[]): Promise<void> {
  const rows = at.map((day) => `${ids++},${dayAt(day)} ${day % 2 === 0 ? "23:59:59.999999" : "00:00:00"},${day + 1}`);
  await writeFile(join(dir, `data/ingest/landing/sales/${ids}.csv`), `id,sold_at,amount\n${rows.join("\n")}\n`);
}

async function run(include: readonly string[]): Promise<RunReport> {
  const only = include.length > 0;
  const report = await project.run({ include, exclude: [] }, { emit: () => {}, signal: new AbortController().signal, only });
  expect(report.assets.flatMap(({ problem }) => problem ?? [])).toEqual([]);
  return report;
}

/** Whoever opens the part fails. */
async function spoil(day: number): Promise<void> {
  const folder = join(dir, `data/ready/sales/sold_at_day=${dayAt(day)}`);
  for (const part of await readdir(folder)) await writeFile(join(folder, part), "spoilt");
}

function changed(report: RunReport, asset: string): readonly string[] {
  const partitions = report.assets.find((outcome) => outcome.asset === asset)?.partitions.changed ?? [];
  return partitions.map((partition) => partition.slice(partition.indexOf("=") + 1));
}
