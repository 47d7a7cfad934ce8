import { error, FlowError } from "../diagnostic.js";
import type { Engine, ReadyTable } from "../engine/engine.js";
import type { Asset, ColumnType, PartitionKey } from "../model.js";
import { partPath } from "../operators/candidate.js";
import { tableOf } from "../operators/ready-table.js";
import type { DiffReport } from "../project.js";
import type { Layout } from "../store/layout.js";
import type { Manifest, PartitionEntry } from "../store/manifest.js";
import type { State } from "./state.js";
import { keptVersion, versionMeant } from "./version-meant.js";

/** What became of an asset from one version to another. Only partitions whose rows differ are read. */
export async function diffOf(
  state: State,
  engine: Engine,
  asset: Asset,
  { from, to, limit }: { readonly from: string | null; readonly to: string | null; readonly limit: number | null },
): Promise<DiffReport> {
  const { ledger, layout } = state;
  const newer = versionMeant(ledger, asset.name, to ?? "~0");
  const olderName = from ?? newer.parent;
  if (olderName === null) {
    throw new FlowError([
      error("unknown-version", null, `\`${newer.version}\` is the first version of \`${asset.name}\`: nothing was before it`, null),
    ]);
  }
  const before = await keptVersion(state, asset.name, olderName);
  const after = await keptVersion(state, asset.name, newer.version);
  const columns = columnsBetween(before.columns, after.columns);
  const partitions = partitionsBetween(before, after);
  await using session = await engine.session();
  const shared = after.columns.filter(({ name }) => before.columns.some((column) => column.name === name));
  const retyped = new Set(columns.retyped.map(({ name }) => name));
  const rows = await session.changes({
    // Values of two types are compared as they are written.
    columns: shared.map(({ name, type }) => ({ name, type: retyped.has(name) ? "VARCHAR" : type })),
    key: asset.key.every((name) => shared.some((column) => column.name === name)) ? asset.key : [],
    before: readOf(layout, before, partitions.read),
    after: readOf(layout, after, partitions.read),
    limit,
    into: null,
  });
  return {
    diff: 1,
    asset: asset.name,
    from: before.version,
    to: after.version,
    columns,
    partitions: { added: partitions.added, removed: partitions.removed, changed: partitions.changed },
    rows: { before: before.rows, after: after.rows, inserted: rows.inserted, deleted: rows.deleted, updated: rows.updated },
    changes: rows.rows,
  };
}

function columnsBetween(before: readonly ColumnType[], after: readonly ColumnType[]): DiffReport["columns"] {
  const was = new Map(before.map(({ name, type }) => [name, type]));
  const is = new Map(after.map(({ name, type }) => [name, type]));
  return {
    added: after.filter(({ name }) => !was.has(name)),
    removed: before.filter(({ name }) => !is.has(name)),
    retyped: after.flatMap(({ name, type }) => {
      const old = was.get(name);
      return old === undefined || old === type ? [] : [{ name, from: old, to: type }];
    }),
  };
}

interface Partitions extends Record<"added" | "removed" | "changed", readonly PartitionKey[]> {
  /** Those whose rows have to be read; null: all, as the versions are laid out differently. */
  readonly read: ReadonlySet<PartitionKey> | null;
}

export function partitionsBetween(before: Manifest, after: Manifest): Partitions {
  const visible = (entries: readonly PartitionEntry[]): ReadonlyMap<PartitionKey, PartitionEntry> =>
    new Map(entries.filter(({ rows }) => rows > 0).map((entry) => [entry.partition, entry]));
  const [was, is] = [visible(before.partitions), visible(after.partitions)];
  const sameLayout = JSON.stringify([before.partition_by, before.columns]) === JSON.stringify([after.partition_by, after.columns]);
  // Content hashes of two releases of the engine do not compare.
  const comparable = sameLayout && before.made_by.duckdb === after.made_by.duckdb;
  const added = [...is.keys()].filter((partition) => !was.has(partition));
  const removed = [...was.keys()].filter((partition) => !is.has(partition));
  const both = [...is.values()].filter(({ partition }) => was.has(partition));
  const changed = both.filter((entry) => !comparable || entry.content_hash !== was.get(entry.partition)?.content_hash);
  const names = changed.map(({ partition }) => partition);
  return { added, removed, changed: names, read: sameLayout ? new Set([...added, ...removed, ...names]) : null };
}

/** The parts of some partitions of a version. */
export function readOf(
  layout: Layout,
  manifest: Manifest,
  partitions: ReadonlySet<PartitionKey> | null,
): Pick<ReadyTable, "columns" | "partitionBy" | "files"> {
  const folder = layout.version(manifest.asset, manifest.version);
  const { columns, partitionBy } = tableOf(layout, manifest);
  const meant = manifest.partitions.filter(({ partition }) => partitions === null || partitions.has(partition));
  return { columns, partitionBy, files: meant.flatMap(({ partition, parts }) => parts.map((part) => partPath(folder, partition, part))) };
}
