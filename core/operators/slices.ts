import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Diagnostic, warning } from "../diagnostic.js";
import { type Affected, isWithin, type Range, withoutValue } from "../engine/affected.js";
import type { TransformRequest, TransformResult, WrittenFile } from "../engine/engine.js";
import type { AssetName, PartitionField } from "../model.js";
import { canonicalJson } from "../store/canonical-json.js";
import { below } from "../store/layout.js";
import { namesIn } from "../store/names-in.js";
import { isSystemError } from "../store/trouble.js";
import { notice } from "./context.js";
import type { Ready } from "./ready-table.js";
import type { DeriveWork } from "./work.js";

/** Some of the partitions of a large build, built and kept by themselves. */
interface Slice {
  readonly only: Affected;
  /** How many partitions are expected, to tell how far a build is. */
  readonly partitions: number;
}

/**
 * Builds a large asset slice by slice: what memory it takes does not grow with it, one sees how far it is, and what is done is kept. A
 * build that was stopped or killed goes on from there, if it is the same one: same SQL, same versions of the inputs, same partitions.
 */
export async function buildInSlices(work: DeriveWork, whole: TransformRequest, inputs: readonly Ready[]): Promise<TransformResult> {
  const { context, asset } = work;
  const isLarge = sum(inputs.map(({ manifest }) => manifest.rows)) > context.rowsAtOnce;
  if (!isLarge) return work.session.transform(whole);
  const request = { ...whole, reach: (await context.reach([asset])).get(asset.name) ?? [] };
  const slices = await slicesOf(work, request, inputs);
  if (slices.length < 2) return work.session.transform(whole);
  const folder = below(context.layout.slices(asset.name), idOf(work, request, inputs, slices));
  await removeOthers(work, folder);
  await context.files.makeDirDurable("slice:make", folder);
  const kept = await readKept(folder, slices);
  const of = sum(slices.map(({ partitions }) => partitions));
  let partitions = sum(slices.filter((_, at) => kept[at] !== null).map((slice) => slice.partitions));
  if (partitions > 0) context.emit({ event: "resumed", asset: asset.name, partitions, of });
  const results: TransformResult[] = [];
  try {
    for (const [at, slice] of slices.entries()) {
      const known = kept[at] ?? null;
      results.push(known ?? (await buildOne(work, request, folder, at, slice)));
      if (known !== null) continue;
      partitions += slice.partitions;
      context.emit({ event: "progress", asset: asset.name, partitions, of });
    }
  } catch (error) {
    if (partitions > 0) notice(context, asset.name, keptSoFar(asset.name, partitions, of));
    throw error;
  }
  return { columns: results[0]?.columns ?? [], partitions: results.flatMap((result) => result.partitions) };
}

function keptSoFar(asset: AssetName, partitions: number, of: number): Diagnostic {
  return warning(
    "partly-built",
    null,
    `${partitions} of ${of} partitions of \`${asset}\` are built and kept`,
    "the same command goes on from there, as long as the inputs stay as they are",
  );
}

/** No version is built from them any more. */
export async function removeSlices({ context, asset }: Pick<DeriveWork, "context" | "asset">): Promise<void> {
  await context.files.removeTree("slice:remove", context.layout.slices(asset.name));
}

/** Runs of values of the first field with about as many rows each; few rows, or nothing provable: one, which is all. */
async function slicesOf({ context, session }: DeriveWork, request: TransformRequest, inputs: readonly Ready[]): Promise<readonly Slice[]> {
  const { only, partitionBy } = request;
  const [field] = partitionBy;
  if (field === undefined || (only !== null && only.kind !== "range")) return [];
  const found = await Promise.all(
    inputs.map(async ({ table, manifest }) => {
      const reach = request.reach.find(({ input }) => input === table.name);
      return { rows: manifest.rows, spread: reach === undefined ? null : await session.spread({ input: table, partitionBy, reach }) };
    }),
  );
  const rows = sum(found.map((input) => input.rows));
  // What is not spread is read for every slice.
  const always = sum(found.filter(({ spread }) => spread === null).map((input) => input.rows));
  if (always * 10 > rows) return [];
  const counts = new Map<string, number>();
  for (const { value, rows: more } of found.flatMap(({ spread }) => spread ?? [])) counts.set(value, (counts.get(value) ?? 0) + more);
  const values = [...counts].map(([value, count]) => ({ value, rows: count })).sort((a, b) => (a.value < b.value ? -1 : 1));
  const asked = values.filter(({ value }) => only === null || isWithin(value, only));
  return cut(asked, context.rowsAtOnce, only ?? { from: null, to: null }, only === null ? field : null);
}

/**
 * Together the slices are all of the range, gaps between the values included: SQL may make rows of a day for which no input has any.
 * @param nulls the field whose NULL is a slice, too; null: none is asked for
 */
export function cut(
  values: readonly { readonly value: string; readonly rows: number }[],
  rowsAtOnce: number,
  range: Pick<Range, "from" | "to">,
  nulls: PartitionField | null,
): readonly Slice[] {
  const slices: Slice[] = [];
  let from = range.from;
  let [rows, partitions] = [0, 0];
  for (const [at, { value, rows: more }] of values.entries()) {
    rows += more;
    partitions += 1;
    const next = values[at + 1];
    if (next === undefined || rows + next.rows <= rowsAtOnce) continue;
    slices.push({ only: { kind: "range", from, to: { value, included: true } }, partitions });
    from = { value, included: false };
    [rows, partitions] = [0, 0];
  }
  slices.push({ only: { kind: "range", from, to: range.to }, partitions });
  if (nulls !== null) slices.push({ only: withoutValue(nulls), partitions: 0 });
  return slices;
}

/** Whether a build is the one that was begun. */
function idOf(
  { asset, context, parent }: DeriveWork,
  request: TransformRequest,
  inputs: readonly Ready[],
  slices: readonly Slice[],
): string {
  const question = {
    engine: context.engine.version,
    fingerprint: asset.fingerprint,
    parameters: request.parameters,
    parent: parent?.version ?? null,
    // A part that was asked for is written even where it comes out the same.
    base: request.base.map(({ contentHash }) => contentHash),
    inputs: inputs.map(({ table, version }) => [table.name, version]),
    slices: slices.map(({ only }) => only),
  };
  return createHash("sha256").update(canonicalJson(question)).digest("hex").slice(0, 16);
}

/** What another build began, and nobody will go on with. */
async function removeOthers({ context, asset }: DeriveWork, folder: string): Promise<void> {
  const all = context.layout.slices(asset.name);
  for (const name of await namesIn(all)) {
    if (name !== basename(folder)) await context.files.removeTree("slice:remove", below(all, name));
  }
}

async function buildOne(
  { context, session }: DeriveWork,
  request: TransformRequest,
  folder: string,
  at: number,
  slice: Slice,
): Promise<TransformResult> {
  const name = nameOf(at);
  const into = below(folder, name);
  await context.files.removeTree("slice:remove", into);
  await context.files.makeDir("slice:make", into);
  const result = await session.transform({ ...request, only: slice.only, into });
  await context.files.syncTree("slice:sync", into, { skipLinked: false });
  await context.files.writeDurable("slice:record", below(folder, `${name}.json`), canonicalJson(relativeTo(folder, result)));
  return result;
}

/** For each slice what is kept of it; null: nothing that can be used. */
async function readKept(folder: string, slices: readonly Slice[]): Promise<readonly (TransformResult | null)[]> {
  return Promise.all(slices.map((_, at) => readOne(folder, nameOf(at))));
}

async function readOne(folder: string, name: string): Promise<TransformResult | null> {
  try {
    const kept = JSON.parse(await readFile(below(folder, `${name}.json`), "utf8")) as TransformResult;
    const result = withPaths(kept, (path) => below(folder, path));
    // Parts leave for the candidate one by one: a build that died then starts those slices over.
    for (const { path } of filesOf(result)) await access(path);
    return result;
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error, "ENOENT")) return null;
    throw error;
  }
}

/** Kept with relative paths: a store can be moved. */
function relativeTo(folder: string, result: TransformResult): TransformResult {
  return withPaths(result, (path) => path.slice(folder.length + 1));
}

function withPaths(result: TransformResult, change: (path: string) => string): TransformResult {
  const changed = (files: readonly WrittenFile[] | null): readonly WrittenFile[] | null =>
    files?.map((file) => ({ ...file, path: change(file.path) })) ?? null;
  return { ...result, partitions: result.partitions.map((entry) => ({ ...entry, visible: changed(entry.visible) })) };
}

function filesOf({ partitions }: TransformResult): readonly WrittenFile[] {
  return partitions.flatMap(({ visible }) => visible ?? []);
}

function nameOf(at: number): string {
  return `slice-${String(at).padStart(5, "0")}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
