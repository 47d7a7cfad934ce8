import { resolve } from "node:path";
import { needsOf } from "../catalog/graph.js";
import { inputsFirst } from "../catalog/order.js";
import { type Diagnostic, error, hasErrors, sortDiagnostics } from "../diagnostic.js";
import type { SqlParser } from "../engine/engine.js";
import type { AssetName, Catalog, IngestedAsset, Project } from "../model.js";
import type { OpenOptions } from "../project.js";
import { checkTextsOf, type ResolvedCheckReferences, resolveCheckReferences } from "./check-references.js";
import type { AssetDefaults, DerivedDraft, Draft, IngestedDraft } from "./draft.js";
import { fingerprintOfIngested } from "./fingerprint.js";
import { type Names, type References, resolveReferences } from "./references.js";
import { resolveAsset } from "./resolve-asset.js";
import { resolveProject } from "./resolve-project.js";
import { rules } from "./rules.js";
import { loadShapes, type Shapes, shapeAsset } from "./shapes.js";
import { type AssetFiles, findRoot, readSourceFiles } from "./source-files.js";
import { placeInSql, type SqlText, sqlOfScalar } from "./sql-place.js";
import type { Scope, Variables } from "./substitute.js";
import { columnZones } from "./timezone.js";
import { placeOf, readYaml, type YamlSource } from "./yaml-source.js";

/** All that can be known without parsing SQL. */
export interface LoadedProject {
  /** null: there is no project here. Where there are errors it holds what could be read. */
  readonly project: Project | null;
  readonly drafts: readonly Draft[];
  /** null: unknown, because `flow.yaml` cannot be read. */
  readonly vars: Variables | null;
  /** Sorted by file and place. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface LoadedCatalog {
  /** null where there is any error: nothing can be run then. */
  readonly catalog: Catalog | null;
  /** The SQL in each declaration with its place, for trouble that is found later. */
  readonly texts: ReadonlyMap<AssetName, AssetTexts>;
  /** All of all files, those of `loadProject` among them; sorted by file and place. */
  readonly diagnostics: readonly Diagnostic[];
}

/** SQL that an author wrote for one asset. */
export interface AssetTexts {
  /** null: ingested. */
  readonly sql: SqlText | null;
  /** Conditions over the asset's own columns: `delete_when`. */
  readonly conditions: readonly SqlText[];
  /** Where `checks` and `tests` stand. */
  readonly source: YamlSource;
}

/** Reads `flow.yaml` and all declarations. Never throws for what a user wrote. */
export async function loadProject(options: OpenOptions): Promise<LoadedProject> {
  const root = findRoot(resolve(options.dir));
  if (root === null) return { project: null, drafts: [], vars: null, diagnostics: [noProject(options.dir)] };
  const files = readSourceFiles(root);
  const shapes = loadShapes();
  const { project, defaults, vars, diagnostics } = resolveProject(root, files.flow, options, shapes);
  const scope: Scope = { vars, env: options.env, verbatim: (pointer) => pointer === "/sql" };
  const drafts = files.assets.map((asset) => readAsset(asset, scope, defaults, shapes));
  const ofAssets = drafts.flatMap((draft) => [
    ...draft.diagnostics,
    ...(draft.shaped.readable ? rules.flatMap((rule) => rule(draft)) : []),
  ]);
  return {
    project,
    drafts,
    vars,
    diagnostics: sortDiagnostics([...files.diagnostics, ...diagnostics, ...ofAssets, ...sameNames(drafts), ...columnZones(drafts)]),
  };
}

/** Parses the SQL of all derived assets, resolves what it names, and puts the assets into order. */
export async function loadCatalog(loaded: LoadedProject, parser: SqlParser): Promise<LoadedCatalog> {
  const names: Names = { assets: new Set(loaded.drafts.flatMap(claimedNames)), vars: loaded.vars };
  const drafts = await withCheckReferences(loaded.drafts, parser, names);
  const derived = drafts.flatMap(({ draft }) => withSql(draft));
  const parsed = await parser.parse(derived.map(({ text }) => text.sql));
  const read = derived.flatMap(({ draft, text }, index) => {
    const select = parsed[index];
    return select === undefined ? [] : [{ text, ...resolveReferences(draft, text, select, names) }];
  });
  const ingested = drafts.flatMap(({ draft }) => ingestedAsset(draft));
  const assets = [...ingested, ...read.map(({ asset }) => asset)];
  const order = inputsFirst(assets.map((asset) => ({ name: asset.name, inputs: needsOf(asset) })));
  const diagnostics = sortDiagnostics([
    ...loaded.diagnostics,
    ...read.flatMap((each) => each.diagnostics),
    ...drafts.flatMap((each) => each.diagnostics),
    ...order.cycles.map((path) => cycle(path, read, drafts)),
  ]);
  const texts = new Map(
    loaded.drafts.map((draft) => [draft.asset.name, { sql: draft.sql, conditions: conditionsOf(draft), source: draft.shaped.source }]),
  );
  if (loaded.project === null || hasErrors(diagnostics)) return { catalog: null, texts, diagnostics };
  const byName = new Map(assets.map((asset) => [asset.name as string, asset]));
  return { catalog: { project: loaded.project, assets: order.names.flatMap((name) => byName.get(name) ?? []) }, texts, diagnostics };
}

/** A draft whose checks know what they read. */
interface CheckedDraft extends Omit<ResolvedCheckReferences, "checks"> {
  readonly draft: Draft;
}

async function withCheckReferences(drafts: readonly Draft[], parser: SqlParser, names: Names): Promise<readonly CheckedDraft[]> {
  const texts = drafts.map(checkTextsOf);
  const parsed = await parser.parse(texts.flat().map(({ select }) => select));
  let before = 0;
  return drafts.map((draft, at) => {
    const own = texts[at] ?? [];
    const answers = parsed.slice(before, before + own.length);
    before += own.length;
    const { checks, ...found } = resolveCheckReferences(draft, own, answers, names);
    return { ...found, draft: { ...draft, asset: { ...draft.asset, checks } } };
  });
}

/** A file that is not YAML may still be seen to name its asset, so that its readers are not blamed. */
function claimedNames({ asset, shaped }: Draft): readonly string[] {
  const claimed = shaped.source.wellFormed ? undefined : /^asset:\s*(\w+)/m.exec(shaped.source.file.text)?.[1];
  return claimed === undefined ? [asset.name] : [asset.name, claimed];
}

function noProject(dir: string): Diagnostic {
  return error("no-project", null, `no \`flow.yaml\` in \`${dir}\` or above it`, "`flow init` makes a project here");
}

function readAsset(files: AssetFiles, scope: Scope, defaults: AssetDefaults, shapes: Shapes): Draft {
  const source = readYaml(files.yaml, scope);
  const shaped = shapeAsset(source, shapes);
  const draft = resolveAsset(shaped, files.sql, defaults);
  const both = files.sql !== null && shaped.declaration.sql !== undefined ? [twoSqls(draft, files.sql.path)] : [];
  const ownTrouble = source.wellFormed ? [...shaped.diagnostics, ...draft.diagnostics, ...both] : [];
  return { ...draft, diagnostics: [...source.diagnostics, ...ownTrouble] };
}

function twoSqls(draft: Draft, path: string): Diagnostic {
  return error("conflicting-keys", placeOf(draft.shaped.source, "/sql"), `\`${path}\` is this asset's SQL, too`, "keep one of the two");
}

/** Told at both places, each naming the other. */
function sameNames(drafts: readonly Draft[]): readonly Diagnostic[] {
  const byName = new Map<string, Draft[]>();
  for (const draft of drafts) byName.set(draft.asset.name, [...(byName.get(draft.asset.name) ?? []), draft]);
  return [...byName.values()]
    .flatMap((same) =>
      same.map((draft) =>
        sameName(
          draft,
          same.find((other) => other !== draft),
        ),
      ),
    )
    .filter((found) => found !== null);
}

function sameName(draft: Draft, other: Draft | undefined): Diagnostic | null {
  if (other === undefined) return null;
  const { file, line, column } = other.asset.origin;
  const at = placeOf(draft.shaped.source, "/asset");
  return error(
    "duplicate-asset",
    at,
    `\`${draft.asset.name}\` is declared in ${file}:${line}:${column}, too`,
    "give one of them another name with `asset:`",
  );
}

function withSql(draft: Draft): readonly { readonly draft: DerivedDraft; readonly text: SqlText }[] {
  return draft.asset.kind === "derived" && draft.sql !== null ? [{ draft: draft.asset, text: draft.sql }] : [];
}

function conditionsOf({ shaped }: Draft): readonly SqlText[] {
  const sql = shaped.declaration.ingest?.delete_when;
  if (sql === undefined) return [];
  const { file, range } = placeOf(shaped.source, "/ingest/delete_when");
  return [sqlOfScalar(sql, file, range)];
}

/** Told where the first of them names the second: in its SQL, else in a check. */
function cycle(
  path: readonly string[],
  read: readonly (References & { readonly text: SqlText })[],
  drafts: readonly CheckedDraft[],
): Diagnostic {
  const round = path.map((name) => `\`${name}\``).join(" → ");
  const steps = path.slice(1).map((second, at) => ({ reader: read.find(({ asset }) => asset.name === path[at]), name: path[at], second }));
  const viaCheck = steps.find(({ reader, second }) => reader?.mentions.has(second) !== true);
  if (viaCheck !== undefined) {
    const found = drafts.find(({ draft }) => draft.asset.name === viaCheck.name);
    const index = found?.namedBy.get(viaCheck.second as AssetName) ?? 0;
    const at = found === undefined ? null : placeOf(found.draft.shaped.source, `/checks/${index}`);
    return error("cycle", at, `assets and their checks read each other in a circle: ${round}`, "declare the check with the last of them");
  }
  const [first] = steps;
  const mention = first?.reader?.mentions.get(first.second);
  const at = first?.reader === undefined ? null : placeInSql(first.reader.text, mention?.offset ?? null);
  return error("cycle", at, `assets read each other in a circle: ${round}`, "let one of them read something else");
}

function ingestedAsset({ asset }: Draft): readonly IngestedAsset[] {
  return asset.kind === "ingested" ? [withFingerprint(asset)] : [];
}

function withFingerprint(asset: IngestedDraft): IngestedAsset {
  return { ...asset, fingerprint: fingerprintOfIngested(asset) };
}
