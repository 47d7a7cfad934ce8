import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Engine, InputReach, ReachQuestion, TableShape } from "../engine/engine.js";
import { type AssetName, type DerivedAsset, runTime } from "../model.js";
import { termOf } from "../operators/ready-table.js";
import { noTime } from "../plan/plan-derived.js";
import type { FollowedInput, ReachReport } from "../project.js";
import { canonicalJson } from "../store/canonical-json.js";
import type { Files } from "../store/files.js";
import type { Layout } from "../store/layout.js";
import { isSystemError } from "../store/trouble.js";

/** Answers by what was asked: the same question to the same engine has the same answer. */
type Answers = Map<string, readonly InputReach[]>;

/** What is provable of each asset's inputs, remembered in `.flow/cache` where `keepIn` says so. */
export async function reachOfAssets(
  engine: Engine,
  layout: Layout,
  keepIn: Files | null,
  assets: readonly DerivedAsset[],
  shapes: ReadonlyMap<AssetName, TableShape>,
): Promise<ReadonlyMap<AssetName, readonly InputReach[]>> {
  const whole = assets.filter(({ usesRunTime }) => usesRunTime).map((asset) => [asset.name, asset.inputs.map(otherMoment)] as const);
  const questions = assets
    .filter(({ usesRunTime }) => !usesRunTime)
    .flatMap((asset) => {
      const question = questionOf(asset, shapes);
      return question === null ? [] : [{ asset, question, id: idOf(engine, question) }];
    });
  if (questions.length === 0) return new Map(whole);
  const known = await readAnswers(layout);
  const open = questions.filter(({ id }) => !known.has(id));
  if (open.length > 0) {
    const answers = await engine.reach(open.map(({ question }) => question));
    for (const [at, { id }] of open.entries()) known.set(id, answers[at] ?? []);
    if (keepIn !== null) await keepAnswers(keepIn, layout, known);
  }
  return new Map([...whole, ...questions.map(({ asset, id }) => [asset.name, known.get(id) ?? []] as const)]);
}

/** Of an asset that names `:run_time` every row tells the moment of its run. */
function otherMoment(input: AssetName): InputReach {
  return { input, kind: "all", why: `its SQL names \`:${runTime}\`` };
}

function questionOf(asset: DerivedAsset, shapes: ReadonlyMap<AssetName, TableShape>): ReachQuestion | null {
  const own = shapes.get(asset.name);
  const inputs = asset.inputs.flatMap((input) => shapes.get(input) ?? []);
  if (own === undefined || inputs.length < asset.inputs.length) return null;
  return { sql: asset.sql, parameters: asset.parameters, inputs, partitionBy: asset.partitionBy, columns: own.columns };
}

function idOf(engine: Engine, question: ReachQuestion): string {
  return createHash("sha256")
    .update(canonicalJson({ engine: engine.version, rules: 1, question }))
    .digest("hex");
}

/** A cache that cannot be read is none. */
async function readAnswers(layout: Layout): Promise<Answers> {
  try {
    const stored: unknown = JSON.parse(await readFile(layout.reachCache(), "utf8"));
    return stored !== null && typeof stored === "object" ? new Map(Object.entries(stored) as [string, readonly InputReach[]][]) : new Map();
  } catch {
    return new Map();
  }
}

async function keepAnswers(files: Files, layout: Layout, answers: Answers): Promise<void> {
  await files.makeDir("cache:write", layout.cache());
  try {
    await files.writeDurable("cache:write", layout.reachCache(), canonicalJson(Object.fromEntries(answers)));
  } catch (error) {
    // Another asset, or another process, keeps its answers at the same moment: that what is lost is proven again costs less than a lock.
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

export function reachReport(
  assets: readonly DerivedAsset[],
  found: ReadonlyMap<AssetName, readonly InputReach[]>,
  timeless: ReadonlySet<AssetName>,
): ReachReport {
  return {
    reach: 1,
    assets: assets.map((asset) => ({
      asset: asset.name,
      partition_by: asset.partitionBy.map(termOf),
      incremental: asset.incremental,
      inputs: (found.get(asset.name) ?? []).map((reach) => byTheAuthorsWord(asset, reach, timeless)),
    })),
  };
}

/** The author's word takes the place of a proof; `lookback` and `cumulative` need to know when. */
function byTheAuthorsWord(
  { incremental, usesRunTime }: DerivedAsset,
  reach: InputReach,
  timeless: ReadonlySet<AssetName>,
): InputReach | FollowedInput {
  const { input } = reach;
  if (incremental.kind === "auto" || usesRunTime) return reach;
  if (incremental.kind === "full") return { input, kind: "all", why: "`incremental: full`" };
  if (timeless.has(input as AssetName)) return { input, kind: "all", why: noTime };
  return { input, kind: "following", lookbackMs: incremental.kind === "lookback" ? incremental.ms : null };
}
