import { existsSync } from "node:fs";
import type { AssetTexts } from "../declaration/load.js";
import { type Diagnostic, error, FlowError, hasErrors } from "../diagnostic.js";
import type { Engine } from "../engine/engine.js";
import type { Ledger } from "../ledger/ledger.js";
import { indexAsset } from "../ledger/rebuild.js";
import { openLedger } from "../ledger/sqlite.js";
import type { Asset, AssetName, Catalog } from "../model.js";
import { timelessOf } from "../operators/transform.js";
import type { OpenOptions } from "../project.js";
import type { Files } from "../store/files.js";
import type { Layout } from "../store/layout.js";
import { readPointer } from "../store/versions.js";
import { suggestion } from "../suggest.js";
import { type Bound, bindCatalog } from "./bind.js";
import { reachOfAssets } from "./reach.js";
import type { State } from "./state.js";

/** What stands between flow and the disk: tests stop, fail or kill it there. */
export interface Ports {
  readonly files: Files;
  /** Runs around every change of the ledger. */
  readonly onLedgerPoint?: NonNullable<Parameters<typeof openLedger>[1]>["onPoint"];
  /** Derived assets over more rows are built slice by slice where that is possible. */
  readonly rowsAtOnce?: number;
}

/** A project that is open: what every command works with. */
export interface Opened {
  readonly catalog: Catalog;
  readonly warnings: readonly Diagnostic[];
  readonly bound: () => Promise<Bound>;
  readonly layout: Layout;
  readonly spill: string;
  readonly engine: Engine;
  readonly options: OpenOptions;
  readonly ports: Ports;
}

/** Trouble in the SQL of any asset, before anything is done. */
export async function refuseBrokenSql(opened: Opened): Promise<void> {
  const { diagnostics } = await opened.bound();
  if (hasErrors(diagnostics)) throw new FlowError(diagnostics);
}

/** Types of all assets, worked out once. */
export function binding(engine: Engine, catalog: Catalog, texts: ReadonlyMap<AssetName, AssetTexts>): () => Promise<Bound> {
  let bound: Promise<Bound> | null = null;
  const bind = async (): Promise<Bound> => {
    const asks = catalog.assets.some(({ checks, tests }) => checks.length > 0 || tests.length > 0);
    if (!asks && ![...texts.values()].some(({ sql, conditions }) => sql !== null || conditions.length > 0))
      return { shapes: new Map(), diagnostics: [] };
    await using session = await engine.session();
    return await bindCatalog(session, catalog, texts);
  };
  return () => {
    bound ??= bind();
    return bound;
  };
}

/** Opens the ledger for as long as the work takes. Who only reads leaves no trace where there is no store yet. */
export async function withState<T>(opened: Opened, purpose: "read" | "write", use: (state: State) => Promise<T>): Promise<T> {
  const { catalog, layout, options, ports } = opened;
  const path = layout.ledger();
  if (purpose === "write") {
    await ports.files.makeDir("store:make", layout.locks());
    // SQLite would let nobody but its owner write to it, whatever the umask says.
    await ports.files.makeFile("store:make", path);
  }
  const ledger = await openLedger(existsSync(path) ? path : ":memory:", { onPoint: ports.onLedgerPoint });
  try {
    await bringUpToDate(layout, catalog, ledger);
    const keepIn = purpose === "write" ? ports.files : null;
    const proven: State["reach"] = async (assets) => reachOfAssets(opened.engine, layout, keepIn, assets, (await opened.bound()).shapes);
    return await use({ layout, ledger, clock: options.clock, memory: new Map(), reach: proven, timeless: timelessOf(catalog) });
  } finally {
    ledger.close();
  }
}

/** The ledger is an index: a missing one is made again from the store, one that a crash left behind is told the rest. */
async function bringUpToDate(layout: Layout, catalog: Catalog, ledger: Ledger): Promise<void> {
  const isNew = ledger.lastRun() === null;
  for (const { name } of catalog.assets) {
    const current = await readPointer(layout, name);
    if (isNew || (current !== null && ledger.current(name)?.version !== current)) await indexAsset(layout, name, ledger);
  }
}

/** An asset by its own name, no selector. */
export function named(catalog: Catalog, name: string): Asset {
  const asset = catalog.assets.find((candidate) => candidate.name === name);
  if (asset !== undefined) return asset;
  const hint = suggestion(
    name,
    catalog.assets.map((candidate) => candidate.name),
  );
  throw new FlowError([error("unknown-asset", null, `no asset is named \`${name}\``, hint)]);
}

export function namesOf(catalog: Catalog, name: string | null): readonly AssetName[] {
  return name === null ? catalog.assets.map((asset) => asset.name) : [named(catalog, name).name];
}
