import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { FlowProject, OpenOptions } from "../../core/project.js";
import type { RunReport } from "../../core/report/report.js";
import { openProject } from "../../core/run/open.js";
import { openFiles } from "../../core/store/files.js";
import { buryLocks, Killed } from "../scenarios/kill.js";
import { temporaryFolder } from "../scenarios/world.js";
import { type Content, csvOf } from "./history.js";
import type { Rules } from "./oracle.js";

/** Declarations the laws are about. */
export const kinds = {
  append: { strategy: "append", key: [], ordered: false, deletes: false, lateness: null },
  local_key: { strategy: "upsert", key: ["id", "day"], ordered: true, deletes: true, lateness: null },
  global_key: { strategy: "upsert", key: ["id"], ordered: true, deletes: true, lateness: null },
  by_arrival: { strategy: "upsert", key: ["id"], ordered: false, deletes: true, lateness: null },
  local_by_arrival: { strategy: "upsert", key: ["id", "day"], ordered: false, deletes: false, lateness: null },
  partitions: { strategy: "replace_partitions", key: [], ordered: false, deletes: false, lateness: null },
  keyed_partitions: { strategy: "replace_partitions", key: ["id", "day"], ordered: false, deletes: false, lateness: null },
  late: { strategy: "upsert", key: ["id"], ordered: true, deletes: true, lateness: { delay: 0, allow: 0 } },
  whole: { strategy: "replace", key: [], ordered: false, deletes: false, lateness: null },
} as const satisfies Readonly<Record<string, Rules>>;

export type Kind = keyof typeof kinds;
const allKinds = Object.keys(kinds) as readonly Kind[];
/** For `late` the grouping into runs matters, as it must: a row is judged by what was known before its run. */
export const everyKind: readonly Kind[] = allKinds.filter((kind) => kind !== "late");
/** Whose content does not depend on when something arrives. */
export const timeless: readonly Kind[] = ["append", "local_key", "global_key"];

/** One asset with a history of its own. */
export interface Asset {
  readonly name: string;
  land(files: ReadonlyMap<string, Content>): Promise<void>;
  run(): Promise<RunReport>;
  /** Runs until the nth operation on disk or ledger, and dies there; false: it was done before. */
  runKilled(nth: number): Promise<boolean>;
  withdraw(file: string): Promise<void>;
  replay(): Promise<void>;
  /** The version that readers see; null: none. */
  version(): Promise<string | null>;
  rollback(version: string): Promise<void>;
  /** Differences that `verify` finds. */
  differences(): Promise<readonly string[]>;
  /** Rows of `ready`, read by a tool that knows nothing of flow. */
  rows(): Promise<readonly string[]>;
}

/** A project with many assets of each kind: opened once, each history takes an asset that nobody has used. */
export interface Land extends AsyncDisposable {
  fresh(kind: Kind): Promise<Asset>;
}

const assetsOfAKind = 4;

export async function openLand(): Promise<Land> {
  let field: Field | null = null;
  const used = new Map<Kind, number>();
  return {
    async fresh(kind) {
      const number = used.get(kind) ?? 0;
      if (field === null || number >= assetsOfAKind) {
        await field?.[Symbol.asyncDispose]();
        field = await openField();
        used.clear();
      }
      used.set(kind, (used.get(kind) ?? 0) + 1);
      return field.asset(`${kind}_${used.get(kind)}`);
    },
    async [Symbol.asyncDispose]() {
      await field?.[Symbol.asyncDispose]();
    },
  };
}

interface Field extends AsyncDisposable {
  asset(name: string): Asset;
}

async function openField(): Promise<Field> {
  const root = await mkdtemp(join(temporaryFolder(), "flow-laws-"));
  const store = join(root, "data");
  await declare(root);
  let now = Date.UTC(2026, 0, 1);
  const options: OpenOptions = { dir: root, profile: null, vars: {}, env: {}, threads: 1, clock: { now: () => now } };
  const project = await openProject(options);
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const reader = await instance.connect();
  return {
    asset: (name) => assetIn({ name, store, options, project, reader, tick: () => (now += 60_000) }),
    async [Symbol.asyncDispose]() {
      reader.closeSync();
      instance.closeSync();
      await project[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function declare(root: string): Promise<void> {
  const flow = "name: laws\nstore: data\ntimezone: UTC\ndefaults: { ingest: { complete: { stable_for: 0s }, files: '**/*.csv' } }\n";
  await writeFile(join(root, "flow.yaml"), flow);
  await mkdir(join(root, "assets"));
  for (const kind of allKinds) {
    for (let number = 1; number <= assetsOfAKind; number++) {
      await writeFile(join(root, "assets", `${kind}_${number}.yaml`), yamlOf(kinds[kind]));
    }
  }
}

function yamlOf({ strategy, key, ordered, deletes, lateness }: Rules): string {
  const ingest = {
    strategy,
    ...(ordered ? { order_by: "v" } : {}),
    ...(deletes ? { delete_when: "op = 'D'" } : {}),
    ...(strategy === "replace" ? { allow_empty: true } : {}),
  };
  const columns = { id: "INTEGER", day: "DATE", v: "INTEGER", op: "VARCHAR", x: "VARCHAR" };
  const time = lateness === null ? {} : { event_time: "day", lateness: { delay: `${lateness.delay}d`, allow: `${lateness.allow}d` } };
  return JSON.stringify({
    ingest,
    ...time,
    ...(key.length === 0 ? {} : { key }),
    columns,
    partition_by: lateness === null ? "day" : "day(day)",
  });
}

interface Place {
  readonly name: string;
  readonly store: string;
  readonly options: OpenOptions;
  readonly project: FlowProject;
  readonly reader: DuckDBConnection;
  readonly tick: () => void;
}

function assetIn({ name, store, options, project, reader, tick }: Place): Asset {
  const selection = { include: [name], exclude: [] };
  const quiet = { emit: () => {}, signal: new AbortController().signal };
  const checked = (report: RunReport): RunReport => {
    const problem = report.assets.find((asset) => asset.problem !== null)?.problem;
    if (problem !== undefined && problem !== null) throw new Error(problem);
    return report;
  };
  const run = async (): Promise<RunReport> => {
    tick();
    return checked(await project.run(selection, quiet));
  };
  return {
    name,
    run,
    async land(files) {
      for (const [file, content] of files) {
        const path = join(store, "ingest/landing", name, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, csvOf(content));
      }
    },
    async runKilled(nth) {
      tick();
      const died = await runUntil(options, selection, nth);
      if (died) await buryLocks(store);
      return died;
    },
    async withdraw(file) {
      tick();
      checked(await project.withdraw(name, file, quiet));
    },
    async version() {
      const { versions } = await project.history(name, { limit: 1 });
      return versions[0]?.version ?? null;
    },
    async rollback(version) {
      tick();
      checked(await project.rollback(name, version, quiet));
    },
    async replay() {
      tick();
      checked(await project.run(selection, { ...quiet, replay: true }));
    },
    async differences() {
      const { assets } = await project.verify(selection, { ideal: false, signal: quiet.signal });
      return assets.flatMap(({ differences }) => differences.map((difference) => JSON.stringify(difference)));
    },
    rows: () => rowsOf(reader, join(store, "ready", name)),
  };
}

/** A process of its own, as far as that goes in one: it never comes to its senses after the nth operation. */
async function runUntil(
  options: OpenOptions,
  selection: { readonly include: readonly string[]; readonly exclude: readonly string[] },
  nth: number,
): Promise<boolean> {
  let left = nth;
  const onPoint = (point: string, phase: string): void => {
    left -= 1;
    if (left < 0) throw new Killed(`${point} ${phase}`);
  };
  const project = await openProject(options, { files: openFiles({ onPoint }), onLedgerPoint: onPoint });
  const quiet = { emit: () => {}, signal: new AbortController().signal };
  try {
    await project.run(selection, quiet);
  } catch (error) {
    if (left >= 0) throw error;
  }
  const died = left < 0;
  await Promise.resolve(project[Symbol.asyncDispose]()).catch(() => {});
  return died;
}

async function rowsOf(reader: DuckDBConnection, folder: string): Promise<readonly string[]> {
  const found = await reader.runAndReadAll(`select count(*) from glob('${folder}/**/*.parquet')`);
  if (Number(found.getRows()[0]?.[0]) === 0) return [];
  const values = ["id", "day", "v", "op", "x"].map((column) => `coalesce(${column}::VARCHAR, 'NULL')`).join(" || '|' || ");
  const result = await reader.runAndReadAll(
    `select ${values} from read_parquet('${folder}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)`,
  );
  return result
    .getRows()
    .map((row) => String(row[0]))
    .sort();
}
