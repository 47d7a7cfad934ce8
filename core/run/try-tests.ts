import { availableParallelism } from "node:os";
import { resolveIngest } from "../declaration/resolve-ingest.js";
import type { TableShape } from "../engine/engine.js";
import type {
  Asset,
  AssetName,
  AssetTest,
  Catalog,
  Column,
  DerivedAsset,
  Fingerprint,
  IngestedAsset,
  TestContent,
  TestRun,
} from "../model.js";
import { readyTable } from "../operators/ready-table.js";
import { noRequests } from "../plan/state.js";
import type { Clock, TestOutcome, TestReport } from "../project.js";
import type { DeliveryOutcome, RunReport } from "../report/report.js";
import type { Files } from "../store/files.js";
import { inParallel } from "../store/in-parallel.js";
import { below } from "../store/layout.js";
import { bytesOf, readableByHand } from "./test-content.js";
import { openTestBench, type TestBench, type TestStore } from "./test-store.js";

export interface Trying {
  readonly catalog: Catalog;
  /** Columns of every asset. */
  readonly shapes: ReadonlyMap<AssetName, TableShape>;
  readonly files: Files;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Tries the tests of these assets. Each has a store of its own, in which the very operators work that a run has. */
export async function tryTests(trying: Trying, assets: readonly Asset[]): Promise<TestReport> {
  const tested = assets.filter(({ tests }) => tests.length > 0);
  if (tested.length === 0) return { test: 1, seconds: 0, tests: [] };
  const started = trying.clock.now();
  await using bench = await openTestBench(trying.catalog.project, trying.files);
  const all = tested.flatMap((asset) => asset.tests.map((test) => ({ asset, test })));
  const tests = await inParallel(all, availableParallelism(), ({ asset, test }) => tryOne(trying, bench, asset, test));
  return { test: 1, seconds: (trying.clock.now() - started) / 1000, tests };
}

async function tryOne(trying: Trying, bench: TestBench, asset: Asset, test: AssetTest): Promise<TestOutcome> {
  const started = trying.clock.now();
  const script = asset.kind === "ingested" ? arrivals(asset, test) : inputsOf(trying, asset, test);
  using store = await bench.open(script.assets);
  const refused: TestOutcome["refused"][number][] = [];
  let problem: string | null = null;
  let now = test.at === null ? trying.clock.now() : Date.parse(test.at);
  for (const [index, step] of script.steps.entries()) {
    now = step.at === null ? (index === 0 ? now : now + minute) : Date.parse(step.at);
    const report = await play(trying, store, script.assets, step, now);
    refused.push(...refusedIn(report));
    problem ??= problemIn(report, step, script.steps.length === 1 ? "" : `run ${index + 1}: `);
  }
  const seconds = (): number => (trying.clock.now() - started) / 1000;
  const base = { asset: asset.name, test: test.name, at: test.origin, expected: test.expect.length, refused };
  const none = { count: 0, rows: [] };
  if (problem !== null)
    return { ...base, passed: false, problem, rows: 0, columns: [], missing: none, unexpected: none, seconds: seconds() };
  const compared = await compare(bench, store, asset, trying.shapes, test);
  const passed = compared.missing.count + compared.unexpected.count === 0;
  return { ...base, ...compared, passed, problem: null, seconds: seconds() };
}

const minute = 60_000;

/** What lands, or is withdrawn, before a run; empty for the build of a derived asset. */
interface Step {
  readonly at: string | null;
  readonly withdraw: { readonly asset: AssetName; readonly file: string } | null;
  readonly files: readonly { readonly asset: IngestedAsset; readonly file: string; readonly bytes: Uint8Array }[];
}

interface Script {
  /** Inputs first; the tested one last. */
  readonly assets: readonly Asset[];
  readonly steps: readonly Step[];
}

function arrivals(asset: IngestedAsset, test: AssetTest): Script {
  const runs: readonly TestRun[] = test.given.kind === "runs" ? test.given.runs : [];
  const names = runs.flatMap(({ files }) => files.map(({ file }) => file));
  const tried = readableByHand({ ...withoutChecks(asset), ingest: { ...asset.ingest, complete: atOnce } }, names);
  return {
    assets: [tried],
    steps: runs.map(({ at, withdraw, files }) => ({
      at,
      withdraw: withdraw === null ? null : { asset: asset.name, file: withdraw },
      files: files.map(({ file, content }) => ({ asset: tried, file, bytes: bytesOf(tried, file, content) })),
    })),
  };
}

const atOnce = { kind: "stable", stableForMs: 0 } as const;

/** A test is about rows: checks may well ask for more than it gives. */
function withoutChecks<Of extends Asset>(asset: Of): Of {
  return { ...asset, checks: [] };
}

/** Its inputs stand for themselves: whatever they are, they are given as one file each. */
function inputsOf({ shapes }: Trying, asset: DerivedAsset, test: AssetTest): Script {
  const given = new Map(test.given.kind === "inputs" ? test.given.inputs.map(({ asset: name, content }) => [name, content]) : []);
  const files = asset.inputs.map((name) => {
    const content: TestContent = given.get(name) ?? { kind: "rows", rows: [] };
    const file = content.kind === "text" ? "given.csv" : "given.ndjson";
    const input = standIn(name, shapes.get(name)?.columns ?? []);
    return { asset: input, file, bytes: bytesOf(input, file, content) };
  });
  return { assets: [...files.map((file) => file.asset), withoutChecks(asset)], steps: [{ at: null, withdraw: null, files }] };
}

function standIn(name: AssetName, columns: TableShape["columns"]): IngestedAsset {
  return {
    kind: "ingested",
    name,
    description: null,
    owner: null,
    tags: [],
    key: [],
    partitionBy: [],
    eventTime: null,
    checks: [],
    tests: [],
    changelog: false,
    retain: { versions: null, rawMs: null, quarantineMs: null },
    origin: { file: "", line: 1, column: 1 },
    columns: columns.map(plainColumn),
    ingest: resolveIngest({ strategy: "replace", allow_empty: true, on_missing_column: "ignore", complete: { stable_for: "0s" } }, false),
    lateness: null,
    fingerprint: "given" as Fingerprint,
  };
}

function plainColumn({ name, type }: TableShape["columns"][number]): Column {
  return {
    name,
    type,
    nullable: true,
    optional: false,
    aliases: [],
    formats: [],
    zone: "UTC",
    trim: false,
    nulls: [],
    decimal: ".",
    thousands: null,
    description: null,
  };
}

async function play({ files, signal }: Trying, store: TestStore, assets: readonly Asset[], step: Step, now: number): Promise<RunReport> {
  signal.throwIfAborted();
  for (const { asset, file, bytes } of step.files) {
    const path = below(store.layout.landing(asset.name), file);
    await files.makeDir("store:make", path.slice(0, path.lastIndexOf("/")));
    await files.writeDurable("test:land", path, bytes);
  }
  return store.run(assets, { ...noRequests, withdraw: step.withdraw === null ? null : { ...step.withdraw, what: "all" } }, now, signal);
}

function refusedIn(report: RunReport): TestOutcome["refused"] {
  return report.assets.flatMap(({ deliveries }) => deliveries.flatMap(refusedOf));
}

function refusedOf({ file, is, reason, refusals }: DeliveryOutcome): TestOutcome["refused"] {
  if (is === "refused") return [{ file, rows: null, reason: reason ?? "" }];
  return refusals.map(({ rows, reason: why, example }) => ({ file, rows, reason: `${why}: ${example}` }));
}

function problemIn(report: RunReport, step: Step, run: string): string | null {
  const failed = report.assets.find(({ status }) => status === "failed");
  if (failed !== undefined) return `${run}${failed.problem ?? "it failed"}`;
  const taken = new Set(report.assets.flatMap(({ deliveries }) => deliveries.map(({ file }) => file)));
  const left = step.files.find(({ file }) => !taken.has(file));
  return left === undefined
    ? null
    : `${run}\`${left.file}\` is not taken: \`files\` of \`${left.asset.name}\` is \`${left.asset.ingest.files}\``;
}

/** By the columns that any expected row names; by all where no row is expected. */
async function compare(
  bench: TestBench,
  store: TestStore,
  asset: Asset,
  shapes: ReadonlyMap<AssetName, TableShape>,
  test: AssetTest,
): Promise<Pick<TestOutcome, "rows" | "columns" | "missing" | "unexpected">> {
  const shape = shapes.get(asset.name);
  if (shape === undefined) throw new Error(`the columns of ${asset.name} are not known`);
  const named = new Set(test.expect.flatMap((row) => Object.keys(row)));
  const columns = shape.columns.filter(({ name }) => named.size === 0 || named.has(name));
  const ready = await readyTable(store.layout, asset.name);
  const actual = ready?.table ?? { name: asset.name, columns: shape.columns, partitionBy: [], files: [] };
  await using session = await bench.engine.session();
  const found = await session.compareRows({ actual, columns, expected: test.expect });
  return { ...found, columns: columns.map(({ name }) => name) };
}
