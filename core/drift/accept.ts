import { readFile } from "node:fs/promises";
import { amended, type ColumnAmendment } from "../declaration/amend.js";
import { freeName } from "../declare/column-drafts.js";
import { error, FlowError } from "../diagnostic.js";
import type { Asset, Column, IngestedAsset, Project } from "../model.js";
import type { Drift, DriftChange } from "../plan/plan.js";
import type { Files } from "../store/files.js";
import { below } from "../store/layout.js";

/** What accepting a drift means for a declaration. */
export interface Acceptance {
  readonly amendments: readonly ColumnAmendment[];
  /** Changes that no declaration can take: what the asset stands on is not in the files. */
  readonly unacceptable: readonly DriftChange[];
}

/** The settings under which the files of these drifts are read as they are, and all files before them as they were. */
export function acceptanceOf(asset: IngestedAsset, drifts: readonly Drift[]): Acceptance {
  const changes = drifts.filter((drift) => drift.asset === asset.name).flatMap((drift) => drift.changes);
  const fixed = new Set([
    ...asset.key,
    ...asset.partitionBy.map(({ column }) => column),
    ...(asset.eventTime === null ? [] : [asset.eventTime]),
  ]);
  const byColumn = new Map<string, ColumnAmendment["settings"]>();
  const unacceptable: DriftChange[] = [];
  const taken = new Set(asset.columns.flatMap(({ name, aliases }) => [name, ...aliases]).map((name) => name.toLowerCase()));
  const newNames = new Map<string, string>();
  for (const change of changes) {
    const column = asset.columns.find(({ name }) => name === change.column);
    const isNameless = change.kind === "added" && change.column.trim() === "";
    if (isNameless || (change.kind === "missing" && fixed.has(change.column))) unacceptable.push(change);
    else if (change.kind === "added") {
      const name = newNames.get(change.column) ?? freeName(change.column, taken);
      newNames.set(change.column, name);
      const alias = name === change.column ? {} : { aliases: [change.column] };
      byColumn.set(name, { ...settingsFor(change, undefined, byColumn.get(name)), ...alias });
    } else byColumn.set(change.column, { ...byColumn.get(change.column), ...settingsFor(change, column, byColumn.get(change.column)) });
  }
  return { amendments: [...byColumn].map(([column, settings]) => ({ column, settings })), unacceptable };
}

function settingsFor(
  change: DriftChange,
  column: Column | undefined,
  before: ColumnAmendment["settings"] | undefined,
): ColumnAmendment["settings"] {
  if (change.kind === "added") {
    // Two files that do not agree on it: text is what both have. Older files do not have it at all.
    const type = before?.type === undefined || before.type === change.type ? change.type : "VARCHAR";
    return { type, optional: true };
  }
  if (change.kind === "missing") return { ...(column?.nullable === false ? { nullable: true } : {}), optional: true };
  if (change.kind === "renamed") return { aliases: [...new Set([...(before?.aliases ?? column?.aliases ?? []), change.as])] };
  return { type: change.type, ...(change.formats.length > 0 ? { formats: change.formats } : {}) };
}

/** A declaration that was changed. */
export interface Accepted {
  /** Relative to the project. */
  readonly file: string;
  readonly columns: readonly string[];
}

/** Writes into the declarations what accepts the drift; every other character of them stays. */
export async function acceptDrift(
  files: Files,
  project: Project,
  assets: readonly Asset[],
  drifts: readonly Drift[],
): Promise<readonly Accepted[]> {
  const accepted: Accepted[] = [];
  for (const asset of assets) {
    if (asset.kind !== "ingested") continue;
    const { amendments } = acceptanceOf(asset, drifts);
    if (amendments.length === 0) continue;
    const path = below(project.root, asset.origin.file);
    const text = amended(await readFile(path, "utf8"), amendments);
    if (text === null)
      throw new FlowError([
        error(
          "bad-value",
          null,
          `\`columns\` of ${asset.origin.file} are not written out there, and were left as they are`,
          "declare the columns by hand",
        ),
      ]);
    await files.writeDurable("declare:amend", path, text);
    accepted.push({ file: asset.origin.file, columns: amendments.map(({ column }) => column) });
  }
  return accepted;
}
