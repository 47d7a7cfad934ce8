import { createHash } from "node:crypto";
import { constants, linkSync, mkdirSync } from "node:fs";
import { copyFile, type FileHandle, link, lstat, mkdir, open, readdir, rename, rm, stat, symlink, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ContentHash } from "../model.js";
import { sync, syncTree } from "./durable.js";
import { hashFile, sha256Of } from "./hash-file.js";
import type { FilePhase, FilePoint, OnPoint } from "./points.js";
import { isSystemError, storeTrouble } from "./trouble.js";

/**
 * The only code that changes the disk. Every operation says at which point of the code it happens, so that a test can stop,
 * fail or kill a run there. Operations may be repeated after a crash in their middle. They throw the system's own errors
 * (`code` ENOSPC, EACCES …) unless said otherwise. Paths are absolute.
 */
export interface Files {
  /** Makes a folder and the ones above it. Does not survive a power cut before `syncDir` or `syncTree`. */
  makeDir(point: FilePoint, path: string): Promise<void>;
  /** The same, surviving a power cut when it returns. */
  makeDirDurable(point: FilePoint, path: string): Promise<void>;
  /** Writes a whole file, replacing any: afterwards the old or the new content is there, also after a power cut. */
  writeDurable(point: FilePoint, path: string, content: string | Uint8Array): Promise<ContentHash>;
  /** Makes an empty file where there is none. */
  makeFile(point: FilePoint, path: string): Promise<void>;
  rename(point: FilePoint, from: string, to: string): Promise<void>;
  /**
   * Moves a file and never overwrites: throws EEXIST where the name is taken. Onto another file system: copied, fsynced,
   * compared by hash, renamed, and only then is the source removed. `syncDir` both folders afterwards.
   */
  moveNoClobber(point: FilePoint, from: string, to: string): Promise<void>;
  /**
   * Gives files second names, and makes the folders of those; a reflink or a copy (fsynced) where the file system has no hard
   * links. EEXIST where another file has the name. The folders do not survive a power cut before `syncTree`.
   */
  linkAll(point: FilePoint, links: readonly Link[]): Promise<void>;
  /** Gives a file a second name if that name is free; false where it is taken. */
  linkIfFree(point: FilePoint, from: string, to: string): Promise<boolean>;
  /** Removes a folder with all it holds, or nothing where it is gone. */
  removeTree(point: FilePoint, path: string): Promise<void>;
  /** Removes a file, or nothing where it is gone. */
  removeFile(point: FilePoint, path: string): Promise<void>;
  /** Removes a folder if it is empty. */
  removeEmptyDir(point: FilePoint, path: string): Promise<void>;
  /** Points a symlink at another target: readers see the old target or the new one, never none. */
  swapSymlink(point: FilePoint, target: string, path: string): Promise<void>;
  syncFile(point: FilePoint, path: string): Promise<void>;
  syncDir(point: FilePoint, path: string): Promise<void>;
  /** Every file and folder below, and the folder itself. `skipLinked`: files with several names were synced under the first. */
  syncTree(point: FilePoint, path: string, options?: { readonly skipLinked: boolean }): Promise<void>;
  /** The same, and its name in the folders above it, up to the root. */
  syncUpTo(point: FilePoint, root: string, path: string): Promise<void>;
  /** A small file kept open to be rewritten in place; the text must keep its length. */
  openSheet(point: FilePoint, path: string): Promise<Sheet>;
}

export interface Link {
  readonly from: string;
  readonly to: string;
}

export interface Sheet {
  read(): Promise<string>;
  rewrite(point: FilePoint, text: string): Promise<void>;
  close(): Promise<void>;
}

export interface FilesOptions {
  /** Called around every operation; production gives none. */
  readonly onPoint?: OnPoint | undefined;
}

/** Errors by which a file system says that it has no hard links, or none here. */
const noHardLinks = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];
/** Links made between two looks at what else there is to do. */
const atOnce = 200;

export function openFiles(options: FilesOptions = {}): Files {
  const { onPoint } = options;
  const at = async <Result>(point: FilePoint, act: (step: Step) => Promise<Result>): Promise<Result> => {
    const pass = async (phase: FilePhase): Promise<void> => onPoint?.(point, phase);
    await pass("before");
    const result = await act(() => pass("within"));
    await pass("after");
    return result;
  };
  return {
    makeDir: (point, path) => at(point, () => makeDir(path)),
    makeDirDurable: (point, path) => at(point, (step) => makeDirDurable(path, step)),
    writeDurable: (point, path, content) => at(point, (step) => writeDurable(path, content, step)),
    makeFile: (point, path) => at(point, () => makeFile(path)),
    rename: (point, from, to) => at(point, () => rename(from, to)),
    moveNoClobber: (point, from, to) => at(point, (step) => moveNoClobber(from, to, step)),
    linkAll: (point, links) => at(point, (step) => linkAll(links, step)),
    linkIfFree: (point, from, to) => at(point, () => linkIfFree(from, to)),
    removeTree: (point, path) => at(point, () => rm(path, { recursive: true, force: true })),
    removeFile: (point, path) => at(point, () => rm(path, { force: true })),
    removeEmptyDir: (point, path) => at(point, () => removeEmptyDir(path)),
    swapSymlink: (point, target, path) => at(point, (step) => swapSymlink(target, path, step)),
    syncFile: (point, path) => at(point, () => sync(path)),
    syncDir: (point, path) => at(point, () => sync(path)),
    syncTree: (point, path, { skipLinked } = { skipLinked: false }) => at(point, () => syncTree(path, skipLinked)),
    syncUpTo: (point, root, path) => at(point, (step) => syncUpTo(root, path, step)),
    openSheet: (point, path) => openSheet(point, path, at),
  };
}

/** Passed between two steps of one operation. */
type Step = () => Promise<void>;

type At = <Result>(point: FilePoint, act: (step: Step) => Promise<Result>) => Promise<Result>;

async function makeDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
}

async function makeDirDurable(path: string, step: Step): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  await step();
  for (let parent = dirname(path); parent.length >= dirname(first).length; parent = dirname(parent)) {
    await sync(parent);
    if (parent === dirname(parent)) return;
  }
}

async function makeFile(path: string): Promise<void> {
  await (await open(path, "a")).close();
}

async function writeDurable(path: string, content: string | Uint8Array, step: Step): Promise<ContentHash> {
  // Always the same temporary name: one writer at a time, and a killed one's rest is overwritten.
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await step();
  await rename(temporary, path);
  await step();
  await sync(dirname(path));
  return sha256Of(content);
}

async function moveNoClobber(from: string, to: string, step: Step): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    return moveWithoutLink(from, to, error, step);
  }
  await step();
  await unlink(from);
}

async function moveWithoutLink(from: string, to: string, error: unknown, step: Step): Promise<void> {
  // Killed between link and unlink, the file has both names: the second is the one it should have.
  if (isSystemError(error, "EEXIST") && (await sameFile(from, to))) return unlink(from);
  // Where the name is taken, link(2) says so before it says that the other end is another file system.
  if (isSystemError(error, "EXDEV") || (isSystemError(error, "EEXIST") && !(await sameDevice(from, to)))) {
    return moveAcross(from, to, step);
  }
  if (!isSystemError(error, ...noHardLinks)) throw error;
  await refuseTaken(to);
  await rename(from, to);
}

/** To another file system: the source goes only when its bytes are known to be safe at the other end. */
async function moveAcross(from: string, to: string, step: Step): Promise<void> {
  if (await exists(to)) {
    // Killed between rename and unlink, both are there, and equal.
    if (!(await sameBytes(from, to))) throw taken(to);
    return unlink(from);
  }
  const temporary = join(dirname(to), `.moving-${createHash("sha256").update(basename(to)).digest("hex").slice(0, 16)}`);
  await copyVerified(from, temporary);
  await step();
  await refuseTaken(to);
  await rename(temporary, to);
  await sync(dirname(to));
  await step();
  await unlink(from);
}

async function copyVerified(from: string, to: string): Promise<void> {
  const before = await stat(from, { bigint: true });
  await copyFile(from, to);
  await finishCopy(to, before.atimeNs, before.mtimeNs);
  const after = await stat(from, { bigint: true });
  const unchanged = before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
  if (unchanged && (await sameBytes(from, to))) return;
  await rm(to, { force: true });
  throw storeTrouble("file-changed", `the file \`${basename(from)}\` changed while it was copied`, "run again when nobody writes to it");
}

async function finishCopy(path: string, atimeNs: bigint, mtimeNs: bigint): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.utimes(Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Thousands of them take less time one after another in this thread than the ways to another and back. */
async function linkAll(links: readonly Link[], step: Step): Promise<void> {
  const made = new Set<string>();
  for (const [at, { from, to }] of links.entries()) {
    const folder = dirname(to);
    if (!made.has(folder)) makeFolder(folder);
    made.add(folder);
    await linkOrCopy(from, to, step);
    if (at % atOnce === atOnce - 1) {
      await setImmediate();
      await step();
    }
  }
}

/** Most lie in one that is there: looking for those above each time takes longer. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return;
    if (!isSystemError(error, "ENOENT")) throw error;
    mkdirSync(path, { recursive: true });
  }
}

async function linkOrCopy(from: string, to: string, step: Step): Promise<void> {
  try {
    linkSync(from, to);
  } catch (error) {
    if (isSystemError(error, "EEXIST") && (await sameFile(from, to))) return;
    if (!isSystemError(error, ...noHardLinks)) throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await step();
    await sync(to);
  }
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    if (!isSystemError(error, ...noHardLinks)) throw error;
    return copyIfFree(from, to);
  }
}

async function copyIfFree(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
}

async function removeEmptyDir(path: string): Promise<void> {
  try {
    const left = await readdir(path);
    if (left.length === 0) await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** What a swap that was killed leaves beside the symlink. The next swap would replace it. */
export function unswapped(path: string): string {
  return join(dirname(path), `.${basename(path)}.next`);
}

async function swapSymlink(target: string, path: string, step: Step): Promise<void> {
  const fresh = unswapped(path);
  await rm(fresh, { force: true });
  await symlink(target, fresh);
  await step();
  await rename(fresh, path);
}

async function syncUpTo(root: string, path: string, step: Step): Promise<void> {
  await syncTree(path, false);
  await step();
  for (let above = dirname(path); above.length >= root.length; above = dirname(above)) await sync(above);
}

async function openSheet(point: FilePoint, path: string, at: At): Promise<Sheet> {
  const opened: FileHandle[] = [];
  try {
    return await at(point, async () => {
      const handle = await open(path, "r+");
      opened.push(handle);
      return sheetOver(handle, at);
    });
  } catch (error) {
    for (const handle of opened) await handle.close();
    throw error;
  }
}

function sheetOver(handle: FileHandle, at: At): Sheet {
  return {
    read: () => readSheet(handle),
    rewrite: (point, text) =>
      at(point, async () => {
        await handle.write(text, 0, "utf8");
      }),
    close: () => handle.close(),
  };
}

async function readSheet(handle: FileHandle): Promise<string> {
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0);
  return buffer.toString("utf8", 0, bytesRead);
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a, { bigint: true }), lstat(b, { bigint: true })]);
  return one.ino === other.ino && one.dev === other.dev;
}

async function sameDevice(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a), lstat(b)]);
  return one.dev === other.dev;
}

async function sameBytes(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([hashFile(a), hashFile(b)]);
  return one.sha256 === other.sha256;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return false;
    throw error;
  }
}

async function refuseTaken(path: string): Promise<void> {
  if (await exists(path)) throw taken(path);
}

function taken(path: string): Error {
  return Object.assign(new Error(`EEXIST: file already exists, '${path}'`), { code: "EEXIST", syscall: "link", path });
}
