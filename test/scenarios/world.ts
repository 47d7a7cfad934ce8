import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Io } from "../../cli/io.js";
import { main } from "../../cli/main.js";
import type { OpenOptions } from "../../core/project.js";
import { openProject } from "../../core/run/open.js";
import { Sink } from "../cli/harness.js";
import { buryLocks, type Kill, killer } from "./kill.js";

/** A tiny project in a folder of its own: real files, real DuckDB, real SQLite; only the clock is not real. */
export interface World extends AsyncDisposable {
  readonly root: string;
  readonly store: string;
  /** The clock goes on. */
  pass(ms: number): void;
  /** How to open the project without the command line. */
  options(): OpenOptions;
  write(path: string, content: string | Uint8Array): Promise<void>;
  read(path: string): Promise<string>;
  /** Runs one command line a minute after the last one; `kill` ends it at a point of the disk or the ledger. */
  flow(argv: readonly string[], kill?: Kill | null): Promise<Ran>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the point of the kill was reached. */
  readonly killed: boolean;
  readonly interrupted: boolean;
}

export const plainFlowYaml = `name: scenario
store: data
timezone: UTC
defaults: { ingest: { complete: { stable_for: 0s } } }
`;

const start = Date.UTC(2026, 0, 1);
const step = 60_000;

export async function openWorld(): Promise<World> {
  const root = await mkdtemp(join(temporaryFolder(), "flow-world-"));
  const store = join(root, "data");
  let now = start;
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  await write("flow.yaml", plainFlowYaml);
  return {
    root,
    store,
    options: () => ({ dir: root, profile: null, vars: {}, env: {}, threads: null, clock: { now: () => now } }),
    write,
    read: (path) => readFile(join(root, path), "utf8"),
    pass(ms) {
      now += ms;
    },
    async flow(argv, kill = null) {
      now += step;
      const ran = await runOnce(root, argv, now, kill);
      if (ran.killed) await buryLocks(store);
      return ran;
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

async function runOnce(cwd: string, argv: readonly string[], now: number, kill: Kill | null): Promise<Ran> {
  const [stdout, stderr, gun] = [new Sink(), new Sink(), killer(kill)];
  const io: Io = { stdout, stderr, env: {}, cwd, clock: { now: () => now }, signal: gun.signal, runtime: "a test" };
  const code = await main(argv, io, (options) => openProject(options, gun.ports));
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    killed: kill?.how === "crash" && gun.fired(),
    interrupted: kill?.how === "interrupt" && gun.fired(),
  };
}

/** In memory where there is such a place: every publish waits for the disk several times. */
export function temporaryFolder(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}
