import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packageRoot } from "./package.js";

export type ScaffoldOutcome =
  | { readonly ok: true; readonly files: readonly string[] }
  /** Files that would have been overwritten; nothing was written. */
  | { readonly ok: false; readonly existing: readonly string[] };

interface Copy {
  readonly from: string;
  /** Below the project, with `/`. */
  readonly to: string;
}

/** Copies `templates/project` and the schemas that editors read, and makes the folders of the store. */
export async function scaffold(target: string): Promise<ScaffoldOutcome> {
  const copies = await plannedCopies();
  const existing = copies.map(({ to }) => to).filter((to) => existsSync(join(target, to)));
  if (existing.length > 0) return { ok: false, existing };
  for (const folder of storeFolders) await mkdir(join(target, folder), { recursive: true });
  for (const { from, to } of copies) await copyNew(from, join(target, to));
  return { ok: true, files: copies.map(({ to }) => to) };
}

/** Empty ones, which neither git nor npm carry; the landing folders come with the samples in them. */
const storeFolders: readonly string[] = ["ingest/archive", "ingest/quarantine", "staging", "archive", "ready"].map(
  (folder) => `data/${folder}`,
);

/** In the order of their names, so that the same version always lists the same. */
async function plannedCopies(): Promise<readonly Copy[]> {
  const root = packageRoot();
  const project = await filesBelow(join(root, "templates", "project"));
  const schemas = ["asset.schema.json", "flow.schema.json"];
  return [
    ...project.map((file) => ({ from: join(root, "templates", "project", file), to: targetName(file) })),
    ...schemas.map((file) => ({ from: join(root, "schemas", file), to: `.schemas/${file}` })),
  ].sort((a, b) => (a.to < b.to ? -1 : 1));
}

/** npm leaves `.gitignore` files out of packages, so the template's has no dot. */
function targetName(file: string): string {
  return file === "gitignore" ? ".gitignore" : file;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.map(async (entry) =>
    entry.isDirectory() ? (await filesBelow(join(folder, entry.name))).map((file) => `${entry.name}/${file}`) : [entry.name],
  );
  return (await Promise.all(files)).flat();
}

/** Fails rather than overwrite a file that came up since the check. */
async function copyNew(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_EXCL);
}
