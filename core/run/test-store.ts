import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { openDuckdb } from "../engine/duckdb/instance.js";
import type { Engine } from "../engine/engine.js";
import { openLedger } from "../ledger/sqlite.js";
import type { Asset, Catalog, Project } from "../model.js";
import { timelessOf } from "../operators/transform.js";
import type { Requests } from "../plan/state.js";
import type { RunReport } from "../report/report.js";
import { nextRunId } from "../run-id.js";
import type { Files } from "../store/files.js";
import { below, type Layout, openLayout } from "../store/layout.js";
import { runSelected } from "./run.js";
import type { State } from "./state.js";

/** A folder of the system's for temporary files, in which stores are opened and thrown away. */
export interface TestBench extends AsyncDisposable {
  readonly engine: Engine;
  /** An empty store with these assets, for one test. */
  open(assets: readonly Asset[]): Promise<TestStore>;
}

export interface TestStore extends Disposable {
  readonly layout: Layout;
  /** A run as `flow run` has it, at a time in milliseconds. */
  run(assets: readonly Asset[], requests: Requests, at: number, signal: AbortSignal): Promise<RunReport>;
}

export async function openTestBench(project: Project, files: Files): Promise<TestBench> {
  const root = below(tmpdir(), `flow-test-${randomUUID()}`);
  await files.makeDir("store:make", root);
  const engine = await openDuckdb({
    allowedFolders: [root, ...project.allowPaths],
    spillFolder: below(root, "spill"),
    threads: project.threads,
    memoryLimit: project.memoryLimit,
  });
  let opened = 0;
  return {
    engine,
    open: (assets) => openTestStore({ project, assets }, engine, files, below(root, `store-${++opened}`)),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await files.removeTree("tidy:remove", root);
    },
  };
}

async function openTestStore(catalog: Catalog, engine: Engine, files: Files, root: string): Promise<TestStore> {
  const layout = openLayout(root);
  await files.makeDir("store:make", layout.locks());
  const ledger = await openLedger(layout.ledger());
  return {
    layout,
    async run(assets, requests, at, signal) {
      const clock = { now: () => at };
      // A test builds every asset once, and once everything is built whole: nothing has to be proven, and nothing is large.
      const reach: State["reach"] = async () => new Map();
      const state: State = { layout, ledger, clock, memory: new Map(), reach, timeless: timelessOf(catalog) };
      const run = nextRunId(at, ledger.lastRun());
      const rowsAtOnce = Number.POSITIVE_INFINITY;
      const context = { catalog, engine, layout, files, ledger, clock, emit: () => {}, signal, run, reach, rowsAtOnce, waitMs: 0 };
      return runSelected(context, state, assets, requests);
    },
    [Symbol.dispose]: () => ledger.close(),
  };
}
