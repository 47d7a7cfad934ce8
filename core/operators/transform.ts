import { FlowError } from "../diagnostic.js";
import type { Affected, Bound } from "../engine/affected.js";
import type { BasePartition, InputReach, InputWindow } from "../engine/engine.js";
import type { Asset, AssetName, Catalog, ColumnType, PartitionKey } from "../model.js";
import type { Build } from "../plan/plan.js";
import { timeOfRun } from "../run-id.js";
import type { Manifest } from "../store/manifest.js";
import { assemble, baseOf, freshCandidate, partPath } from "./candidate.js";
import { parametersAt } from "./parameters.js";
import { type Ready, readyTable, readyVersion } from "./ready-table.js";
import { buildInSlices } from "./slices.js";
import type { DeriveWork } from "./work.js";

/** The asset's SELECT over one version of each input -> candidate version. */
export async function transform(work: DeriveWork, build: Build): Promise<void> {
  const { asset, context, session, parent } = work;
  const { folder, written } = await freshCandidate(context, asset);
  const inputs = await Promise.all(asset.inputs.map((input) => readInput(work, input)));
  const only = await affected(work, build, inputs);
  const reach = build.kind === "reached" || build.kind === "range" ? build.reach : [];
  const request = {
    sql: asset.sql,
    parameters: parametersAt(asset, timeOfRun(context.run)),
    inputs: inputs.map(({ table }) => table),
    key: asset.key,
    partitionBy: asset.partitionBy,
    eventTime: asset.eventTime,
    base: baseFor(build, baseOf(context, parent)),
    only,
    reach,
    windows: windowsOf(work, build, inputs),
    into: written,
  };
  const isLarge = build.kind === "all" || build.kind === "range";
  const result = isLarge ? await buildInSlices(work, request, inputs) : await session.transform(request);
  keepContract(work, result.columns);
  work.candidate = {
    columns: result.columns,
    partitions: await assemble(context, folder, parent, result.partitions),
    added: [],
    replayed: [],
    superseded: [],
    withdrawn: [],
    held: [],
    inputs: inputs.map(({ table, version }) => ({ asset: table.name as AssetName, version })),
    watermark: lowestWatermark(
      work,
      inputs.map(({ watermark }) => watermark),
    ),
  };
}

/** What is asked for is written again even where it comes out the same: a part that was spoilt by hand is mended so. */
function baseFor(build: Build, base: readonly BasePartition[]): readonly BasePartition[] {
  const isAsked = build.kind === "range" || (build.kind === "all" && build.why.kind === "asked-for");
  return isAsked ? base.map((entry) => ({ ...entry, contentHash: "asked for" })) : base;
}

/** The partitions to build; null: all. */
async function affected(work: DeriveWork, build: Build, inputs: readonly Ready[]): Promise<Affected | null> {
  const { context, parent } = work;
  if (parent === null || build.kind === "all") return null;
  const changed = await changedInputs(context, parent, inputs);
  if (changed === null) return null;
  if (build.kind === "range") {
    const range = rangeOf(work.asset, build);
    if (changed.length === 0) return range;
    const besides = build.besides === null ? null : await affected(work, build.besides, inputs);
    return besides === null ? null : { kind: "any", of: [range, besides] };
  }
  return build.kind === "reached" ? reached(work, build.reach, changed) : followed(work, build.lookbackMs, changed);
}

/** A day asked for of an asset by month means its month: the value is cut to what the folder shows. */
function rangeOf({ partitionBy }: DeriveWork["asset"], { from, to }: Extract<Build, { kind: "range" }>): Affected {
  const lengths: Readonly<Record<string, number>> = { year: 4, month: 7, day: 10, hour: 13 };
  const length = lengths[partitionBy[0]?.transform ?? ""] ?? Number.POSITIVE_INFINITY;
  // An hour asked for as a day means all its hours.
  const last = (text: string): string => (Number.isFinite(length) && text.length < length ? `${text}~` : text.slice(0, length));
  return { kind: "range", from: { value: from.slice(0, length), included: true }, to: { value: last(to), included: true } };
}

/** By proof. What turns out to change without one (it was not known at planning) takes everything with it. */
async function reached(work: DeriveWork, reach: readonly InputReach[], changed: readonly ChangedInput[]): Promise<Affected | null> {
  const { partitionBy } = work.asset;
  const proven = changed.map(({ ready }) => reach.find(({ input }) => input === ready.table.name));
  const aligned = proven.flatMap((found) => (found?.kind === "aligned" ? [found] : []));
  if (aligned.length < changed.length) return null;
  const fields = partitionBy.map((_, at) => at).filter((at) => aligned.every((found) => found.fields.some((field) => field.at === at)));
  if (fields.length === 0) return null;
  const paths = new Set<string>();
  for (const [at, { ready, before, after }] of changed.entries()) {
    const found = aligned[at];
    if (found === undefined) return null;
    for (const path of await work.session.affected({ input: ready.table, before, after, partitionBy, fields, reach: found }))
      paths.add(path);
  }
  return { kind: "paths", fields, paths: [...paths].sort() };
}

/** By the author's word: from each changed row's partition on. An input without time says nothing of when, and takes everything. */
async function followed(work: DeriveWork, lookbackMs: number | null, changed: readonly ChangedInput[]): Promise<Affected | null> {
  const [field] = work.asset.partitionBy;
  if (field === undefined) return null;
  const paths = new Set<string>();
  let from: Bound | null = null;
  for (const { ready, before, after } of changed) {
    const column = timeColumn(work, ready);
    if (column === null) return null;
    const found = await work.session.following({ input: ready.table, before, after, column, field, lookbackMs });
    if (found === null) return null;
    if (found.kind === "paths") for (const path of found.paths) paths.add(path);
    else if (found.kind === "range" && found.from !== null && (from === null || found.from.value < from.value)) from = found.from;
  }
  return lookbackMs === null && from !== null
    ? { kind: "range", from, to: null }
    : { kind: "paths", fields: [0], paths: [...paths].sort() };
}

/** By a declared `lookback` not only what is built is bounded, but also what is read for it. */
function windowsOf(work: DeriveWork, build: Build, inputs: readonly Ready[]): readonly InputWindow[] {
  if (build.kind !== "following" || build.lookbackMs === null) return [];
  const { lookbackMs } = build;
  return inputs.flatMap((ready) => {
    const column = timeColumn(work, ready);
    return column === null ? [] : [{ input: ready.table.name, column, lookbackMs }];
  });
}

/** The column of an input that tells when: the one it is partitioned by, else its event time. */
function timeColumn(work: DeriveWork, { table }: Ready): string | null {
  const field = table.partitionBy.find(({ transform }) => timeTransforms.includes(transform));
  const input = work.context.catalog.assets.find(({ name }) => name === table.name);
  return field?.column ?? input?.eventTime ?? null;
}

/** Assets without such a column: `lookback` and `cumulative` cannot follow them. */
export function timelessOf({ assets }: Catalog): ReadonlySet<AssetName> {
  const tells = ({ partitionBy, eventTime }: Asset): boolean =>
    eventTime !== null || partitionBy.some(({ transform }) => timeTransforms.includes(transform));
  return new Set(assets.filter((asset) => !tells(asset)).map(({ name }) => name));
}

const timeTransforms: readonly string[] = ["year", "month", "day", "hour"];

interface ChangedInput {
  readonly ready: Ready;
  /** Parts of the partitions that changed, as the asset saw them last and as they are. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Inputs with rows that changed since the version the asset was built from, known from manifests; null: everything may have. */
async function changedInputs(
  context: DeriveWork["context"],
  parent: Manifest,
  inputs: readonly Ready[],
): Promise<readonly ChangedInput[] | null> {
  const found: ChangedInput[] = [];
  for (const ready of inputs) {
    const built = parent.inputs.find(({ asset: name }) => name === ready.table.name);
    if (built === undefined || built.version === ready.version) continue;
    const old = await readyVersion(context.layout, built.asset, built.version);
    // Read with other columns, or laid out otherwise, rows of before and after do not compare.
    if (!isSameShape(old.manifest, ready.manifest)) return null;
    const before = contentOf(context, old.manifest);
    const after = contentOf(context, ready.manifest);
    const partitions = new Set([...before.keys(), ...after.keys()].filter((partition) => before.get(partition) !== after.get(partition)));
    if (partitions.size === 0) continue;
    found.push({ ready, before: partsOf(context, old.manifest, partitions), after: partsOf(context, ready.manifest, partitions) });
  }
  return found;
}

function isSameShape(a: Manifest, b: Manifest): boolean {
  return JSON.stringify([a.columns, a.partition_by]) === JSON.stringify([b.columns, b.partition_by]);
}

/** What tells whether the visible rows of a partition are the same. */
function contentOf({ engine }: DeriveWork["context"], { made_by, version, partitions }: Manifest): ReadonlyMap<PartitionKey, string> {
  // Another release of the engine may hash otherwise: then every partition differs, and the rows decide.
  const hashOf = (hash: string): string => (made_by.duckdb === engine.version ? hash : `${version} ${hash}`);
  return new Map(partitions.filter(({ rows }) => rows > 0).map(({ partition, content_hash }) => [partition, hashOf(content_hash)]));
}

/** The visible parts of some partitions. */
function partsOf({ layout }: DeriveWork["context"], manifest: Manifest, partitions: ReadonlySet<PartitionKey>): readonly string[] {
  const folder = layout.version(manifest.asset, manifest.version);
  const meant = manifest.partitions.filter(({ partition }) => partitions.has(partition));
  return meant.flatMap(({ partition, parts }) => parts.map((part) => partPath(folder, partition, part)));
}

/** A derived asset is as complete as its least complete input. Inputs without event time say nothing; it never goes back. */
function lowestWatermark(work: DeriveWork, watermarks: readonly (string | null)[]): string | null {
  const known = watermarks.filter((watermark) => watermark !== null).sort();
  const before = work.parent?.watermark ?? null;
  const lowest = known[0] ?? null;
  return before !== null && (lowest === null || before > lowest) ? before : lowest;
}

async function readInput(work: DeriveWork, input: AssetName): Promise<Ready> {
  const ready = await readyTable(work.context.layout, input);
  if (ready === null) throw new Error(`input ${input} of ${work.asset.name} has no version`);
  return ready;
}

/** Declared columns are a promise to whoever reads the asset. */
function keepContract(work: DeriveWork, columns: readonly ColumnType[]): void {
  const { asset } = work;
  if (asset.columns.length === 0) return;
  const broken = contractBreaches(asset.columns, columns);
  if (broken.length === 0) return;
  throw new FlowError(
    broken.map((message) => ({
      code: "contract-mismatch",
      severity: "error",
      message: `\`${asset.name}\`: ${message}`,
      at: null,
      hint: "change `columns`, or the SQL",
    })),
  );
}

export function contractBreaches(declared: readonly ColumnType[], actual: readonly ColumnType[]): readonly string[] {
  const types = new Map(actual.map((column) => [column.name, column.type]));
  const names = new Set(declared.map((column) => column.name));
  return [
    ...declared.flatMap(({ name, type }) => {
      const found = types.get(name);
      if (found === undefined) return [`column \`${name}\` is declared, and the SQL does not yield it`];
      return found === type ? [] : [`column \`${name}\` is declared as ${type}, and the SQL yields ${found}`];
    }),
    ...actual.filter(({ name }) => !names.has(name)).map(({ name }) => `the SQL yields column \`${name}\`, which is not declared`),
  ];
}
