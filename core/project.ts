import type { Diagnostic } from "./diagnostic.js";
import type { Table } from "./engine/engine.js";
import type { Emit } from "./event.js";
import type { Asset, AssetName, Catalog, VersionId } from "./model.js";
import type { Plan } from "./plan/plan.js";
import type { RunReport } from "./report/report.js";

/** How to open a project. */
export interface OpenOptions {
  /** Folder that holds `flow.yaml`, or one below it. */
  readonly dir: string;
  readonly profile: string | null;
  readonly vars: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Overrides `threads` of flow.yaml. */
  readonly threads: number | null;
  readonly clock: Clock;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Selectors as on the command line: `a`, `+a`, `a+`, `2+a`, `@a`, `tag:x`, `path:dir`; none: everything. */
export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What `core` offers: all of flow without a terminal. Every method throws `FlowError` for expected trouble. */
export interface FlowProject extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Warnings from reading the declarations. */
  readonly warnings: readonly Diagnostic[];
  plan(selection: Selection): Promise<Plan>;
  run(selection: Selection, options: RunOptions): Promise<RunReport>;
  status(): Promise<StatusReport>;
  /** One SELECT over the ready assets, all at one snapshot. */
  query(sql: string): Promise<Table>;
  show(asset: string): Promise<ShowReport>;
}

export interface RunOptions {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Fold the selected ingested assets anew from their log. */
  readonly replay?: boolean;
  /** New deliveries are restatements: not judged for lateness. */
  readonly backfill?: boolean;
}

export interface StatusReport {
  readonly status: 1;
  readonly assets: readonly AssetStatus[];
}

export interface AssetStatus {
  readonly asset: AssetName;
  readonly kind: "ingested" | "derived";
  readonly version: VersionId | null;
  readonly published_at: string | null;
  readonly rows: number;
  readonly partitions: number;
  readonly watermark: string | null;
  /** Files in landing that the next run would take, and those still being written. */
  readonly pending: { readonly files: number; readonly settling: number };
  /** Files and rows waiting in quarantine. */
  readonly refused: { readonly files: number; readonly rows: number };
  /** For derived assets: inputs have newer versions than the ones it was built from. */
  readonly stale: boolean;
}

export interface ShowReport {
  readonly show: 1;
  /** With every default explicit. */
  readonly asset: Asset;
  readonly inputs: readonly AssetName[];
  readonly readBy: readonly AssetName[];
  /** Newest first. */
  readonly versions: readonly {
    readonly version: VersionId;
    readonly published_at: string;
    readonly rows: number;
    readonly partitions: number;
    readonly reason: string;
  }[];
}
