import { guessesFor, misfitsOf, nullWords, readingOf, textColumn } from "../declare/readings.js";
import type { Session } from "../engine/engine.js";
import type { Asset, Column, IngestedAsset } from "../model.js";
import { isNeeded } from "../operators/stage.js";
import type { AssetPlan, Drift, DriftChange, Plan } from "../plan/plan.js";
import { inParallel } from "../store/in-parallel.js";
import { below, type Layout } from "../store/layout.js";
import { nearest } from "../suggest.js";
import { type SampledColumns, sampledColumns } from "./sampled-columns.js";
import { widened } from "./widen.js";

const parallelHeads = 8;
/** Rows looked at: of one file, of each of very many, and of all of an asset together. */
const mostRows = 200;
const fewestRows = 5;
const rowsOfAsset = 4000;

/** Looks at the first lines of every file that a plan would take: whose columns are not the declared ones, and what would make them so. */
export async function driftOf(session: Session, layout: Layout, plan: Plan, assets: readonly Asset[]): Promise<readonly Drift[]> {
  const found: Drift[] = [];
  for (const entry of plan.assets) {
    const asset = assets.find(({ name }) => name === entry.asset);
    if (asset?.kind === "ingested") found.push(...(await driftOfAsset(session, layout, entry, asset)));
  }
  return found;
}

async function driftOfAsset(session: Session, layout: Layout, { commands }: AssetPlan, asset: IngestedAsset): Promise<readonly Drift[]> {
  const pending = commands.find((command) => command.kind === "stage")?.deliveries.filter(({ bytes }) => bytes > 0) ?? [];
  const rows = Math.max(fewestRows, Math.min(mostRows, Math.floor(rowsOfAsset / Math.max(1, pending.length))));
  const samples = await inParallel(pending, parallelHeads, ({ file, path }) =>
    sampledColumns(session, asset, file, below(layout.root, path), rows),
  );
  const refused = await refusedOf(session, asset, samples);
  const changes: (readonly DriftChange[])[] = [];
  for (const columns of samples) changes.push(columns === null ? [] : await changesIn(session, asset, columns, refused));
  const alike = new Map<string, Drift>();
  pending.forEach(({ file }, at) => {
    const own = changes[at] ?? [];
    // Files that drift alike are told together: how many texts were looked at may differ.
    const id = JSON.stringify(own.map((change) => ({ ...change, texts: 0, refused: 0, example: "" })));
    const before = alike.get(id);
    if (own.length > 0) alike.set(id, { asset: asset.name, files: [...(before?.files ?? []), file], changes: before?.changes ?? own });
  });
  return [...alike.values()];
}

/** By column, the texts of all files that its declaration refuses: asked at once, for most files say the same. */
async function refusedOf(
  session: Session,
  asset: IngestedAsset,
  samples: readonly (SampledColumns | null)[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const questions = asset.columns
    .filter(({ type }) => type !== "VARCHAR")
    .map((column) => ({ column, texts: [...new Set(samples.flatMap((sample) => sample?.declared.get(column.name) ?? []))] }));
  const places = await session.refusedTexts(questions);
  return new Map(
    questions.map(({ column, texts }, at) => [column.name, new Set([...(places[at] ?? [])].map((place) => texts[place] ?? ""))]),
  );
}

async function changesIn(
  session: Session,
  asset: IngestedAsset,
  columns: SampledColumns,
  refused: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly DriftChange[]> {
  const renamed = await renames(session, asset, columns);
  const explained = new Set(renamed.flatMap(({ column, as }) => [column, as]));
  const added = [...columns.added].filter(([name]) => !explained.has(name));
  const missing = columns.missing.filter((name) => !explained.has(name));
  return [
    ...renamed,
    ...added.map(([column, texts]) => ({ kind: "added" as const, column, type: typeOf(column, texts) })),
    ...missing.map((column) => ({ kind: "missing" as const, column, needed: isNeeded(asset, column) })),
    ...(await retyped(session, asset, columns, refused)),
  ].filter((change) => isWorthTelling(change, asset));
}

/** What is declared to be of no interest is none here, either. */
function isWorthTelling(change: DriftChange, { ingest, columns }: IngestedAsset): boolean {
  if (change.kind === "added") return ingest.onNewColumn !== "ignore";
  if (change.kind !== "missing" || change.needed) return true;
  return ingest.onMissingColumn === "warn" && columns.some(({ name, optional }) => name === change.column && !optional);
}

/** A name that is like that of a missing column, over texts that are of its type. */
async function renames(
  session: Session,
  asset: IngestedAsset,
  { added, missing }: SampledColumns,
): Promise<readonly Extract<DriftChange, { kind: "renamed" }>[]> {
  const found: Extract<DriftChange, { kind: "renamed" }>[] = [];
  for (const [as, texts] of added) {
    const free = missing.filter((name) => found.every(({ column }) => column !== name));
    const name = alikeName(as, free);
    const column = asset.columns.find((candidate) => candidate.name === name);
    if (column === undefined) continue;
    const [refused] = await session.refusedTexts([{ column, texts }]);
    if (refused?.size === 0) found.push({ kind: "renamed", column: column.name, as });
  }
  return found;
}

function alikeName(name: string, candidates: readonly string[]): string | null {
  const words = (text: string): readonly string[] =>
    text
      .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== "");
  const own = words(name);
  const within = candidates.find((candidate) => {
    const other = words(candidate);
    const [fewer, more] = own.length <= other.length ? [own, other] : [other, own];
    return (
      fewer.length > 0 &&
      fewer.join("").length > 2 &&
      fewer.every((word) => more.some((each) => each.startsWith(word) || (each.length > 2 && word.startsWith(each))))
    );
  });
  return within ?? nearest(name, candidates);
}

function typeOf(name: string, texts: readonly string[]): string {
  const said = texts.filter((text) => !nullWords.includes(text.trim().toLowerCase()));
  if (said.length === 0 || said.length < texts.length) return "VARCHAR";
  // A format or a notation of its own is more than a type.
  const guess = guessesFor(name, false).find((candidate) => misfitsOf(candidate, said).length === 0 && candidate.formats.length === 0);
  return guess?.type ?? "VARCHAR";
}

async function retyped(
  session: Session,
  asset: IngestedAsset,
  { declared }: SampledColumns,
  refused: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly DriftChange[]> {
  const found: DriftChange[] = [];
  for (const column of asset.columns) {
    const texts = declared.get(column.name) ?? [];
    const misfits = texts.filter((text) => refused.get(column.name)?.has(text));
    const [example] = misfits;
    if (example === undefined) continue;
    const wider = await widerFor(session, column, texts);
    // Some bad values are bad rows and no other type: those go to quarantine, each with its line.
    if (wider === null && misfits.length * 2 < texts.length) continue;
    const { type, formats } = wider ?? { type: "VARCHAR", formats: [] };
    const counts = { refused: misfits.length, texts: texts.length, example };
    found.push({ kind: "retyped", column: column.name, declared: column.type, type, formats, ...counts });
  }
  return found;
}

async function widerFor(
  session: Session,
  column: Column,
  texts: readonly string[],
): Promise<{ readonly type: string; readonly formats: readonly string[] } | null> {
  const said = texts.filter((text) => !column.nulls.includes(text));
  const options = guessesFor(column.name, false)
    .filter((guess) => misfitsOf(guess, said).length === 0)
    .flatMap((guess) => {
      const wider = widened(column, guess);
      return wider === null ? [] : [{ wider, reading: readingOf(column.name, guess) }];
    });
  for (const { wider } of options) {
    const [refused] = await session.refusedTexts([{ column: { ...textColumn(column.name), ...column, ...wider }, texts }]);
    if (refused?.size === 0) return wider;
  }
  return null;
}
