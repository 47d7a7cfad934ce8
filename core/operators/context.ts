import type { Diagnostic } from "../diagnostic.js";
import type { Engine, InputReach } from "../engine/engine.js";
import type { Emit } from "../event.js";
import type { Ledger } from "../ledger/ledger.js";
import type { AssetName, Catalog, DerivedAsset, RunId } from "../model.js";
import type { Clock } from "../project.js";
import type { Files } from "../store/files.js";
import type { Layout } from "../store/layout.js";

/** What varies from run to run, handed down instead of kept anywhere. */
export interface Context {
  readonly catalog: Catalog;
  readonly layout: Layout;
  readonly files: Files;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly run: RunId;
  /** What is provable of the inputs of these assets. */
  readonly reach: (assets: readonly DerivedAsset[]) => Promise<ReadonlyMap<AssetName, readonly InputReach[]>>;
  /** Larger builds are split where that is possible. */
  readonly rowsAtOnce: number;
  readonly locks: HeldLocks;
}

/** The locks a run holds. */
export interface HeldLocks {
  /** Tells others what the run is doing with an asset. */
  say(asset: AssetName, step: string): Promise<void>;
  /** Asked before a commit: a process that slept for long may have been taken for dead. */
  stillHeld(asset: AssetName): Promise<boolean>;
}

export function notice(context: Context, asset: AssetName, diagnostic: Diagnostic): void {
  context.emit({ event: "notice", asset, diagnostic });
}
