import { access } from "node:fs/promises";
import { type FoldedPartition, type Session, SqlError, type WrittenFile } from "../engine/engine.js";
import type { Asset, DerivedAsset, IngestedAsset, PartitionKey } from "../model.js";
import { baseOf, partPath } from "../operators/candidate.js";
import type { Context } from "../operators/context.js";
import { filesOf, fromLog } from "../operators/log.js";
import { parametersAt } from "../operators/parameters.js";
import { readyVersion, tableOf } from "../operators/ready-table.js";
import { snapshotsOf } from "../operators/snapshots.js";
import { stagingOf } from "../operators/stage.js";
import type { AssetVerification, VerifyOptions } from "../project.js";
import { timeOfRun } from "../run-id.js";
import { hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { below } from "../store/layout.js";
import type { Manifest, PartitionEntry } from "../store/manifest.js";
import { isSystemError } from "../store/trouble.js";
import { readManifest, readPointer } from "../store/versions.js";

type Difference = AssetVerification["differences"][number];
interface Verifying extends Pick<Context, "layout" | "files" | "ledger" | "engine"> {
  /** Folder of this process, for what is recomputed. */
  readonly spill: string;
}

/**
 * Recomputes one asset aside: an ingested one from its log, a derived one from the versions of its inputs that it was built from.
 * Compares partition by partition with what is ready, and the bytes of every part with its manifest. Changes nothing: what it
 * writes lies beside what the engine spills, and is removed.
 */
export async function verifyAsset(context: Verifying, asset: Asset, options: VerifyOptions): Promise<AssetVerification> {
  const version = await readPointer(context.layout, asset.name);
  if (version === null) return { asset: asset.name, version: null, partitions: 0, differences: [] };
  const { manifest } = await readManifest(context.layout, asset.name, version);
  const damaged = await damagedParts(context, manifest);
  if (manifest.declaration.fingerprint !== asset.fingerprint) return outdated(asset, manifest);
  const folder = below(context.spill, `verify-${asset.name}`);
  await context.files.removeTree("stage:remove", folder);
  await context.files.makeDir("stage:make", folder);
  await using session = await context.engine.session();
  const stop = (): void => session.interrupt();
  options.signal.addEventListener("abort", stop);
  try {
    options.signal.throwIfAborted();
    const recomputed =
      asset.kind === "ingested"
        ? await refold(context, asset, session, folder, options)
        : await rebuild(context, asset, manifest, session, folder);
    const broken = new Set(damaged.map(({ partition }) => partition));
    const differences = await differing(context, manifest, asset, session, recomputed, broken);
    const partitions = new Set([
      ...manifest.partitions.filter(({ rows }) => rows > 0).map(({ partition }) => partition),
      ...recomputed.map(({ partition }) => partition),
    ]);
    return { asset: asset.name, version, partitions: partitions.size, differences: [...damaged, ...differences] };
  } catch (trouble) {
    // A part of an input whose bytes are not sound: its own verification names it.
    if (!(trouble instanceof SqlError) || asset.kind === "ingested" || options.signal.aborted) throw trouble;
    return { asset: asset.name, version, partitions: 0, differences: [...damaged, unreadable(trouble)] };
  } finally {
    options.signal.removeEventListener("abort", stop);
    await context.files.removeTree("tidy:remove", folder);
  }
}

function unreadable(trouble: SqlError): Difference {
  const message = `it cannot be compared, because an input cannot be read: ${trouble.message.split("\n")[0] ?? ""}`;
  return { partition: "" as PartitionKey, what: "part-damaged", message, missing: 0, unexpected: 0, examples: [] };
}

/** The declaration says something else by now than it did when the version was made. */
function outdated(asset: Asset, manifest: Manifest): AssetVerification {
  const message = "its declaration has changed since: `flow run` brings it up to date first";
  const difference: Difference = { partition: "" as PartitionKey, what: "rows-differ", message, missing: 0, unexpected: 0, examples: [] };
  return { asset: asset.name, version: manifest.version, partitions: manifest.partitions.length, differences: [difference] };
}

/** What the log gives for a partition. */
interface Recomputed {
  readonly partition: PartitionKey;
  readonly rows: number;
  readonly contentHash: string;
  readonly files: readonly WrittenFile[];
}

async function refold(
  context: Verifying,
  asset: IngestedAsset,
  session: Session,
  folder: string,
  options: VerifyOptions,
): Promise<readonly Recomputed[]> {
  const known = context.ledger.currentDeliveries(asset.name);
  const rows = options.ideal ? known.map((row) => ({ ...row, judgedAgainst: null })) : known;
  const [typed, written] = [below(folder, "typed"), below(folder, "written")];
  for (const path of [typed, written]) await context.files.makeDir("stage:make", path);
  const files = filesOf(await fromLog({ asset, session, context }, rows));
  await session.stage({ ...stagingOf(asset), files, into: typed });
  const result = await session.fold({
    columns: asset.columns,
    key: asset.key,
    orderBy: asset.ingest.orderBy,
    partitionBy: asset.partitionBy,
    eventTime: asset.eventTime,
    strategy: asset.ingest.strategy,
    exclude: [],
    base: [],
    remove: [],
    removeFrom: [],
    restaged: [],
    snapshots: snapshotsOf(asset, known),
    into: written,
  });
  return result.partitions.filter(({ rows }) => rows > 0).map(recomputedOf);
}

async function rebuild(
  context: Verifying,
  asset: DerivedAsset,
  manifest: Manifest,
  session: Session,
  folder: string,
): Promise<readonly Recomputed[]> {
  const inputs = await Promise.all(manifest.inputs.map(({ asset: input, version }) => readyVersion(context.layout, input, version)));
  const written = below(folder, "written");
  await context.files.makeDir("stage:make", written);
  const result = await session.transform({
    sql: asset.sql,
    parameters: parametersAt(asset, timeOfRun(manifest.version)),
    inputs: inputs.map(({ table }) => table),
    key: asset.key,
    partitionBy: asset.partitionBy,
    eventTime: asset.eventTime,
    base: [],
    only: null,
    reach: [],
    windows: [],
    into: written,
  });
  return result.partitions.map(recomputedOf);
}

function recomputedOf({ partition, rows, contentHash, visible }: FoldedPartition): Recomputed {
  return { partition, rows, contentHash, files: visible ?? [] };
}

const parallelHashes = 8;

/** Parts whose bytes are not those of the manifest: nothing can be said of their rows. */
async function damagedParts(context: Verifying, manifest: Manifest): Promise<readonly Difference[]> {
  const folder = context.layout.version(manifest.asset, manifest.version);
  const found = await inParallel(manifest.partitions, parallelHashes, async (entry) => {
    const broken: string[] = [];
    for (const part of [...entry.parts, ...entry.shadow]) {
      const path = partPath(folder, entry.partition, part);
      if ((await hashOrNull(path)) !== part.sha256) broken.push(context.layout.belowStore(path));
    }
    return broken.map((path) => damage(entry, path));
  });
  return found.flat();
}

async function hashOrNull(path: string): Promise<string | null> {
  try {
    await access(path);
    return (await hashFile(path)).sha256;
  } catch (trouble) {
    if (isSystemError(trouble, "ENOENT")) return null;
    throw trouble;
  }
}

function damage({ partition }: PartitionEntry, path: string): Difference {
  return {
    partition,
    what: "part-damaged",
    message: `\`${path}\` is not the file that was published`,
    missing: 0,
    unexpected: 0,
    examples: [],
  };
}

async function differing(
  context: Verifying,
  manifest: Manifest,
  asset: Asset,
  session: Session,
  recomputed: readonly Recomputed[],
  broken: ReadonlySet<PartitionKey>,
): Promise<readonly Difference[]> {
  // A damaged part cannot be read, so nothing is said of its partition's rows.
  const whole = <Entry extends { readonly partition: PartitionKey }>(entries: readonly Entry[]): Map<PartitionKey, Entry> =>
    new Map(entries.filter(({ partition }) => !broken.has(partition)).map((entry) => [entry.partition, entry]));
  const [ready, found] = [whole(baseOf(context, manifest)), whole(recomputed)];
  const differences: Difference[] = [];
  for (const partition of [...new Set([...ready.keys(), ...found.keys()])].sort()) {
    const [here, there] = [ready.get(partition), found.get(partition)];
    // Hashes of another DuckDB release do not compare: then the rows themselves do.
    const comparable = manifest.made_by.duckdb === context.engine.version;
    if (comparable && (here?.contentHash ?? "0:0") === (there?.contentHash ?? "0:0")) continue;
    const comparison = await session.compare({
      columns: manifest.columns,
      partitionBy: tableOf(context.layout, manifest).partitionBy,
      key: asset.key,
      expected: there?.files.map(({ path }) => path) ?? [],
      actual: here?.parts ?? [],
    });
    if (comparison.missing + comparison.unexpected === 0) continue;
    const source = asset.kind === "ingested" ? "the log" : "its inputs";
    const message = `${comparison.missing} rows that ${source} gives are missing, ${comparison.unexpected} are there that it does not give`;
    differences.push({ partition, what: "rows-differ", message, ...comparison });
  }
  return differences;
}
