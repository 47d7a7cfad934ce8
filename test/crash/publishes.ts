import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openProject } from "../../core/run/open.js";
import { temporaryFolder } from "../scenarios/world.js";
import type { Seen } from "./reader.js";

/** How a reader finds the parts: through the pointer at every look, or in the version it pointed at when the reading began. */
export type Way = "plain" | "resolved";

const partitions = 6;
const rowsEach = 20;

interface Kind {
  readonly yaml: string;
  /** Rows `p,id,v,x` of the nth file. */
  files(): Generator<readonly string[], never, undefined>;
  /** Whether an answer (rows; of `v` smallest, largest, sum and number of values) can be that of one version. */
  isOne(answer: readonly number[]): boolean;
}

/** Tables of which every version has a property that a mix of two has not. */
export const kinds = {
  /** All rows of a version have one value. */
  whole: {
    yaml: "ingest: { strategy: replace }\n",
    *files() {
      for (let version = 0; ; version++) yield everyRow(version);
    },
    isOne: ([rows, least, most]) => rows === partitions * rowsEach && least === most,
  },
  /** What one partition loses, another gains: two of six change, the sum stays. */
  transfers: {
    yaml: "key: [p, id]\ningest: { strategy: upsert }\n",
    *files() {
      const balance = Array.from({ length: partitions }, () => 0);
      yield everyRow(0);
      for (let version = 1; ; version++) {
        const [from, to] = [version % partitions, (version + 1 + (version % 4)) % partitions];
        balance[from] = (balance[from] ?? 0) - version;
        balance[to] = (balance[to] ?? 0) + version;
        yield [from, to].map((p) => `${p},0,${balance[p]},${p}`);
      }
    },
    isOne: ([rows, , , sum]) => rows === partitions * rowsEach && sum === 0,
  },
  /** A row moves to a partition that nobody has seen before, from one that has more: the partitions themselves change. */
  moves: {
    yaml: "key: [id, x]\ningest: { strategy: upsert, order_by: v }\n",
    *files() {
      yield everyRow(0);
      for (let version = 1; ; version++)
        yield [`${version + 1000},${Math.floor(version / partitions) % rowsEach},${version},${version % partitions}`];
    },
    isOne: ([rows]) => rows === partitions * rowsEach,
  },
} as const satisfies Readonly<Record<string, Kind>>;

function everyRow(v: number): readonly string[] {
  return Array.from(
    { length: partitions * rowsEach },
    (_, at) => `${at % partitions},${Math.floor(at / partitions)},${v},${at % partitions}`,
  );
}

export interface Watched {
  /** Readings of one whole version; of how many different ones. */
  readonly whole: number;
  readonly versions: number;
  /** Answers that no version gives. */
  readonly mixes: readonly string[];
  readonly errors: Seen["errors"];
}

/** Publishes so many versions of a table while somebody reads it. */
export async function watchPublishes(reader: string, name: keyof typeof kinds, way: Way, publishes: number): Promise<Watched> {
  const kind: Kind = kinds[name];
  const root = await mkdtemp(join(temporaryFolder(), "flow-readers-"));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await write("flow.yaml", "name: readers\nstore: data\nthreads: 1\ndefaults: { ingest: { complete: { stable_for: 0s } } }\n");
  await write("assets/t.yaml", `columns: { p: INTEGER, id: INTEGER, v: BIGINT, x: INTEGER }\npartition_by: p\n${kind.yaml}`);
  const files = kind.files();
  let now = Date.UTC(2026, 0, 1);
  await using project = await openProject({ dir: root, profile: null, vars: {}, env: {}, threads: 1, clock: { now: () => (now += 1000) } });
  const publish = async (n: number): Promise<void> => {
    await write(`data/ingest/landing/t/${String(n).padStart(6, "0")}.csv`, ["p,id,v,x", ...files.next().value, ""].join("\n"));
    const { assets } = await project.run({ include: [], exclude: [] }, { emit: () => {}, signal: new AbortController().signal });
    if (assets[0]?.status !== "published") throw new Error(`publish ${n}: ${assets[0]?.status} ${assets[0]?.problem}`);
  };
  await publish(0);
  const process_ = spawn(process.execPath, [reader, join(root, "data"), "t", way], { stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  process_.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
  const ended = once(process_, "close");
  await once(process_.stderr, "data");
  for (let n = 1; n <= publishes; n++) await publish(n);
  process_.kill("SIGTERM");
  await ended;
  await rm(root, { recursive: true, force: true });
  return judged(JSON.parse(told) as Seen, kind);
}

function judged({ answers, errors }: Seen, { isOne }: Kind): Watched {
  const all = Object.entries(answers);
  const good = all.filter(([answer]) => isOne(answer.split(",").map(Number)));
  const mixes = all.flatMap(([answer]) => (isOne(answer.split(",").map(Number)) ? [] : [answer]));
  return { whole: good.reduce((sum, [, times]) => sum + times, 0), versions: good.length, mixes, errors };
}
