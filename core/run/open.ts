import { graphOf, reach } from "../catalog/graph.js";
import { select, withAncestors } from "../catalog/selection.js";
import { loadCatalog, loadProject } from "../declaration/load.js";
import { type Diagnostic, error, FlowError } from "../diagnostic.js";
import { acceptDrift } from "../drift/accept.js";
import { driftOf } from "../drift/drift.js";
import { openDuckdb } from "../engine/duckdb/instance.js";
import type { Asset, AssetName, Catalog, Project } from "../model.js";
import { timelessOf } from "../operators/transform.js";
import type { Plan } from "../plan/plan.js";
import { noRequests, type Requests } from "../plan/state.js";
import type {
  CheckReport,
  FlowProject,
  OpenOptions,
  QuarantineReport,
  ReachReport,
  RunOptions,
  Selection,
  TestReport,
  VerifyOptions,
  VerifyReport,
  Wishes,
} from "../project.js";
import type { RunReport } from "../report/report.js";
import { nextRunId } from "../run-id.js";
import { openFiles } from "../store/files.js";
import { openLayout } from "../store/layout.js";
import { suggestion } from "../suggest.js";
import { checkReady } from "./check.js";
import { diffOf } from "./diff.js";
import { historyOf } from "./history.js";
import { lateArrivals } from "./late.js";
import { binding, named, namesOf, type Opened, type Ports, refuseBrokenSql, withState } from "./opened.js";
import { discard, quarantined, quarantinedRows, takeOut } from "./quarantine.js";
import { query } from "./query.js";
import { refuseRange } from "./range.js";
import { reachOfAssets, reachReport } from "./reach.js";
import { rollbackTo } from "./rollback.js";
import { runSelected } from "./run.js";
import { showAsset } from "./show.js";
import { planFor } from "./state.js";
import { statusOf } from "./status.js";
import { tryTests } from "./try-tests.js";
import { checkWhole, collectGarbage } from "./upkeep.js";
import { verifyAsset } from "./verify.js";
import { whyOf } from "./why.js";

/** Ten seconds of work or so: little is lost when it is stopped, and little is added by doing it in parts. */
const usualRowsAtOnce = 10_000_000;

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
    return projectOver({
      catalog: { ...catalog, project },
      warnings: diagnostics,
      bound: binding(engine, catalog, texts),
      layout,
      spill,
      engine,
      options,
      ports,
    });
  } catch (trouble) {
    await engine[Symbol.asyncDispose]();
    throw trouble;
  }
}

function projectOver(opened: Opened): FlowProject {
  const { catalog, engine, warnings } = opened;
  return {
    catalog,
    warnings,
    plan: (selection, wishes = {}) => planSelected(opened, selection, wishes),
    acceptDrift: ({ drift }) => acceptDrift(opened.ports.files, catalog.project, catalog.assets, drift),
    run: (selection, options) => run(opened, selection, options),
    reach: (asset) => reachOfProject(opened, asset),
    status: () => withState(opened, "read", (state) => statusOf(state, catalog)),
    query: (sql, { at = [] } = {}) => query(opened, sql, at),
    history: (asset, { limit }) => withState(opened, "read", (state) => historyOf(state, named(catalog, asset), limit)),
    why: (asset, options) => withState(opened, "read", (state) => whyOf(state, engine, catalog, named(catalog, asset), options)),
    diff: (asset, options) => withState(opened, "read", (state) => diffOf(state, engine, named(catalog, asset), options)),
    show: (asset) => withState(opened, "read", (state) => showAsset(state, catalog, named(catalog, asset))),
    withdraw: (asset, file, options) => withdraw(opened, named(catalog, asset), file, options),
    rollback: (asset, version, options) => rollback(opened, named(catalog, asset), version, options),
    gc: (selection, { dryRun }) => collectGarbage(opened, exactly(catalog, selection), dryRun),
    fsck: (options) => checkWhole(opened, options),
    verify: (selection, options) => verify(opened, selection, options),
    check: (selection, options) => check(opened, selection, options.signal),
    test: (selection, options) => test(opened, selection, options.signal),
    late: (asset, { allowMs }) =>
      withState(opened, "read", async (state) => lateArrivals(state, catalog, asset === null ? null : named(catalog, asset).name, allowMs)),
    quarantined: (asset) => withState(opened, "read", async (state) => quarantined(state, namesOf(catalog, asset))),
    quarantinedRows: (asset, file) =>
      withState(opened, "read", (state) => quarantinedRows(engine, state, named(catalog, asset).name, file)),
    release: (asset, file, options) => release(opened, named(catalog, asset), file, options),
    discard: (asset, file) => discardOne(opened, named(catalog, asset), file),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await opened.ports.files.removeTree("tidy:remove", opened.spill);
    },
  };
}

async function planSelected(opened: Opened, selection: Selection, wishes: Wishes): Promise<Plan> {
  const { assets, requests } = await wished(opened, selection, wishes);
  await refuseBrokenSql(opened);
  return withState(opened, "read", async (state) => {
    const { plan } = await planFor(state, assets, requests);
    await using session = await opened.engine.session();
    return { ...plan, drift: await driftOf(session, opened.layout, plan, assets) };
  });
}

async function run(opened: Opened, selection: Selection, options: RunOptions): Promise<RunReport> {
  const { assets, requests } = await wished(opened, selection, options);
  return carryOut(opened, options, assets, requests);
}

/** What is asked for, and of which assets. */
async function wished(
  opened: Opened,
  selection: Selection,
  wishes: Wishes,
): Promise<{ readonly assets: readonly Asset[]; readonly requests: Requests }> {
  const needed = selected(opened.catalog, selection);
  const { assets: asked } = select(opened.catalog, selection);
  const namesOfKind = (kind: Asset["kind"], wanted: boolean): ReadonlySet<AssetName> =>
    new Set(wanted ? asked.filter((asset) => asset.kind === kind).map(({ name }) => name) : []);
  const { replay = false, backfill = false, only = false, fullRefresh = false, partitions } = wishes;
  if (partitions !== undefined) refuseRange(asked, (await opened.bound()).shapes, partitions);
  const range = partitions === undefined ? null : { assets: namesOfKind("derived", true), ...partitions };
  const requests: Requests = {
    ...noRequests,
    replay: namesOfKind("ingested", replay),
    backfill,
    refresh: namesOfKind("derived", fullRefresh),
    range,
  };
  return { assets: only ? asked : needed, requests };
}

async function carryOut(opened: Opened, asked: RunOptions, assets: readonly Asset[], requests: Requests): Promise<RunReport> {
  const { emit, signal, waitMs = 0 } = asked;
  await refuseBrokenSql(opened);
  return withState(opened, "write", async (state) => {
    const { catalog, engine, layout, options, ports } = opened;
    const id = nextRunId(options.clock.now(), state.ledger.lastRun());
    const { reach } = state;
    const { files, rowsAtOnce = usualRowsAtOnce } = ports;
    const context = {
      catalog,
      engine,
      layout,
      files,
      ledger: state.ledger,
      clock: options.clock,
      emit,
      signal,
      run: id,
      reach,
      rowsAtOnce,
      waitMs,
    };
    return runSelected(context, state, assets, requests);
  });
}

/** An asset and all that reads it, inputs first. */
function withReaders(catalog: Catalog, asset: Asset): readonly Asset[] {
  const reached = reach(graphOf(catalog).readBy, [asset.name], Number.POSITIVE_INFINITY);
  return catalog.assets.filter(({ name }) => reached.has(name));
}

async function withdraw(opened: Opened, asset: Asset, file: string, options: RunOptions): Promise<RunReport> {
  const standing = await withState(opened, "read", async ({ ledger }) =>
    ledger.deliveries(asset.name).some((delivery) => delivery.file === file && ["current", "held", "redelivered"].includes(delivery.state)),
  );
  if (!standing) throw new FlowError([await notThere(opened, asset, file)]);
  const requests = { ...noRequests, withdraw: { asset: asset.name, file, what: "all" as const } };
  return carryOut(opened, options, withReaders(opened.catalog, asset), requests);
}

async function rollback(opened: Opened, asset: Asset, version: string, options: RunOptions): Promise<RunReport> {
  const request = await withState(opened, "read", (state) => rollbackTo(state, asset, version));
  return carryOut(opened, options, [asset], { ...noRequests, rollback: request });
}

async function notThere(opened: Opened, asset: Asset, file: string): Promise<Diagnostic> {
  const known = await withState(opened, "read", async ({ ledger }) =>
    ledger.currentDeliveries(asset.name).map((delivery) => delivery.file),
  );
  return error("unknown-delivery", null, `\`${asset.name}\` has no delivery \`${file}\` to withdraw`, suggestion(file, known));
}

async function release(opened: Opened, asset: Asset, file: string, options: RunOptions): Promise<RunReport> {
  const { files } = opened.ports;
  if (asset.kind !== "ingested") throw new FlowError([error("bad-file", null, `\`${asset.name}\` takes no files`, null)]);
  const released = await withState(opened, "write", (state) => takeOut(files, state, asset, file));
  const requests: Requests = { ...noRequests, backfill: true, release: { asset: asset.name, file, ...released } };
  return carryOut(opened, options, withReaders(opened.catalog, asset), requests);
}

async function discardOne(opened: Opened, asset: Asset, file: string): Promise<QuarantineReport> {
  const isHeld = await withState(opened, "read", async ({ ledger }) => ledger.held(asset.name).some((row) => row.file === file));
  // What a rollback took back lies in the log. That it waits no more is for the versions to say.
  if (isHeld) {
    const withdraw = { asset: asset.name, file, what: "waiting" as const };
    await carryOut(opened, { emit: () => {}, signal: new AbortController().signal }, [asset], { ...noRequests, withdraw });
  }
  return withState(opened, isHeld ? "read" : "write", async (state) => {
    if (!isHeld) await discard(opened.ports.files, state, asset.name, file);
    return quarantined(state, [asset.name]);
  });
}

async function verify(opened: Opened, selection: Selection, options: VerifyOptions): Promise<VerifyReport> {
  const assets = exactly(opened.catalog, selection);
  const { engine, layout, ports, spill } = opened;
  return withState(opened, "read", async ({ ledger }) => {
    const verified: VerifyReport["assets"][number][] = [];
    for (const asset of assets) verified.push(await verifyAsset({ layout, files: ports.files, ledger, engine, spill }, asset, options));
    return { verify: 1, assets: verified };
  });
}

async function check(opened: Opened, selection: Selection, signal: AbortSignal): Promise<CheckReport> {
  const asked = exactly(opened.catalog, selection);
  await refuseBrokenSql(opened);
  const { engine, layout, options } = opened;
  const assets: CheckReport["assets"][number][] = [];
  for (const asset of asked) assets.push(await checkReady({ layout, engine, clock: options.clock }, asset, signal));
  return { check: 1, assets };
}

async function test(opened: Opened, selection: Selection, signal: AbortSignal): Promise<TestReport> {
  const asked = exactly(opened.catalog, selection);
  await refuseBrokenSql(opened);
  const { catalog, options, ports } = opened;
  const { shapes } = await opened.bound();
  return tryTests({ catalog, shapes, files: ports.files, clock: options.clock, signal }, asked);
}

/** What is asked for, and nothing else. */
function exactly(catalog: Catalog, selection: Selection): readonly Asset[] {
  const { assets, diagnostics } = select(catalog, selection);
  if (diagnostics.length > 0) throw new FlowError(diagnostics);
  return assets;
}

/** What is asked for and what that needs, inputs first. */
function selected(catalog: Catalog, selection: Selection): readonly Asset[] {
  const { assets, diagnostics } = select(catalog, selection);
  if (diagnostics.length > 0) throw new FlowError(diagnostics);
  const excluded = new Set(selection.exclude.length === 0 ? [] : select(catalog, { include: selection.exclude, exclude: [] }).assets);
  return withAncestors(catalog, assets).filter((asset) => !excluded.has(asset));
}

async function reachOfProject(opened: Opened, asset: string | null): Promise<ReachReport> {
  await refuseBrokenSql(opened);
  const { catalog, engine, layout } = opened;
  const names = new Set(namesOf(catalog, asset));
  const assets = catalog.assets.filter((candidate) => candidate.kind === "derived").filter(({ name }) => names.has(name));
  return reachReport(assets, await reachOfAssets(engine, layout, null, assets, (await opened.bound()).shapes), timelessOf(catalog));
}

/** DuckDB reads `a=b` in any folder of a path as a partition: a store must not lie below one. */
function refuseHiveStore({ store }: Project): void {
  if (!store.includes("=")) return;
  throw new FlowError([
    error(
      "bad-store",
      null,
      `the store \`${store}\` lies below a folder with \`=\` in its name, which readers of Parquet take for a partition`,
      "put the store elsewhere",
    ),
  ]);
}
