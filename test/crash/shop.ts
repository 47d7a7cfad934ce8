import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { main } from "../../cli/main.js";
import { openProject } from "../../core/run/open.js";
import type { Ports } from "../../core/run/opened.js";
import { openFiles } from "../../core/store/files.js";
import { Sink } from "../cli/harness.js";
import { temporaryFolder } from "../scenarios/world.js";

/**
 * A shop of which everything can happen in one run: two ingested assets and one derived from both, with rows that are new,
 * revised, late, too late, refused, withdrawn and back; files that come again, that are refused whole, that have markers.
 */
const declarations: Readonly<Record<string, string>> = {
  "flow.yaml": `
name: shop
store: data
threads: 1
defaults: { ingest: { complete: { stable_for: 0s } } }
`,
  "assets/orders.yaml": `
key: id
columns: { id: INTEGER, ts: TIMESTAMP, amount: INTEGER, op: { type: VARCHAR, nullable: true } }
partition_by: day(ts)
event_time: ts
lateness: { delay: 0d, allow: 10d, too_late: quarantine }
ingest: { files: "*.csv", strategy: upsert, delete_when: "op = 'D'", max_bad_rows: 50% }
checks: [ { expression: amount > 0, severity: warn } ]
changelog: true
`,
  "assets/refunds.yaml": `
columns: { id: INTEGER, dated: DATE, amount: INTEGER }
partition_by: dated
ingest: { files: "**/*.csv", strategy: append, complete: { marker: "{name}.done" } }
`,
  "assets/daily.yaml": `
sql: |
  select ts::DATE as day, sum(amount) as amount, count(*) as n
  from (select ts, amount from orders union all select dated::TIMESTAMP, -amount from refunds) group by all
partition_by: day
checks: [ { unique: [day] } ]
`,
};

const head = "id,ts,amount,op";

/** What two earlier runs took; the second withdrew. */
const earlier: Readonly<Record<string, readonly string[]>> = {
  "orders/first.csv": [head, "1,2026-01-01 10:00:00,10,", "2,2026-01-02 11:00:00,20,", "3,2026-01-20 12:00:00,30,"],
  "orders/second.csv": [head, "4,2026-01-02 13:00:00,40,", "5,2026-01-21 14:00:00,50,"],
  "orders/taken-out.csv": [head, "6,2026-01-19 15:00:00,60,", "2,2026-01-02 15:00:00,21,"],
  "refunds/it/a.csv": ["id,dated,amount", "1,2026-01-03,1", "2,2026-01-04,2"],
  "refunds/it/a.csv.done": [""],
};

/** What lies in landing when the run of the matrix begins. */
const landed: Readonly<Record<string, readonly string[]>> = {
  // New, late and merged, far too late, bad, and failing a check that warns.
  "orders/third.csv": [
    head,
    "7,2026-01-22 10:00:00,70,",
    "8,2026-01-15 10:00:00,80,",
    "9,2026-01-01 10:00:00,90,",
    "x,2026-01-22 11:00:00,1,",
    "10,2026-01-22 12:00:00,-5,",
    "1,2026-01-20 10:00:00,,D",
  ],
  // Revised: one row changed, one gone, one on another day.
  "orders/second.csv": [head, "4,2026-01-23 13:00:00,41,", "11,2026-01-21 14:00:00,110,"],
  // Withdrawn earlier, and delivered again.
  "orders/taken-out.csv": [head, "6,2026-01-19 15:00:00,60,", "2,2026-01-02 15:00:00,21,"],
  // A redelivery under another name.
  "orders/again.csv": [head, "1,2026-01-01 10:00:00,10,", "2,2026-01-02 11:00:00,20,", "3,2026-01-20 12:00:00,30,"],
  // Refused whole.
  "orders/wrong.csv": ["id,when", "1,2026-01-01"],
  "refunds/it/b.csv": ["id,dated,amount", "3,2026-01-22,3", "4,not a day,4"],
  "refunds/it/b.csv.done": [""],
  "refunds/it/a.csv": ["id,dated,amount", "1,2026-01-03,1", "5,2026-01-21,5"],
  "refunds/it/a.csv.done": [""],
};

/** A project of its own whose next run has all that to do. */
export async function openShop(): Promise<{ readonly root: string } & AsyncDisposable> {
  const root = await mkdtemp(join(temporaryFolder(), "flow-shop-"));
  for (const [path, text] of Object.entries(declarations)) await write(join(root, path), text);
  await land(root, earlier);
  await mustRun(root, ["run"]);
  await mustRun(root, ["withdraw", "orders", "taken-out.csv"]);
  await land(root, landed);
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

async function land(root: string, files: typeof landed): Promise<void> {
  for (const [path, lines] of Object.entries(files))
    await write(join(root, "data/ingest/landing", path), lines.map((line) => `${line}\n`).join(""));
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line in this process, over ports of the test's. */
export async function runHere(root: string, argv: readonly string[], ports: Ports = { files: openFiles() }): Promise<Ran> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const io = {
    stdout,
    stderr,
    env: {},
    cwd: root,
    clock: { now: () => Date.now() },
    signal: new AbortController().signal,
    runtime: "a test",
  };
  const code = await main(argv, io, (options) => openProject(options, ports));
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** The same, and it must go as the shop is made to go: a refused file ends it with 1. */
export async function mustRun(root: string, argv: readonly string[]): Promise<Ran> {
  const ran = await runHere(root, argv);
  const isBroken = ran.code > 1 || /: (failed|skipped)/.test(ran.stderr);
  if (isBroken) throw new Error(`flow ${argv.join(" ")}: exit ${ran.code}\n${ran.stdout}${ran.stderr}`);
  return ran;
}
