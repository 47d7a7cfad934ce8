import { closeSync, openSync, readSync } from "node:fs";
import { resolveIngest } from "../declaration/resolve-ingest.js";
import type { FileFields, Session, StagedFile } from "../engine/engine.js";
import type { AssetName, Column, CsvDialect, DeliverySeq, Fingerprint, Format, IngestedAsset } from "../model.js";
import { formatOf } from "../operators/format.js";
import { readDelivery, stagingOf } from "../operators/stage.js";
import type { PlannedDelivery } from "../plan/plan.js";
import { hashFile } from "../store/hash-file.js";

/** A sample file before anything is declared. */
export interface Sample {
  /** Absolute. */
  readonly path: string;
  /** Its name, by which it is spoken of. */
  readonly file: string;
  readonly format: Format;
  /** Whether its name tells the format. */
  readonly named: boolean;
  readonly fields: FileFields;
}

/** What reading a sample came to. */
export interface StagedSample extends StagedFile {
  readonly file: string;
  readonly missing: readonly string[];
}

/** An asset that nobody has declared: what is known so far, and defaults. */
export function undeclared(columns: readonly Column[], csv: Partial<CsvDialect>): IngestedAsset {
  const defaults = resolveIngest({}, false);
  return {
    kind: "ingested",
    name: "samples" as AssetName,
    description: null,
    owner: null,
    tags: [],
    key: [],
    partitionBy: [],
    eventTime: null,
    checks: [],
    tests: [],
    retain: { versions: null, rawMs: null, quarantineMs: null },
    changelog: false,
    origin: { file: "", line: 1, column: 1 },
    columns,
    ingest: { ...defaults, csv: { ...defaults.csv, ...csv } },
    lateness: null,
    fingerprint: "samples" as Fingerprint,
  };
}

/** By its name, else by its first bytes. */
export function formatOfSample(path: string): { readonly format: Format; readonly named: boolean } {
  const named = formatOf(undeclared([], {}), path);
  if (named !== null) return { format: named, named: true };
  const head = firstBytes(path).trimStart();
  const format = head.startsWith("PAR1") ? "parquet" : head.startsWith("[") ? "json" : head.startsWith("{") ? "ndjson" : "csv";
  return { format, named: false };
}

function firstBytes(path: string): string {
  const handle = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(64);
    return buffer.subarray(0, readSync(handle, buffer)).toString("latin1");
  } finally {
    closeSync(handle);
  }
}

/** Reads the samples as a run would read them. What cannot be read at all comes back as unreadable. */
export async function stageSamples(
  session: Session,
  asset: IngestedAsset,
  samples: readonly Sample[],
  into: string,
): Promise<readonly StagedSample[]> {
  const readable = await Promise.all(samples.map((sample, at) => readSample(session, asset, sample, at + 1)));
  const files = readable.flatMap((entry) => (entry.kind === "file" ? [entry.file] : []));
  const result = await session.stage({ ...stagingOf(asset), files, into });
  return readable.map((entry, at) => {
    const staged = result.files.find(({ seq }) => seq === at + 1) ?? nothing(entry.delivery.seq);
    const named = entry.kind === "file" ? entry.drift.missing : [];
    const unreadable = entry.kind === "refused" ? entry.reason : staged.unreadable;
    return { ...staged, unreadable, file: entry.delivery.file, missing: [...named, ...staged.drift.missing] };
  });
}

async function readSample(session: Session, asset: IngestedAsset, sample: Sample, seq: number): ReturnType<typeof readDelivery> {
  const { sha256, bytes, newlines } = await hashFile(sample.path);
  const delivery: PlannedDelivery = {
    seq: seq as DeliverySeq,
    file: sample.file,
    path: sample.path,
    bytes,
    modifiedAt: new Date(0).toISOString(),
    sha256,
    newlines,
    marker: null,
    is: { kind: "new" },
  };
  return readDelivery({ asset: { ...asset, ingest: { ...asset.ingest, format: sample.format } }, session }, delivery, sample.path, null, 0);
}

function nothing(seq: DeliverySeq): StagedFile {
  const late = { merged: 0, tooLate: 0, behind: null, partitions: [] };
  return { seq, unreadable: null, read: 0, refused: 0, refusals: [], drift: { added: [], missing: [] }, keptOut: 0, late, eventTime: null };
}
