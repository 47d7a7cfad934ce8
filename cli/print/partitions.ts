import type { PartitionKey } from "../../core/index.js";
import { cut } from "./amount.js";
import { plain } from "./plain.js";

/** `at_month=2026-01, 2026-02, 2026-03, 2026-04, 2026-05 … and 12 more`; a table without partitions is `the whole table`. */
export function partitionWords(partitions: readonly PartitionKey[]): string {
  return cut(partitions.map((partition, i) => shortened(partition, partitions[i - 1])));
}

/** One partition alone. */
export function partitionName(partition: PartitionKey): string {
  return partition === "" ? "the whole table" : plain(partition);
}

/** The folder level's name is said once; where there are several levels every name is whole. */
function shortened(partition: PartitionKey, before: PartitionKey | undefined): string {
  const [level, value] = singleLevel(partition);
  return value !== undefined && before !== undefined && singleLevel(before)[0] === level ? plain(value) : partitionName(partition);
}

function singleLevel(partition: PartitionKey): readonly [level: string, value?: string] {
  const equals = partition.indexOf("=");
  return partition.includes("/") || equals < 0 ? [partition] : [partition.slice(0, equals), partition.slice(equals + 1)];
}
