import { existsSync } from "node:fs";
import { select, withAncestors } from "../catalog/selection.js";
import { loadCatalog, loadProject } from "../declaration/load.js";
import type { SqlText } from "../declaration/sql-place.js";
import { type Diagnostic, error, FlowError, hasErrors } from "../diagnostic.js";
import { openDuckdb } from "../engine/duckdb/instance.js";
import { type Engine, SqlError, type Table } from "../engine/engine.js";
import type { Ledger } from "../ledger/ledger.js";
import { indexAsset } from "../ledger/rebuild.js";
import { openLedger } from "../ledger/sqlite.js";
import type { Asset, AssetName, Catalog, Project } from "../model.js";
import { noRequests, type Requests } from "../plan/make-plan.js";
import type { Plan } from "../plan/plan.js";
import type { FlowProject, OpenOptions, RunOptions, Selection } from "../project.js";
import type { RunReport } from "../report/report.js";
import { type Files, openFiles } from "../store/files.js";
import { type Layout, openLayout } from "../store/layout.js";
import { readPointer } from "../store/versions.js";
import { bindCatalog, sqlTrouble } from "./bind.js";
import { readyTable } from "./ready-table.js";
import { runSelected } from "./run.js";
import { nextRunId } from "./run-id.js";
import { showAsset } from "./show.js";
import { planFor, type State } from "./state.js";
import { statusOf } from "./status.js";

/** What stands between flow and the disk: tests stop, fail or kill it there. */
export interface Ports {
  readonly files: Files;
  /** Runs around every change of the ledger. */
  readonly onLedgerPoint?: NonNullable<Parameters<typeof openLedger>[1]>["onPoint"];
}

/**
 * Opens a project: reads `flow.yaml` and all declarations, and starts the engine. Throws `FlowError` with every error of every
 * declaration. Nothing is written before a run.
 */
export async function openProject(options: OpenOptions, ports: Ports = { files: openFiles() }): Promise<FlowProject> {
  const loaded = await loadProject(options);
  if (loaded.project === null) throw new FlowError(loaded.diagnostics);
  const project = { ...loaded.project, threads: options.threads ?? loaded.project.threads };
  refuseHiveStore(project);
  const layout = openLayout(project.store);
  const spill = layout.spill(nextRunId(options.clock.now(), null));
  const engine = await openDuckdb({
    allowedFolders: [project.store, ...project.allowPaths],
    spillFolder: spill,
    threads: project.threads,
    memoryLimit: project.memoryLimit,
  });
  try {
    const { catalog, diagnostics, texts } = await loadCatalog(loaded, engine);
    if (catalog === null) throw new FlowError(diagnostics);
    return projectOver({ catalog: { ...catalog, project }, warnings: diagnostics, texts, layout, spill, engine, options, ports });
  } catch (trouble) {
    await engine[Symbol.asyncDispose]();
    throw trouble;
  }
}

interface Opened {
  readonly catalog: Catalog;
  readonly warnings: readonly Diagnostic[];
  readonly texts: ReadonlyMap<AssetName, SqlText>;
  readonly layout: Layout;
  readonly spill: string;
  readonly engine: Engine;
  readonly options: OpenOptions;
  readonly ports: Ports;
}

function projectOver(opened: Opened): FlowProject {
  const { catalog, engine, warnings } = opened;
  return {
    catalog,
    warnings,
    plan: (selection) => planSelected(opened, selection),
    run: (selection, options) => run(opened, selection, options),
    status: () => withState(opened, "read", (state) => statusOf(state, catalog)),
    query: (sql) => query(opened, sql),
    show: (asset) => withState(opened, "read", (state) => showAsset(state, catalog, asset)),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function planSelected(opened: Opened, selection: Selection): Promise<Plan> {
  const assets = selected(opened.catalog, selection);
  await refuseBrokenSql(opened);
  return withState(opened, "read", async (state) => (await planFor(state, assets)).plan);
}

async function run(opened: Opened, selection: Selection, options: RunOptions): Promise<RunReport> {
  const assets = selected(opened.catalog, selection);
  const named = options.replay === true ? select(opened.catalog, selection).assets : [];
  const replay = new Set(named.filter(({ kind }) => kind === "ingested").map(({ name }) => name));
  return carryOut(opened, options, assets, { ...noRequests, replay, backfill: options.backfill ?? false });
}

async function carryOut(opened: Opened, { emit, signal }: RunOptions, assets: readonly Asset[], requests: Requests): Promise<RunReport> {
  await refuseBrokenSql(opened);
  return withState(opened, "write", async (state) => {
    const { catalog, engine, layout, options, ports } = opened;
    const id = nextRunId(options.clock.now(), state.ledger.lastRun());
    const context = { catalog, engine, layout, files: ports.files, ledger: state.ledger, clock: options.clock, emit, signal, run: id };
    return runSelected(context, state, assets, requests);
  });
}

/** What is asked for and what that needs, inputs first. */
function selected(catalog: Catalog, selection: Selection): readonly Asset[] {
  const { assets, diagnostics } = select(catalog, selection);
  if (diagnostics.length > 0) throw new FlowError(diagnostics);
  const excluded = new Set(selection.exclude.length === 0 ? [] : select(catalog, { include: selection.exclude, exclude: [] }).assets);
  return withAncestors(catalog, assets).filter((asset) => !excluded.has(asset));
}

/** Trouble in the SQL of any asset, before anything is done. */
async function refuseBrokenSql({ catalog, engine, texts }: Opened): Promise<void> {
  if (!catalog.assets.some(({ kind }) => kind === "derived")) return;
  await using session = await engine.session();
  const diagnostics = await bindCatalog(session, catalog, texts);
  if (hasErrors(diagnostics)) throw new FlowError(diagnostics);
}

/** Opens the ledger for as long as the work takes. Who only reads leaves no trace where there is no store yet. */
async function withState<T>(opened: Opened, purpose: "read" | "write", use: (state: State) => Promise<T>): Promise<T> {
  const { catalog, layout, options, ports, spill } = opened;
  const path = layout.ledger();
  const isNew = !existsSync(path);
  if (purpose === "write") await ports.files.makeDir("store:make", layout.locks());
  const ledger = await openLedger(purpose === "read" && isNew ? ":memory:" : path, { onPoint: ports.onLedgerPoint });
  try {
    await bringUpToDate(layout, catalog, ledger, isNew);
    return await use({ layout, ledger, clock: options.clock, memory: new Map(), spill });
  } finally {
    ledger.close();
  }
}

/** The ledger is an index: a missing one is made again from the store, one that a crash left behind is told the rest. */
async function bringUpToDate(layout: Layout, catalog: Catalog, ledger: Ledger, isNew: boolean): Promise<void> {
  for (const { name } of catalog.assets) {
    const current = await readPointer(layout, name);
    if (isNew || (current !== null && ledger.current(name)?.version !== current)) await indexAsset(layout, name, ledger);
  }
}

async function query({ catalog, engine, layout }: Opened, sql: string): Promise<Table> {
  await using session = await engine.session();
  const [parsed] = await engine.parse([sql]);
  const text = { sql, file: { path: "<query>", text: sql }, range: { start: 0, end: sql.length } };
  if (parsed?.ok !== true) throw new FlowError([sqlTrouble(new SqlError("parser", parsed?.message ?? "", parsed?.offset ?? null, []), text)]);
  // Every pointer is resolved once, before the first row is read.
  const ready = await Promise.all(catalog.assets.map(({ name }) => readyTable(layout, name)));
  const unpublished = parsed.tables.map(({ name }) => name).filter((name) => catalog.assets.some((asset, at) => asset.name === name && ready[at] === null));
  if (unpublished.length > 0) {
    throw new FlowError([error("unknown-version", null, `\`${unpublished[0]}\` has no version yet`, "`flow run` makes one")]);
  }
  try {
    return await session.query(sql, ready.flatMap((entry) => (entry === null ? [] : [entry.table])));
  } catch (trouble) {
    throw trouble instanceof SqlError ? new FlowError([sqlTrouble(trouble, text)]) : trouble;
  }
}

/** DuckDB reads `a=b` in any folder of a path as a partition: a store must not lie below one. */
function refuseHiveStore({ store }: Project): void {
  if (!store.includes("=")) return;
  throw new FlowError([error("bad-store", null, `the store \`${store}\` lies below a folder with \`=\` in its name, which readers of Parquet take for a partition`, "put the store elsewhere")]);
}
