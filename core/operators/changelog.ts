import { stat } from "node:fs/promises";
import type { PartitionKey } from "../model.js";
import { hashFile } from "../store/hash-file.js";
import { below } from "../store/layout.js";
import type { Manifest, PartitionEntry } from "../store/manifest.js";
import { partPath } from "./candidate.js";
import { tableOf, termOf } from "./ready-table.js";
import type { Work } from "./work.js";

/** Under a name that a glob of Parquet files does not match: what reads the table must not read what became of it. */
const file = "rows.changelog";

/** What this version does to the rows of the one before, written beside its parts; of a first version, that all of them came. */
export async function writeChangelog(work: Work): Promise<Manifest["changelog"]> {
  const { asset, candidate, context, parent, session } = work;
  if (!asset.changelog || candidate === null) return undefined;
  const folder = context.layout.candidate(asset.name, context.run);
  const path = below(folder, file);
  // Parts that are hard links of one another hold the same rows.
  const before = new Map(parent?.partitions.map((entry) => [entry.partition, entry]) ?? []);
  const now = new Map(candidate.partitions.map((entry) => [entry.partition, entry]));
  const terms = asset.partitionBy.map(termOf);
  const comparable =
    parent !== null && JSON.stringify([parent.partition_by, parent.columns]) === JSON.stringify([terms, candidate.columns]);
  const differ = (partition: PartitionKey): boolean => !comparable || namesOf(before.get(partition)) !== namesOf(now.get(partition));
  const partitions = [...new Set([...before.keys(), ...now.keys()])].filter(differ);
  const filesOf = (entries: ReadonlyMap<PartitionKey, PartitionEntry>, from: string): readonly string[] =>
    partitions.flatMap((partition) => entries.get(partition)?.parts.map((part) => partPath(from, partition, part)) ?? []);
  const old = parent === null ? null : tableOf(context.layout, parent);
  const shared = candidate.columns.filter(({ name }) => old?.columns.some((column) => column.name === name) ?? true);
  await context.files.removeFile("changelog:write", path);
  const { inserted, deleted, updated } = await session.changes({
    columns: shared,
    key: asset.key,
    before: {
      columns: old?.columns ?? [],
      partitionBy: old?.partitionBy ?? [],
      files: parent === null ? [] : filesOf(before, context.layout.version(asset.name, parent.version)),
    },
    after: { columns: candidate.columns, partitionBy: asset.partitionBy, files: filesOf(now, folder) },
    limit: 0,
    into: path,
  });
  const { sha256 } = await hashFile(path);
  return { file, rows: inserted + deleted + updated * 2, bytes: (await stat(path)).size, sha256 };
}

function namesOf(entry: PartitionEntry | undefined): string {
  return entry?.parts.map((part) => part.file).join(" ") ?? "";
}
