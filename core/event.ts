import type { Diagnostic } from "./diagnostic.js";
import type { AssetName, RunId } from "./model.js";
import type { CommandKind, Plan } from "./plan/plan.js";
import type { AssetOutcome, RunReport } from "./report/report.js";

/** What a run tells the outside, as it happens. The terminal, `--json`, logs and pages are subscribers. */
export type FlowEvent =
  | { readonly event: "run-started"; readonly run: RunId; readonly at: string; readonly plan: Plan }
  /** Work that a dead run left was finished or returned. */
  | {
      readonly event: "recovered";
      readonly asset: AssetName;
      readonly run: RunId;
      readonly did: "finished" | "returned" | "removed";
      readonly files: number;
    }
  /** Another run holds an asset: this one waits for it. */
  | {
      readonly event: "waiting";
      readonly asset: AssetName;
      readonly held: {
        readonly pid: number;
        readonly host: string;
        /** ISO 8601. */
        readonly since: string;
        /** What it is doing, e.g. `publish`. */
        readonly step: string;
      };
    }
  | { readonly event: "asset-started"; readonly asset: AssetName }
  | { readonly event: "command-started"; readonly asset: AssetName; readonly command: CommandKind; readonly about: string }
  | {
      readonly event: "command-finished";
      readonly asset: AssetName;
      readonly command: CommandKind;
      readonly about: string;
      readonly seconds: number;
    }
  /** A large build goes on where an earlier run had to stop. */
  | { readonly event: "resumed"; readonly asset: AssetName; readonly partitions: number; readonly of: number }
  /** So many partitions of a large build are done, what an earlier run did included. */
  | { readonly event: "progress"; readonly asset: AssetName; readonly partitions: number; readonly of: number }
  | { readonly event: "notice"; readonly asset: AssetName | null; readonly diagnostic: Diagnostic }
  | { readonly event: "asset-finished"; readonly outcome: AssetOutcome }
  | { readonly event: "run-finished"; readonly report: RunReport };

export type Emit = (event: FlowEvent) => void;
