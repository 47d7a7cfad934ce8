import type { ColumnType } from "../model.js";

/**
 * SQL behind one interface. Operators ask for named things; how they are said in SQL is the engine's matter alone.
 * (The part that declarations need; the rest follows below.)
 */
export interface SqlParser {
  /** Parses without running or binding; one answer per text, in order. */
  parse(texts: readonly string[]): Promise<readonly ParsedSelect[]>;
}

export type ParsedSelect =
  | {
      readonly ok: true;
      /** Every table the SELECT reads (names of CTEs in scope excluded), each mention, in order of appearance. */
      readonly tables: readonly TableMention[];
      /** The parsed form without places: equal for texts that differ in formatting and comments alone. */
      readonly canonical: string;
      /** Names used as `:name` or `$name`, each once. */
      readonly parameters: readonly string[];
    }
  | {
      readonly ok: false;
      readonly message: string;
      /** Character offset into the text; null where the engine gives none. */
      readonly offset: number | null;
    };

export interface TableMention {
  readonly name: string;
  /** Schema or catalog written before the name; null where there is none. */
  readonly schema: string | null;
  /** Character offset of the mention in the text; null where the engine gives none. */
  readonly offset: number | null;
}

/** A result as a person or a file sees it: values as texts, NULL as null. */
export interface Table {
  readonly columns: readonly ColumnType[];
  readonly rows: readonly (readonly (string | null)[])[];
}
