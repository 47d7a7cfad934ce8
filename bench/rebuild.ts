import { mkdtempSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type AssetOutcome, openProject, type RunOptions } from "../core/index.js";
import { packageRoot } from "../core/version.js";
import { dayAt, derived, landHistory, landLateRow, writeChain } from "./chain.js";

/**
 * What one late row costs a chain of four derived assets, beside building them whole by the same SQL. The ways take turns in one
 * process, so that whatever else the machine does hits them alike, and what counts is the ratio of their medians.
 */
const ways = {
  late: "one late row: `flow run`",
  refresh: "built whole again: `flow run --full-refresh`",
  anew: "built whole into an empty store",
} as const;

type Way = keyof typeof ways;

/** Seconds. */
interface Timing {
  /** Of the whole run: declarations, engine, and what the late row costs the ingested asset included. */
  readonly run: number;
  /** Of the derived assets alone, from the report. */
  readonly derived: number;
  readonly assets: Readonly<Record<string, number>>;
  /** Partitions that changed. */
  readonly changed: number;
}

interface Size {
  readonly days: number;
  readonly rowsPerDay: number;
  readonly rounds: number;
}

async function bench(): Promise<void> {
  const { quick, size } = asked();
  const dir = mkdtempSync(join(tmpdir(), "flow-bench-"));
  try {
    say(`${size.days} days of ${size.rowsPerDay} rows: ${size.days * size.rowsPerDay} rows in all; ${availableParallelism()} cores\n`);
    await prepare(dir, size);
    const timings = await inTurns(dir, size);
    const result = summary(size, timings);
    say(tableOf(result));
    if (!quick) await keep({ ...result, timings: Object.fromEntries(timings) });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function asked(): { readonly quick: boolean; readonly size: Size } {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, days: text, rows: text, rounds: text } });
  const usual = values.quick ? { days: 200, rowsPerDay: 1000, rounds: 3 } : { days: 2000, rowsPerDay: 20_000, rounds: 3 };
  const number = (given: string | undefined, otherwise: number): number => (given === undefined ? otherwise : Number(given));
  const size = {
    days: number(values.days, usual.days),
    rowsPerDay: number(values.rows, usual.rowsPerDay),
    rounds: number(values.rounds, usual.rounds),
  };
  return { quick: values.quick, size };
}

async function prepare(dir: string, { days, rowsPerDay }: Size): Promise<void> {
  await writeChain(dir);
  await landHistory(dir, days, rowsPerDay);
  await timed(dir, [], {});
}

async function inTurns(dir: string, size: Size): Promise<ReadonlyMap<Way, readonly Timing[]>> {
  const timings = new Map<Way, Timing[]>([
    ["late", []],
    ["refresh", []],
    ["anew", []],
  ]);
  for (let round = 0; round < size.rounds; round++) {
    for (const [way, list] of timings) {
      const timing = await once(dir, way, round, size);
      list.push(timing);
      say(`  ${way.padEnd(8)} derived ${seconds(timing.derived)}  run ${seconds(timing.run)}`);
    }
  }
  return timings;
}

async function once(dir: string, way: Way, round: number, { days }: Size): Promise<Timing> {
  switch (way) {
    case "late": {
      // Another day each time, far back, and a receipt that the day has not.
      await landLateRow(dir, dayAt((round * 37 + 11) % days), 1_000_000 + round);
      const timing = await timed(dir, [], {});
      if (timing.changed !== derived.length) throw new Error(`${timing.changed} derived partitions changed, not one of each asset`);
      return timing;
    }
    case "refresh":
      return timed(dir, derived, { only: true, fullRefresh: true });
    case "anew":
      await forget(dir, round);
      return timed(dir, derived, { only: true });
  }
}

async function timed(dir: string, include: readonly string[], options: Partial<RunOptions>): Promise<Timing> {
  const started = performance.now();
  const project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  const signal = new AbortController().signal;
  const { assets } = await project.run({ include, exclude: [] }, { emit: () => {}, signal, ...options });
  await project[Symbol.asyncDispose]();
  const run = (performance.now() - started) / 1000;
  const built = assets.filter(isDerived);
  const idle = built.filter(({ status }) => status !== "published");
  if (idle.length > 0) throw new Error(idle.map(({ asset, status, problem }) => `${asset} is ${status}: ${problem ?? ""}`).join("\n"));
  return {
    run,
    derived: built.reduce((sum, outcome) => sum + outcome.seconds, 0),
    assets: Object.fromEntries(assets.map((outcome) => [outcome.asset, outcome.seconds])),
    changed: built.reduce((sum, { partitions }) => sum + partitions.changed.length, 0),
  };
}

function isDerived({ asset }: AssetOutcome): boolean {
  return derived.some((name) => name === asset);
}

/**
 * The derived assets never were: their versions go, and the ledger, which is made again from what is left. They are put aside and not
 * deleted, because ext4 takes its time to give new files the inodes of ones just deleted, and the next way would pay for that.
 */
async function forget(dir: string, round: number): Promise<void> {
  const store = join(dir, "data");
  const aside = join(dir, `forgotten-${round}`);
  await mkdir(aside);
  for (const asset of derived) {
    await rename(join(store, "archive", asset), join(aside, asset));
    await rm(join(store, "ready", asset));
  }
  for (const end of ["", "-wal", "-shm"]) await rm(join(store, ".flow", `ledger.db${end}`), { force: true });
}

interface Summary {
  readonly bench: "rebuild";
  readonly at: string;
  readonly machine: { readonly cores: number; readonly cpu: string; readonly node: string; readonly load: number };
  readonly size: Size & { readonly rows: number; readonly derivedAssets: number };
  /** Medians. */
  readonly seconds: Readonly<Record<Way, Omit<Timing, "changed">>>;
}

function summary(size: Size, timings: ReadonlyMap<Way, readonly Timing[]>): Summary {
  const of = (way: Way): Summary["seconds"][Way] => medians(timings.get(way) ?? []);
  return {
    bench: "rebuild",
    at: new Date().toISOString(),
    machine: { cores: availableParallelism(), cpu: cpus()[0]?.model ?? "", node: process.version, load: loadavg()[0] ?? 0 },
    size: { ...size, rows: size.days * size.rowsPerDay, derivedAssets: derived.length },
    seconds: { late: of("late"), refresh: of("refresh"), anew: of("anew") },
  };
}

function medians(timings: readonly Timing[]): Omit<Timing, "changed"> {
  const names = Object.keys(timings[0]?.assets ?? {});
  return {
    run: median(timings.map(({ run }) => run)),
    derived: median(timings.map((timing) => timing.derived)),
    assets: Object.fromEntries(names.map((name) => [name, median(timings.map(({ assets }) => assets[name] ?? 0))])),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? 0) + (high ?? 0)) / 2;
}

function tableOf({ seconds: measured, size }: Summary): string {
  const row = (way: Way): string => {
    const { derived: part, run, assets } = measured[way];
    const times = (ours: number, theirs: number): string => (way === "late" ? "" : `${(ours / theirs).toFixed(1)} x`);
    const cells = [seconds(part), times(part, measured.late.derived), seconds(run), times(run, measured.late.run)];
    return `${ways[way].padEnd(58)}${[...cells, ...derived.map((asset) => seconds(assets[asset] ?? 0))].map((cell) => cell.padStart(10)).join("")}`;
  };
  const head = `${"".padEnd(58)}${["derived", "", "whole run", "", ...derived].map((cell) => cell.padStart(10)).join("")}`;
  const note = `Medians of ${size.rounds} rounds, taking turns. derived: seconds of the ${derived.length} derived assets; whole run: with opening the project, and for the late row with ingesting it.`;
  return ["", head, row("late"), row("refresh"), row("anew"), "", note].join("\n");
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

async function keep(result: Summary & { readonly timings: unknown }): Promise<void> {
  const folder = join(packageRoot(), "bench", "results");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.at.slice(0, 10)}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  say(`\nwritten: ${path}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await bench();
