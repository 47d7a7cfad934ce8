import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Ledger } from "../../core/ledger/ledger.js";
import { rebuildLedger } from "../../core/ledger/rebuild.js";
import { openLedger } from "../../core/ledger/sqlite.js";
import type { AssetName } from "../../core/model.js";
import { canonicalJson } from "../../core/store/canonical-json.js";
import { openLayout } from "../../core/store/layout.js";
import { lockOwner } from "../../core/store/lock.js";
import { filesUnder, sha256 } from "../scenarios/store-picture.js";

/** What a store holds, without what a crash may change: ids and times of runs, how the work was grouped into versions. */
export interface Picture {
  /** Rows of every asset, by a reader that knows nothing of flow; provenance included. */
  readonly rows: Readonly<Record<string, readonly string[]>>;
  /** Deliveries and what waits in quarantine, as the ledger says. */
  readonly deliveries: readonly string[];
  readonly quarantine: readonly string[];
  /** `<place>/<asset>/<file> <hash>` of all raw and refused bytes. */
  readonly raw: readonly string[];
  /** What should not be there: work in staging, temporary files, somebody who holds an asset; a ledger that says other than the store. */
  readonly left: readonly string[];
}

export interface Painter extends AsyncDisposable {
  picture(store: string): Promise<Picture>;
}

/** Keeps one reader open: hundreds of stores are looked at. */
export async function openPainter(): Promise<Painter> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const reader = await instance.connect();
  return {
    picture: (store) => paint(store, reader),
    async [Symbol.asyncDispose]() {
      reader.closeSync();
      instance.closeSync();
    },
  };
}

async function paint(store: string, reader: DuckDBConnection): Promise<Picture> {
  const layout = openLayout(store);
  const assets = [...(await namesIn(join(store, "ready")))].sort() as AssetName[];
  const ledger = await openLedger(layout.ledger());
  const rebuilt = await openLedger(":memory:");
  try {
    await rebuildLedger(layout, assets, rebuilt);
    const [told, known] = [answers(ledger, assets), answers(rebuilt, assets)];
    const differs = JSON.stringify(told) === JSON.stringify(known) ? [] : ["the ledger says other than the store"];
    const rows = await Promise.all(assets.map(async (asset) => [asset, await rowsOf(reader, join(store, "ready", asset))] as const));
    // The lock of a dead owner is nobody's, and stays until somebody wants the asset.
    const owners = await Promise.all(assets.map((asset) => lockOwner(layout, asset)));
    const held = owners.flatMap((owner, at) => (owner === null ? [] : [`${assets[at]} is held by ${owner.pid}`]));
    return { rows: Object.fromEntries(rows), ...told, raw: await rawBytes(store), left: [...(await leftIn(store)), ...held, ...differs] };
  } finally {
    ledger.close();
    rebuilt.close();
  }
}

function answers(ledger: Ledger, assets: readonly AssetName[]): Pick<Picture, "deliveries" | "quarantine"> {
  return {
    deliveries: assets.flatMap((asset) => ledger.deliveries(asset).map(({ run: _, ...delivery }) => canonicalJson(delivery))),
    quarantine: assets.flatMap((asset) =>
      ledger
        .quarantined(asset)
        .map(({ run: _, ...waits }) => canonicalJson(waits))
        .sort(),
    ),
  };
}

async function rowsOf(reader: DuckDBConnection, folder: string): Promise<readonly string[]> {
  const found = await reader.runAndReadAll(
    `select to_json(r)::varchar as row from read_parquet('${folder}/**/*.parquet', hive_partitioning = true) r order by row`,
  );
  return found.getRows().map(([row]) => String(row));
}

async function rawBytes(store: string): Promise<readonly string[]> {
  const raw: string[] = [];
  for (const place of ["landing", "archive", "quarantine"]) {
    for (const file of await filesUnder(join(store, "ingest", place))) {
      // Lists of runs, and what Parquet says of itself, are not raw.
      if (/(^|\/)\.[^/]*$|\.parquet$/.test(file)) continue;
      const [asset, ...rest] = file.split("/");
      const name = place === "landing" ? rest : rest.slice(1);
      raw.push(`${place}/${asset}/${name.join("/")} ${await sha256(join(store, "ingest", place, file))}`);
    }
  }
  return raw.sort();
}

/** Rows that failed a check stay to be looked at, until the asset's next run. */
async function leftIn(store: string): Promise<readonly string[]> {
  const staged = (await filesUnder(join(store, "staging"))).filter((file) => !file.startsWith("checks/")).map((file) => `staging/${file}`);
  // What the dead wanted to lock is swept by the next owner.
  const temporary = (await filesUnder(store)).filter((file) => /\.(tmp|next)$|\/\.moving-/.test(file) && !file.startsWith(".flow/locks/"));
  return [...new Set([...staged, ...temporary])];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}
