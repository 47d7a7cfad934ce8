import type { ReadyTable } from "../engine/engine.js";
import type { AssetName, PartitionField, VersionId } from "../model.js";
import type { Layout } from "../store/layout.js";
import type { Manifest } from "../store/manifest.js";
import { readManifest, readPointer } from "../store/versions.js";
import { partPath } from "./candidate.js";

export interface Ready {
  readonly version: VersionId;
  readonly watermark: string | null;
  readonly table: ReadyTable;
  readonly manifest: Manifest;
}

/** The current version of an asset, for readers: the pointer is resolved once. Null where nothing is published. */
export async function readyTable(layout: Layout, asset: AssetName): Promise<Ready | null> {
  const version = await readPointer(layout, asset);
  return version === null ? null : readyVersion(layout, asset, version);
}

export async function readyVersion(layout: Layout, asset: AssetName, version: VersionId): Promise<Ready> {
  const { manifest } = await readManifest(layout, asset, version);
  return { version, watermark: manifest.watermark, table: tableOf(layout, manifest), manifest };
}

/** Partitioned as the version was written, whatever the declaration says by now. */
export function tableOf(layout: Layout, manifest: Manifest): ReadyTable {
  const folder = layout.version(manifest.asset, manifest.version);
  return {
    name: manifest.asset,
    columns: manifest.columns,
    partitionBy: manifest.partition_by.map(fieldOfTerm),
    files: manifest.partitions.flatMap((entry) => entry.parts.map((part) => partPath(folder, entry.partition, part))),
  };
}

/** `month(at)`, `bucket(16, id)`, or the bare column for `identity`. */
export function termOf({ transform, column, argument }: PartitionField): string {
  if (transform === "identity") return column;
  return argument === null ? `${transform}(${column})` : `${transform}(${argument}, ${column})`;
}

/** As much of a term as a reader needs: which columns stand in folder names only. */
function fieldOfTerm(term: string): PartitionField {
  const parts = /^(\w+)\((?:(\d+), )?(.*)\)$/.exec(term);
  if (parts === null) return { transform: "identity", column: term, argument: null, name: term };
  const [, transform = "identity", argument, column = term] = parts;
  return {
    transform: transform as PartitionField["transform"],
    column,
    argument: argument === undefined ? null : Number(argument),
    name: `${column}_${transform}`,
  };
}
