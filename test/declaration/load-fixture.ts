import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LoadedCatalog, loadCatalog, loadProject } from "../../core/declaration/load.js";
import { openDuckdb } from "../../core/engine/duckdb/instance.js";
import type { Engine } from "../../core/engine/engine.js";
import type { OpenOptions } from "../../core/project.js";

/** Only parses: no folder is open to it. */
export function openParser(): Promise<Engine> {
  return openDuckdb({ threads: 1, memoryLimit: null, spillFolder: null, allowedFolders: [] });
}

export const options: Omit<OpenOptions, "dir"> = { profile: null, vars: {}, env: {}, threads: null, clock: { now: () => 0 } };

/** A project of these files, by path; a `flow.yaml` with `vars: { since }` is added where there is none. */
export async function inProject<T>(files: Readonly<Record<string, string>>, use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "flow-declarations-"));
  try {
    for (const [path, text] of Object.entries({ "flow.yaml": "name: test\nvars: { since: 2020-01-01 }\n", ...files })) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A copy, so that nothing can be written beside the fixture unseen. */
export async function inCopy<T>(folder: string, use: (dir: string) => Promise<T>): Promise<T> {
  return inProject({}, async (dir) => {
    await cp(folder, dir, { recursive: true });
    return use(dir);
  });
}

export async function load(dir: string, parser: Engine, more: Partial<OpenOptions> = {}): Promise<LoadedCatalog> {
  return loadCatalog(await loadProject({ ...options, ...more, dir }), parser);
}
