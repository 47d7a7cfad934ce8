import { stat } from "node:fs/promises";
import type { BasePartition, FoldedPartition, WrittenFile } from "../engine/engine.js";
import type { Asset, PartitionKey, VersionId } from "../model.js";
import type { Link } from "../store/files.js";
import { hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { below } from "../store/layout.js";
import type { Manifest, Part, PartitionEntry } from "../store/manifest.js";
import type { Context } from "./context.js";

const parallelFiles = 16;

/** The parent version as the engine folds over it. */
export function baseOf(context: Pick<Context, "layout">, parent: Manifest | null): readonly BasePartition[] {
  if (parent === null) return [];
  const folder = context.layout.version(parent.asset, parent.version);
  return parent.partitions.map((entry) => ({
    partition: entry.partition,
    parts: entry.parts.map((part) => partPath(folder, entry.partition, part)),
    shadow: entry.shadow.map((part) => partPath(folder, entry.partition, part)),
    rows: entry.rows,
    contentHash: entry.content_hash,
  }));
}

export function partPath(folder: string, partition: PartitionKey, part: Part): string {
  return partition === "" ? below(folder, part.file) : below(below(folder, partition), part.file);
}

/** A fresh folder for the candidate, and one in it for what the engine writes. */
export async function freshCandidate(context: Context, asset: Asset): Promise<{ readonly folder: string; readonly written: string }> {
  const folder = context.layout.candidate(asset.name, context.run);
  const written = below(context.layout.intermediate(asset.name, context.run), "written");
  await context.files.removeTree("merge:remove", folder);
  await context.files.removeTree("merge:remove", written);
  await context.files.makeDir("merge:make", folder);
  await context.files.makeDir("merge:make", written);
  return { folder, written };
}

/**
 * Puts the candidate version together: what was written gets a name that carries its content's hash, what was not touched is
 * linked from the parent.
 */
export async function assemble(
  context: Context,
  folder: string,
  parent: Manifest | null,
  touched: readonly FoldedPartition[],
): Promise<readonly PartitionEntry[]> {
  const before = new Map(parent?.partitions.map((entry) => [entry.partition, entry]) ?? []);
  const now = new Map(touched.map((entry) => [entry.partition, entry]));
  const all = [...new Set([...before.keys(), ...now.keys()])].sort();
  const from = parent === null ? null : context.layout.version(parent.asset, parent.version);
  const links: Link[] = [];
  const entries = await inParallel(all, parallelFiles, async (partition) => {
    const old = before.get(partition) ?? null;
    const fold = now.get(partition) ?? null;
    const into = partition === "" ? folder : below(folder, partition);
    const keep = (parts: readonly Part[]): readonly Part[] => {
      if (from !== null) for (const part of parts) links.push({ from: partPath(from, partition, part), to: below(into, part.file) });
      return parts;
    };
    const place = async (files: readonly WrittenFile[], ending: string): Promise<readonly Part[]> => {
      if (files.length > 0) await context.files.makeDir("merge:make", into);
      const parts: Part[] = [];
      for (const file of files) parts.push(await placePart(context, file, into, parts.length, ending));
      return parts;
    };
    const parts = fold?.visible == null ? keep(old?.parts ?? []) : await place(fold.visible, "parquet");
    const shadow = fold?.shadow == null ? keep(old?.shadow ?? []) : await place(fold.shadow, "shadow");
    return entryOf(partition, context.run, old, fold, parts, shadow);
  });
  await context.files.linkAll("merge:link", links);
  // A partition that never showed a row and keeps none in its shadow is none.
  return entries.filter((entry) => entry.parts.length > 0 || entry.shadow.length > 0 || before.has(entry.partition));
}

/** Two parts of a partition may hold equal rows: the number keeps their names apart. */
async function placePart(context: Context, file: WrittenFile, into: string, number: number, ending: string): Promise<Part> {
  const [{ sha256 }, { size }] = await Promise.all([hashFile(file.path), stat(file.path)]);
  const name = `${sha256.slice(0, 16)}${number === 0 ? "" : `-${number}`}.${ending}`;
  await context.files.rename("merge:write", file.path, below(into, name));
  return { file: name, rows: file.rows, bytes: size, sha256 };
}

function entryOf(
  partition: PartitionKey,
  version: VersionId,
  old: PartitionEntry | null,
  fold: FoldedPartition | null,
  parts: readonly Part[],
  shadow: readonly Part[],
): PartitionEntry {
  if (fold === null && old !== null) return { ...old, parts, shadow };
  const hash = fold?.contentHash ?? "0:0";
  const same = hash === (old?.content_hash ?? "0:0");
  return {
    partition,
    changed_in: same && old !== null ? old.changed_in : version,
    rows: fold?.rows ?? 0,
    content_hash: hash,
    event_time: fold?.eventTime ?? null,
    parts,
    shadow,
  };
}

/** Partitions whose visible rows differ from the parent's. */
export function changedPartitions(
  version: VersionId,
  parent: Manifest | null,
  entries: readonly PartitionEntry[],
): readonly PartitionKey[] {
  const before = new Map(parent?.partitions.map((entry) => [entry.partition, entry.content_hash]) ?? []);
  return entries
    .filter((entry) => entry.changed_in === version && entry.content_hash !== (before.get(entry.partition) ?? "0:0"))
    .map((entry) => entry.partition);
}
