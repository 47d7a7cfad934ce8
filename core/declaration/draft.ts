import type { Diagnostic } from "../diagnostic.js";
import type { DerivedAsset, IngestedAsset } from "../model.js";
import type { AssetDeclaration, IngestDeclaration, OneOrMore, RetainDeclaration } from "./declaration.js";
import type { Shaped } from "./shapes.js";
import type { SqlText } from "./sql-place.js";
import { below } from "./yaml-source.js";

export type IngestedDraft = Omit<IngestedAsset, "fingerprint">;
/** What is known before the SQL is parsed. */
export type DerivedDraft = Omit<DerivedAsset, "fingerprint" | "inputs" | "parameters" | "usesRunTime">;

/** An asset with its defaults, whose references are not yet resolved; and the words it came from. */
export interface Draft {
  readonly shaped: Shaped<AssetDeclaration>;
  readonly asset: IngestedDraft | DerivedDraft;
  /** Its own, or that of the `.sql` file beside it. */
  readonly sql: SqlText | null;
  readonly references: readonly ColumnReference[];
  /** Where each term of `partitionBy` stands. */
  readonly partitionPointers: readonly string[];
  /** Trouble met on the way; the rules find more. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A setting that names a column. */
export interface ColumnReference {
  readonly column: string;
  readonly pointer: string;
}

/** What a project lends to its assets. */
export interface AssetDefaults {
  readonly ingest: IngestDeclaration;
  readonly retain: RetainDeclaration;
  readonly timezone: string;
}

/** The items of a setting that may be one text or a list, each with its place. */
export function itemsOf(value: OneOrMore | undefined, pointer: string): readonly { readonly text: string; readonly pointer: string }[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [{ text: value, pointer }];
  return value.map((text, index) => ({ text, pointer: below(pointer, index) }));
}
