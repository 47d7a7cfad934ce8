import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { type Diagnostic, error, warning } from "../diagnostic.js";
import type { SourceFile } from "../source.js";

/** Everything a project's declarations are made of. */
export interface SourceFiles {
  readonly root: string;
  readonly flow: SourceFile;
  readonly assets: readonly AssetFiles[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface AssetFiles {
  readonly yaml: SourceFile;
  /** The `.sql` file of the same name beside it. */
  readonly sql: SourceFile | null;
}

/** The nearest folder with a `flow.yaml`, this one or above it. */
export function findRoot(dir: string): string | null {
  if (isFile(join(dir, "flow.yaml"))) return dir;
  const parent = dirname(dir);
  return parent === dir ? null : findRoot(parent);
}

/** Reads `flow.yaml` and `assets/**`; hidden files and folders are left alone. */
export function readSourceFiles(root: string): SourceFiles {
  const diagnostics: Diagnostic[] = [];
  const paths = filesBelow(root, join(root, "assets"), diagnostics);
  const sqls = new Set(paths.filter((path) => path.endsWith(".sql")));
  const assets: AssetFiles[] = [];
  for (const path of paths.filter((each) => /\.ya?ml$/.test(each))) {
    const sqlPath = path.replace(/\.ya?ml$/, ".sql");
    const sql = sqls.delete(sqlPath) ? readText(root, sqlPath, diagnostics) : null;
    const yaml = readText(root, path, diagnostics);
    if (yaml !== null) assets.push({ yaml, sql });
  }
  diagnostics.push(...[...sqls].map(orphan));
  const flow = readText(root, "flow.yaml", diagnostics) ?? { path: "flow.yaml", text: "" };
  return { root, flow, assets, diagnostics };
}

function orphan(path: string): Diagnostic {
  const at = { file: { path, text: "" }, range: { start: 0, end: 0 } };
  return warning(
    "orphan-sql",
    at,
    `\`${path}\` has no declaration`,
    `add \`${path.replace(/\.sql$/, ".yaml")}\`; one line is enough: \`type: derived\``,
  );
}

function filesBelow(root: string, folder: string, diagnostics: Diagnostic[]): readonly string[] {
  if (!exists(folder)) return [];
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .filter((path) => !/\/\./.test(path))
      .sort();
  } catch (failure) {
    diagnostics.push(error("unreadable-file", null, `\`${folder}\` cannot be read: ${reasonOf(failure)}`));
    return [];
  }
}

function readText(root: string, path: string, diagnostics: Diagnostic[]): SourceFile | null {
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(join(root, path))) };
  } catch (failure) {
    const reason = failure instanceof TypeError ? "it is not UTF-8" : reasonOf(failure);
    const at = { file: { path, text: "" }, range: { start: 0, end: 0 } };
    diagnostics.push(error("unreadable-file", at, `\`${path}\` cannot be read: ${reason}`));
    return null;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
