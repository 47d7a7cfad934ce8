import { resolve } from "node:path";
import { inputsFirst } from "../catalog/order.js";
import { type Diagnostic, error, hasErrors, sortDiagnostics } from "../diagnostic.js";
import type { SqlParser } from "../engine/engine.js";
import type { Asset, AssetName, Catalog, IngestedAsset, Project } from "../model.js";
import type { OpenOptions } from "../project.js";
import type { AssetDefaults, DerivedDraft, Draft, IngestedDraft } from "./draft.js";
import { fingerprintOfIngested } from "./fingerprint.js";
import { checkSqlTrouble, type Names, type References, resolveReferences } from "./references.js";
import { resolveAsset } from "./resolve-asset.js";
import { resolveProject } from "./resolve-project.js";
import { rules } from "./rules.js";
import { loadShapes, type Shapes, shapeAsset } from "./shapes.js";
import { type AssetFiles, findRoot, readSourceFiles } from "./source-files.js";
import { placeInSql, type SqlText, sqlOfScalar } from "./sql-place.js";
import type { Scope, Variables } from "./substitute.js";
import { columnZones } from "./timezone.js";
import { placeOf, readYaml } from "./yaml-source.js";

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
  /** Conditions over the asset's own columns: `delete_when`, and `expression` and `where` of checks. */
  readonly conditions: readonly SqlText[];
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
  const derived = loaded.drafts.flatMap(withSql);
  const checks = loaded.drafts.flatMap(checkTexts);
  const parsed = await parser.parse([...derived.map(({ text }) => text.sql), ...checks.map((text) => text.sql)]);
  const read = derived.flatMap(({ draft, text }, index) => {
    const select = parsed[index];
    return select === undefined ? [] : [{ text, ...resolveReferences(draft, text, select, names) }];
  });
  const ofChecks = checks.flatMap((text, index) => {
    const select = parsed[derived.length + index];
    return select === undefined ? [] : checkSqlTrouble(text, select, names);
  });
  const order = inputsFirst(read.map(({ asset }) => asset));
  const diagnostics = sortDiagnostics([
    ...loaded.diagnostics,
    ...read.flatMap((each) => each.diagnostics),
    ...ofChecks,
    ...order.cycles.map((path) => cycle(path, read)),
  ]);
  const texts = new Map(loaded.drafts.map((draft) => [draft.asset.name, { sql: draft.sql, conditions: conditionsOf(draft) }]));
  if (loaded.project === null || hasErrors(diagnostics)) return { catalog: null, texts, diagnostics };
  return {
    catalog: { project: loaded.project, assets: inOrder([...loaded.drafts.flatMap(ingestedAsset), ...read.map(({ asset }) => asset)]) },
    texts,
    diagnostics,
  };
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
  const { ingest, checks } = shaped.declaration;
  const found = [
    [ingest?.delete_when, "/ingest/delete_when"],
    ...(checks ?? []).flatMap(({ expression, where }, at) => [
      [expression, `/checks/${at}/expression`] as const,
      [where, `/checks/${at}/where`] as const,
    ]),
  ] as const;
  return found.flatMap(([sql, pointer]) => {
    if (sql === undefined) return [];
    const { file, range } = placeOf(shaped.source, pointer);
    return [sqlOfScalar(sql, file, range)];
  });
}

function checkTexts({ shaped }: Draft): readonly SqlText[] {
  const checks = shaped.declaration.checks ?? [];
  return checks.flatMap(({ sql }, index) => {
    const { file, range } = placeOf(shaped.source, `/checks/${index}/sql`);
    return sql === undefined ? [] : [sqlOfScalar(sql, file, range)];
  });
}

function cycle(path: readonly string[], read: readonly (References & { readonly text: SqlText })[]): Diagnostic {
  const [first = "", second = ""] = path;
  const reader = read.find(({ asset }) => asset.name === first);
  const mention = reader?.mentions.get(second);
  const at = reader === undefined ? null : placeInSql(reader.text, mention?.offset ?? null);
  return error(
    "cycle",
    at,
    `assets read each other in a circle: ${path.map((name) => `\`${name}\``).join(" → ")}`,
    "let one of them read something else",
  );
}

function ingestedAsset({ asset }: Draft): readonly IngestedAsset[] {
  return asset.kind === "ingested" ? [withFingerprint(asset)] : [];
}

function withFingerprint(asset: IngestedDraft): IngestedAsset {
  return { ...asset, fingerprint: fingerprintOfIngested(asset) };
}

function inOrder(assets: readonly Asset[]): readonly Asset[] {
  const byName = new Map(assets.map((asset) => [asset.name as string, asset]));
  const readers = assets.map((asset) => ({ name: asset.name, inputs: asset.kind === "derived" ? asset.inputs : [] }));
  return inputsFirst(readers).names.flatMap((name) => byName.get(name) ?? []);
}
