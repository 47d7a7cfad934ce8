import { basename, resolve } from "node:path";
import { type Diagnostic, error } from "../diagnostic.js";
import type { Project } from "../model.js";
import type { OpenOptions } from "../project.js";
import type { SourceFile } from "../source.js";
import { suggestion } from "../suggest.js";
import type { FlowDeclaration } from "./declaration.js";
import type { AssetDefaults } from "./draft.js";
import { checkIngestTexts } from "./ingest-texts.js";
import { type Shaped, type Shapes, shapeFlow } from "./shapes.js";
import type { Scope, Variable, Variables } from "./substitute.js";
import { timezoneTrouble } from "./timezone.js";
import { placeOf, placeOfKey, readYaml, type YamlSource } from "./yaml-source.js";

export interface ResolvedProject {
  readonly project: Project;
  readonly defaults: AssetDefaults;
  /** null: `flow.yaml` cannot be read, so nothing can be said about variables. */
  readonly vars: Variables | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** `flow.yaml` for one profile, with the command line's variables. */
export function resolveProject(root: string, file: SourceFile, options: OpenOptions, shapes: Shapes): ResolvedProject {
  const first = readYaml(file, { vars: null, env: options.env, verbatim: notInProfile(options.profile) });
  const vars = variablesOf(shapeFlow(first, shapes).declaration, options);
  const source = readYaml(file, flowScope(vars, options));
  const shaped = shapeFlow(source, shapes);
  const flow = withProfile(shaped.declaration, options.profile);
  const defaults = { ingest: flow.defaults?.ingest ?? {}, retain: flow.defaults?.retain ?? {}, timezone: flow.timezone ?? "UTC" };
  return {
    project: projectOf(root, flow, vars, options),
    defaults,
    vars: source.wellFormed && !shaped.spoilt("/vars") ? vars : null,
    diagnostics: [
      ...first.diagnostics,
      ...source.diagnostics,
      ...(source.wellFormed ? shaped.diagnostics : []),
      ...(source.wellFormed ? meaning(shaped, options) : []),
      ...checkIngestTexts(defaults.ingest, "/defaults/ingest", source),
    ],
  };
}

/** Variables stand for fixed values: within `vars` only the environment is read. */
function flowScope(vars: Variables, options: OpenOptions): Scope {
  return { vars, env: options.env, verbatim: (pointer) => notInProfile(options.profile)(pointer) || isVariable(pointer) };
}

function isVariable(pointer: string): boolean {
  return /^(\/profiles\/[^/]+)?\/vars\//.test(pointer);
}

/** What another profile needs from the environment need not be set for this one. */
function notInProfile(profile: string | null): (pointer: string) => boolean {
  return (pointer) => pointer.startsWith("/profiles/") && pointer.split("/")[2] !== profile;
}

function variablesOf(flow: FlowDeclaration, options: OpenOptions): Variables {
  const declared = withProfile(flow, options.profile).vars ?? {};
  const known = Object.entries(options.vars).filter(([name]) => Object.hasOwn(declared, name));
  return { ...declared, ...Object.fromEntries(known.map(([name, text]) => [name, likeDeclared(text, declared[name])])) };
}

/** `--vars n=5` stays a number where flow.yaml has one. */
function likeDeclared(text: string, declared: Variable | undefined): Variable {
  if (typeof declared === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (typeof declared === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function withProfile(flow: FlowDeclaration, name: string | null): FlowDeclaration {
  const profile = name === null ? undefined : flow.profiles?.[name];
  return { ...flow, ...profile, vars: { ...flow.vars, ...profile?.vars } };
}

function projectOf(root: string, flow: FlowDeclaration, vars: Variables, options: OpenOptions): Project {
  return {
    name: flow.name ?? basename(root),
    root,
    store: resolve(root, flow.store ?? "data"),
    timezone: flow.timezone ?? "UTC",
    vars,
    threads: options.threads ?? flow.threads ?? null,
    memoryLimit: flow.memory_limit ?? null,
    allowPaths: (flow.allow_paths ?? []).map((path) => resolve(root, path)),
  };
}

function meaning(shaped: Shaped<FlowDeclaration>, options: OpenOptions): readonly Diagnostic[] {
  const { declaration, source } = shaped;
  const profiles = Object.entries(declaration.profiles ?? {}).map(([name, { timezone }]) =>
    zoneTrouble(timezone, `/profiles/${name}/timezone`, source),
  );
  return [
    ...zoneTrouble(declaration.timezone, "/timezone", source),
    ...profiles.flat(),
    ...profileTrouble(shaped, options.profile),
    ...nestedTrouble(shaped),
    ...overrideTrouble(shaped, options),
  ];
}

function zoneTrouble(zone: string | undefined, pointer: string, source: YamlSource): readonly Diagnostic[] {
  return zone === undefined ? [] : timezoneTrouble(zone, placeOf(source, pointer));
}

function profileTrouble({ declaration, source, spoilt }: Shaped<FlowDeclaration>, name: string | null): readonly Diagnostic[] {
  const profiles = Object.keys(declaration.profiles ?? {});
  if (name === null || profiles.includes(name) || spoilt("/profiles")) return [];
  const at = profiles.length === 0 ? null : placeOfKey(source, "/profiles");
  return [
    error("unknown-profile", at, `flow.yaml has no profile \`${name}\``, suggestion(name, profiles, "it has") ?? "add it under `profiles`"),
  ];
}

/** Else what a variable is would depend on the order in which they are read. */
function nestedTrouble({ declaration, source }: Shaped<FlowDeclaration>): readonly Diagnostic[] {
  return Object.entries(declaration.vars ?? {})
    .filter(([, value]) => typeof value === "string" && /(?<!\$)\$\{(?!env:)/.test(value))
    .map(([name]) =>
      error(
        "bad-value",
        placeOf(source, `/vars/${name}`),
        `variable \`${name}\` names another one`,
        "in `vars` only names with `env:` before them are read",
      ),
    );
}

function overrideTrouble({ declaration, spoilt }: Shaped<FlowDeclaration>, options: OpenOptions): readonly Diagnostic[] {
  const known = Object.keys(withProfile(declaration, options.profile).vars ?? {});
  if (spoilt("/vars")) return [];
  return Object.keys(options.vars)
    .filter((name) => !known.includes(name))
    .map((name) =>
      error(
        "unknown-variable",
        null,
        `\`--vars ${name}=…\`: flow.yaml has no variable \`${name}\``,
        suggestion(name, known, "it has") ?? "add it under `vars`",
      ),
    );
}
