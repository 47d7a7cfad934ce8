import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";

/** Every file below a folder, relative to it, sorted. Symlinks are files. */
export async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Pointers, and all versions to the byte and the inode: what "unchanged" is about. */
export async function pictureOf(store: string): Promise<string> {
  const lines: string[] = [];
  for (const part of ["ready", "archive"]) {
    for (const file of await filesUnder(join(store, part))) {
      const path = join(store, part, file);
      const stats = await lstat(path);
      const what = stats.isSymbolicLink() ? `-> ${await readlink(path)}` : `${stats.ino} ${await sha256(path)}`;
      lines.push(`${part}/${file} ${what}`);
    }
  }
  return [...lines, ...(await currentParts(store))].join("\n");
}

/** `now/<asset>/<partition>/<part> <inode>` of the versions readers see. */
async function currentParts(store: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const asset of await readdir(join(store, "ready")).catch(() => [])) {
    const version = join(store, "ready", await readlink(join(store, "ready", asset)));
    for (const file of await filesUnder(version)) {
      if (file !== "manifest.json") lines.push(`now/${asset}/${file} ${(await lstat(join(version, file))).ino}`);
    }
  }
  return lines;
}

export async function sha256(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

/** Hash -> places of all raw files the store keeps. */
export async function rawFiles(store: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const places = new Map<string, string[]>();
  for (const kind of ["landing", "archive", "quarantine"]) {
    for (const file of await filesUnder(join(store, "ingest", kind))) {
      const path = join(store, "ingest", kind, file);
      if (!(await lstat(path)).isFile()) continue;
      const hash = await sha256(path);
      places.set(hash, [...(places.get(hash) ?? []), `${kind}/${file}`]);
    }
  }
  return places;
}
