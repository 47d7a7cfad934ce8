import { readFile, readlink, stat } from "node:fs/promises";
import type { AssetName, ContentHash, VersionId } from "../model.js";
import type { Files } from "./files.js";
import { sha256Of } from "./hash-file.js";
import type { Layout } from "./layout.js";
import type { Manifest } from "./manifest.js";
import { manifestText } from "./manifest-text.js";
import { isSystemError, storeTrouble } from "./trouble.js";

/** A version as it is written down: its manifest and the hash of the manifest's bytes, which the next version keeps. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly sha256: ContentHash;
}

/** The version that readers see now; null where nothing is published. */
export async function readPointer(layout: Layout, asset: AssetName): Promise<VersionId | null> {
  const target = await readTarget(layout.pointer(asset));
  if (target === null) return null;
  const version = /^\.\.\/archive\/([^/]+)\/([^/]+)\/?$/.exec(target);
  if (version === null || version[1] !== asset) throw damaged(`\`ready/${asset}\` points at \`${target}\`, which is no version of it`);
  return version[2] as VersionId;
}

/** Throws where the version or its manifest is missing, unreadable or written by a newer release. */
export async function readManifest(layout: Layout, asset: AssetName, version: VersionId): Promise<StoredManifest> {
  const stored = await findManifest(layout, asset, version);
  if (stored === null) throw damaged(`version \`${version}\` of \`${asset}\` has no manifest`);
  return stored;
}

/** Null where the version is gone. */
export async function readVersion(layout: Layout, asset: AssetName, version: VersionId): Promise<StoredManifest | null> {
  return findManifest(layout, asset, version);
}

/**
 * Makes a candidate the current version. The last rename is the commit: before it nothing happened, after it everything did.
 * May be repeated after a crash at any point, with the same manifest. Gives the hash of the manifest's bytes.
 */
export async function publish(layout: Layout, files: Files, candidate: string, manifest: Manifest): Promise<ContentHash> {
  const { asset, version } = manifest;
  const sha256 = await moveToArchive(layout, files, candidate, manifest);
  await files.syncDir("publish:sync-archive", layout.versions(asset));
  await pointAt(layout, files, asset, version);
  return sha256;
}

/**
 * Takes a version's parts away for good; what it was stays known by its manifest. The move is the moment: before it all of it is there,
 * after it nothing. May be repeated.
 */
export async function removeVersion(layout: Layout, files: Files, asset: AssetName, version: VersionId): Promise<void> {
  const stored = await findManifest(layout, asset, version);
  if (stored !== null) {
    await files.makeDirDurable("gc:make", layout.goneManifests(asset));
    await files.makeDirDurable("gc:make", layout.trashOf(asset));
    await files.writeDurable("gc:manifest", layout.goneManifest(asset, version), await readFile(layout.manifest(asset, version)));
    await files.rename("gc:move", layout.version(asset, version), layout.trash(asset, version));
    await files.syncDir("gc:sync", layout.versions(asset));
  }
  await files.removeTree("gc:remove", layout.trash(asset, version));
}

/** Commits a version that lies complete in `archive/`. */
export async function pointAt(layout: Layout, files: Files, asset: AssetName, version: VersionId): Promise<void> {
  await files.makeDirDurable("publish:make", layout.pointers());
  await files.swapSymlink("publish:pointer", layout.pointerTarget(asset, version), layout.pointer(asset));
  await files.syncDir("publish:sync-ready", layout.pointers());
}

/**
 * The current version, then its parent, and so on: newest first. Each link is checked against the hash the child keeps.
 * Ends at the first version, or where older ones have been removed.
 */
export async function* chain(layout: Layout, asset: AssetName): AsyncGenerator<StoredManifest, void, undefined> {
  const newest = await readPointer(layout, asset);
  let stored = newest === null ? null : await readManifest(layout, asset, newest);
  while (stored !== null) {
    yield stored;
    stored = await parentOf(layout, stored.manifest);
  }
}

async function moveToArchive(layout: Layout, files: Files, candidate: string, manifest: Manifest): Promise<ContentHash> {
  const there = await findManifest(layout, manifest.asset, manifest.version);
  if (there !== null) return sameManifest(there, manifest);
  const sha256 = await files.writeDurable("publish:manifest", layout.manifestIn(candidate), manifestText(manifest).text);
  // Linked parts were made durable by the version they came from.
  await files.syncTree("publish:sync-parts", candidate, { skipLinked: true });
  await files.makeDirDurable("publish:make", layout.versions(manifest.asset));
  await files.rename("publish:version", candidate, layout.version(manifest.asset, manifest.version));
  return sha256;
}

function sameManifest(there: StoredManifest, manifest: Manifest): ContentHash {
  if (there.sha256 === manifestText(manifest).sha256) return there.sha256;
  throw damaged(`version \`${manifest.version}\` of \`${manifest.asset}\` exists with other content`);
}

async function parentOf(layout: Layout, child: Manifest): Promise<StoredManifest | null> {
  if (child.parent === null) return null;
  const { version } = child.parent;
  const parent = (await findManifest(layout, child.asset, version)) ?? (await readGone(layout, child.asset, version));
  if (parent !== null && parent.sha256 !== child.parent.sha256) {
    throw damaged(`the manifest of version \`${child.parent.version}\` of \`${child.asset}\` is not the one its successor was built on`);
  }
  return parent;
}

interface Known {
  /** What would be another if the file were. */
  readonly file: string;
  readonly stored: StoredManifest;
}

/** A run asks for the same few manifests again and again, and one of thousands of partitions takes milliseconds to parse. */
const known = new Map<string, Known>();
const mostKnown = 32;

async function findManifest(layout: Layout, asset: AssetName, version: VersionId): Promise<StoredManifest | null> {
  const path = layout.manifest(asset, version);
  const file = await identityOf(path);
  if (file === null) return null;
  const before = known.get(path);
  if (before?.file === file) return before.stored;
  const stored = await readStored(path, asset, version);
  known.delete(path);
  known.set(path, { file, stored });
  for (const oldest of known.keys()) if (known.size > mostKnown) known.delete(oldest);
  return stored;
}

/** Of a version whose parts were taken away. */
async function readGone(layout: Layout, asset: AssetName, version: VersionId): Promise<StoredManifest | null> {
  try {
    return await readStored(layout.goneManifest(asset, version), asset, version);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return null;
    throw error;
  }
}

async function identityOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}

async function readStored(path: string, asset: AssetName, version: VersionId): Promise<StoredManifest> {
  const bytes = await readFile(path);
  const manifest = parseManifest(bytes, `the manifest of version \`${version}\` of \`${asset}\``);
  if (manifest.asset !== asset || manifest.version !== version) {
    throw damaged(`the manifest in \`archive/${asset}/${version}\` is that of \`${manifest.asset}\` \`${manifest.version}\``);
  }
  return { manifest, sha256: sha256Of(bytes) };
}

function parseManifest(bytes: Buffer, name: string): Manifest {
  const value = parseJson(bytes);
  if (typeof value !== "object" || value === null || !("manifest" in value)) throw damaged(`${name} cannot be read`);
  if (value.manifest !== 1) {
    throw storeTrouble("store-newer", `${name} was written by a newer flow`, "use the release that wrote the store, or a newer one");
  }
  return value as Manifest;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

async function readTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return null;
    if (isSystemError(error, "EINVAL")) throw damaged(`\`${path}\` is not a symlink to a version`);
    throw error;
  }
}

function damaged(message: string) {
  return storeTrouble("store-damaged", message, "`flow fsck` says what is damaged and what to do");
}
