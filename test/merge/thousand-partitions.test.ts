import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FlowProject, openProject, type RunReport } from "../../core/index.js";

// An asset of 1,000 daily partitions, one file a day, and one file that spans three of them. What a change costs is asserted on
// part files: a part that was not touched is the same inode in the next version.

const days = Array.from({ length: 1000 }, (_, at) => new Date(Date.UTC(2024, 0, 1 + at)).toISOString().slice(0, 10));
let dir = "";
let project: FlowProject;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "flow-thousand-"));
  await mkdir(join(dir, "assets"), { recursive: true });
  await mkdir(landing(), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: thousand\n");
  await writeFile(
    join(dir, "assets", "readings.yaml"),
    `ingest: { strategy: upsert, order_by: version, complete: { stable_for: 0s } }
columns: { sensor: INTEGER, day: DATE, value: INTEGER, version: INTEGER }
key: [sensor]
partition_by: day(day)
event_time: day
`,
  );
  project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  for (const [at, day] of days.entries()) await land(`${day}.csv`, [[at, day, at, 1]]);
  // Loses everywhere: the days' own rows have the higher version.
  await land(
    "old.csv",
    [16, 17, 18].map((at) => [at, days[at] ?? "", -1, 0]),
  );
  await run();
}, 120_000);

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

test("a revision of one file rewrites exactly the partition whose rows changed", async () => {
  const before = await inodes();
  await land(`${days[500]}.csv`, [[500, days[500] ?? "", 7, 1]]);
  const report = await run();
  expect(changedSince(before, await inodes())).toEqual([`day_day=${days[500]}`]);
  expect(report.assets[0]?.partitions.changed).toEqual([`day_day=${days[500]}`]);
});

test("[B05] a key that moves to another day rewrites the day it leaves and the day it comes to, and no other", async () => {
  const before = await inodes();
  await land("moved.csv", [[600, days[3] ?? "", 600, 2]]);
  const report = await run();
  const both = [`day_day=${days[3]}`, `day_day=${days[600]}`];
  expect(report.assets[0]?.partitions.changed).toEqual(both);
  // The day it left holds its old row in the shadow now, and no part.
  expect(changedSince(before, await inodes())).toEqual(both);
  expect(await valueOf(600)).toEqual([[days[3], "600"]]);
});

test("[B06] a withdrawal gives a key back to the file that had lost it, in its partition alone", async () => {
  const before = await inodes();
  await project.withdraw("readings", `${days[17]}.csv`, options());
  expect(changedSince(before, await inodes())).toEqual([`day_day=${days[17]}`]);
  expect(await valueOf(17)).toEqual([[days[17], "-1"]]);
});

test("[B01] a row that loses everywhere changes no part, only what is remembered", async () => {
  const before = await inodes();
  await land("stale.csv", [[700, days[700] ?? "", -5, 0]]);
  const report = await run();
  expect(report.assets[0]).toMatchObject({ status: "published", account: { superseded: 1, merged: 0 }, partitions: { changed: [] } });
  expect(changedSince(before, await inodes())).toEqual([]);
});

test("after all of it the log gives the same table", async () => {
  const { assets } = await project.verify({ include: [], exclude: [] }, { ideal: false, signal: new AbortController().signal });
  expect(assets).toMatchObject([{ asset: "readings", differences: [] }]);
  expect(assets[0]?.partitions).toBe(999);
});

function landing(): string {
  return join(dir, "data", "ingest", "landing", "readings");
}

async function land(name: string, rows: readonly (readonly (string | number)[])[]): Promise<void> {
  await writeFile(join(landing(), name), `sensor,day,value,version\n${rows.map((row) => `${row.join(",")}\n`).join("")}`);
}

function options(): Parameters<FlowProject["run"]>[1] {
  return { emit: () => {}, signal: new AbortController().signal };
}

async function run(): Promise<RunReport> {
  return project.run({ include: [], exclude: [] }, options());
}

async function valueOf(sensor: number): Promise<readonly (readonly (string | null)[])[]> {
  return (await project.query(`select day::varchar, value from readings where sensor = ${sensor}`)).rows;
}

/** Inodes of the visible parts, by partition. */
async function inodes(): Promise<ReadonlyMap<string, string>> {
  const ready = join(dir, "data", "ready", "readings");
  const found = new Map<string, string>();
  for (const partition of (await readdir(ready)).filter((name) => name.includes("="))) {
    const parts = (await readdir(join(ready, partition))).filter((name) => name.endsWith(".parquet")).sort();
    const numbers = await Promise.all(parts.map(async (part) => (await stat(join(ready, partition, part))).ino));
    if (numbers.length > 0) found.set(partition, numbers.join(" "));
  }
  return found;
}

function changedSince(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((partition) => before.get(partition) !== after.get(partition)).sort();
}
