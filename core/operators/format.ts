import type { Format, IngestedAsset } from "../model.js";

const byExtension: Readonly<Record<string, Format>> = {
  csv: "csv",
  tsv: "csv",
  txt: "csv",
  json: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  parquet: "parquet",
};

/** The declared format, or what the file's extension says; null where neither tells. */
export function formatOf(asset: IngestedAsset, file: string): Format | null {
  if (asset.ingest.format !== null) return asset.ingest.format;
  const extension = /\.([a-z0-9]+)(?:\.(?:gz|zst))?$/i.exec(file)?.[1]?.toLowerCase();
  return byExtension[extension ?? ""] ?? null;
}
