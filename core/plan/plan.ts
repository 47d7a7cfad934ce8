import type { Diagnostic } from "../diagnostic.js";
import type { InputReach } from "../engine/engine.js";
import type { AssetName, ContentHash, DeliverySeq, VersionId } from "../model.js";

/** What a run would do, as JSON-safe data: same state, same plan. */
export interface Plan {
  readonly plan: 1;
  /** In an order in which inputs come first; every selected asset has an entry. */
  readonly assets: readonly AssetPlan[];
  /** Worth knowing, blocks nothing. */
  readonly notices: readonly Diagnostic[];
  /** Where the columns of files that would be taken are not the declared ones, by a look at the first lines of each. */
  readonly drift: readonly Drift[];
}

/** Files of one asset whose columns differ from the declared ones in the same way. */
export interface Drift {
  readonly asset: AssetName;
  /** Below landing, in order. */
  readonly files: readonly string[];
  readonly changes: readonly DriftChange[];
}

export type DriftChange =
  /** A column that is not declared, and the type that its first texts have. */
  | { readonly kind: "added"; readonly column: string; readonly type: string }
  /** A declared column that the files do not have; `needed`: rows cannot be without it. */
  | { readonly kind: "missing"; readonly column: string; readonly needed: boolean }
  /** A column that is not declared and looks like a declared one that is missing. */
  | { readonly kind: "renamed"; readonly column: string; readonly as: string }
  /** A column whose first texts are not of its type, and the way to declare it that takes those and what was read so far. */
  | {
      readonly kind: "retyped";
      readonly column: string;
      readonly declared: string;
      readonly type: string;
      /** Patterns to be added; empty: those declared do. */
      readonly formats: readonly string[];
      readonly refused: number;
      readonly texts: number;
      readonly example: string;
    };

export interface AssetPlan {
  readonly asset: AssetName;
  readonly kind: "ingested" | "derived";
  readonly reason: Reason;
  /** The version the plan starts from; null where none is published. */
  readonly from: VersionId | null;
  /** Empty: nothing to do. */
  readonly commands: readonly Command[];
  /** Assets of this plan that must be done before. */
  readonly after: readonly AssetName[];
}

/** Why: users always ask. */
export type Reason =
  | { readonly kind: "up-to-date" }
  | { readonly kind: "nothing-landed" }
  | { readonly kind: "no-input"; readonly inputs: readonly AssetName[] }
  | { readonly kind: "new-deliveries"; readonly new: number; readonly revisions: number; readonly redeliveries: number }
  | { readonly kind: "first-build" }
  | { readonly kind: "sql-changed" }
  | { readonly kind: "declaration-changed" }
  | { readonly kind: "input-changed"; readonly inputs: readonly AssetName[] }
  | { readonly kind: "input-pending"; readonly inputs: readonly AssetName[] }
  | { readonly kind: "withdrawal"; readonly file: string }
  /** Rows or a file that waited in quarantine. */
  | { readonly kind: "release"; readonly file: string }
  /** To a version that was; nothing that has landed is taken. */
  | { readonly kind: "rollback"; readonly to: VersionId }
  /** `--full-refresh`, `--partitions`. */
  | { readonly kind: "requested" }
  | { readonly kind: "replay" };

/** One kind per operator. */
export type Command =
  | { readonly kind: "pickup"; readonly deliveries: readonly PlannedDelivery[] }
  | {
      readonly kind: "stage";
      readonly deliveries: readonly PlannedDelivery[];
      /** Deliveries to read once more from the log, because they count again. */
      readonly again: readonly DeliverySeq[];
      /** Deliveries that count no more, because the same bytes count under the name of another from now on: they become its copies. */
      readonly copied: readonly Copied[];
      /** The version is folded anew: every current delivery but these, and but those that are superseded, is read from the log; null: it is not. */
      readonly anewWithout: readonly DeliverySeq[] | null;
      /** Whether new deliveries are judged for lateness; a backfill is not. */
      readonly judged: boolean;
      /** Whether what counts again is let in however late it was; a rollback takes it as it was judged. */
      readonly restates: boolean;
    }
  /** `withdraw`: deliveries whose contributions go, with nothing in their place; `holds`: they wait until they are released. */
  | { readonly kind: "merge"; readonly withdraw: readonly DeliverySeq[]; readonly holds: boolean }
  | { readonly kind: "transform"; readonly build: Build }
  | { readonly kind: "check"; readonly checks: number }
  | { readonly kind: "publish" }
  | { readonly kind: "archive" };

/** How much of a derived asset is built. */
export type Build =
  /** Everything; `why` says why not less. */
  | { readonly kind: "all"; readonly why: WhyAll }
  /** The partitions that changed rows can reach, as far as that is provable of the inputs that change. */
  | { readonly kind: "reached"; readonly reach: readonly InputReach[] }
  /** `lookback`: from a changed row's partition this many milliseconds on; `cumulative` (null): all later ones. */
  | { readonly kind: "following"; readonly lookbackMs: number | null }
  /** Asked for: partitions from one value to another, both included. */
  | {
      readonly kind: "range";
      readonly from: string;
      readonly to: string;
      /** What is provable of the inputs: rows that cannot contribute are not read. */
      readonly reach: readonly InputReach[];
      /** What inputs that change need, too; null where none does. */
      readonly besides: Extract<Build, { kind: "reached" | "following" }> | null;
    };

export type WhyAll =
  | { readonly kind: "first-build" | "asset-changed" | "asked-for" | "not-partitioned" | "declared-full" | "uses-run-time" }
  /** Nothing is provable of an input that changes, or it has no time that a lookback could count from. */
  | { readonly kind: "not-provable"; readonly input: string; readonly why: string };

export type CommandKind = Command["kind"];

export interface Copied {
  readonly seq: DeliverySeq;
  readonly file: string;
  /** What counts in its place: a delivery that is taken, or one that is read again. */
  readonly by: DeliverySeq;
}

export interface PlannedDelivery {
  /** The arrival number it will have: files of one run arrive in the order of their names. */
  readonly seq: DeliverySeq;
  /** Path below landing, with `/`. */
  readonly file: string;
  /** Where it lies, below the store: landing, or what a dead run left behind. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  readonly sha256: ContentHash;
  /** Newline bytes in the file. */
  readonly newlines: number;
  /** The marker that says it is complete, below the store; null where none is declared. */
  readonly marker: string | null;
  readonly is: DeliveryKind;
}

export type DeliveryKind =
  | { readonly kind: "new" }
  /** `supersedes` is what it takes out; empty under `on_revision: merge`. */
  | { readonly kind: "revision"; readonly supersedes: readonly DeliverySeq[] }
  /** `of` is the name under which these bytes are already there, or wait. */
  | {
      readonly kind: "redelivery";
      readonly of: string;
      readonly seq: DeliverySeq;
      /** A rollback took that one back, and it waits. */
      readonly held?: true;
    }
  /** `on_revision: reject` */
  | { readonly kind: "rejected-revision"; readonly of: DeliverySeq };
