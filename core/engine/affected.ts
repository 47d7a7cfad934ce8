import type { PartitionField } from "../model.js";

/** Which output partitions are built. */
export type Affected =
  /** By the values of some fields: `at_day=2026-01-03` stands for all regions of that day. */
  | {
      readonly kind: "paths";
      /** Places of the fields in `partitionBy`, ascending. */
      readonly fields: readonly number[];
      /** Made of those fields alone. */
      readonly paths: readonly string[];
    }
  /** By the value of the first field, as its folder shows it; null: open. */
  | { readonly kind: "range"; readonly from: Bound | null; readonly to: Bound | null }
  /** Those of each. */
  | { readonly kind: "any"; readonly of: readonly Affected[] };

export interface Bound {
  readonly value: string;
  readonly included: boolean;
}

export type Range = Extract<Affected, { kind: "range" }>;

/** Hive's word for NULL; a value spelt so is refused at the door. */
export const hiveNull = "__HIVE_DEFAULT_PARTITION__";

/** The partitions whose first field is NULL: they lie in no range. */
export function withoutValue(first: PartitionField): Affected {
  return { kind: "paths", fields: [0], paths: [`${first.name}=${hiveNull}`] };
}

/** Whether a value of the first field lies in a range. */
export function isWithin(value: string, { from, to }: Pick<Range, "from" | "to">): boolean {
  const isAfter = from === null || value > from.value || (from.included && value === from.value);
  return isAfter && (to === null || value < to.value || (to.included && value === to.value));
}
