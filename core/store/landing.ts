import type { BigIntStats, Dirent } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { sep } from "node:path";
import picomatch from "picomatch";
import { compareBytes } from "../byte-order.js";
import type { AssetName, Completeness, RunId } from "../model.js";
import { inParallel } from "./in-parallel.js";
import { below, type Layout } from "./layout.js";
import { isSystemError } from "./trouble.js";

/** What lies in an asset's landing folder, and whether it may be taken. */
export type LandingEntry = LandedFile & LandingState;

export interface LandedFile {
  /** Path below landing, with `/`. */
  readonly file: string;
  /** Where it lies, below the store: in landing, or in what a dead run left behind. */
  readonly path: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
  /** Nanoseconds and inode as texts: JSON has no integers that large. */
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly ino: string;
  /** The marker beside it, below the store: removed when the file is archived. Null where none is declared. */
  readonly marker: string | null;
}

export type LandingState =
  | { readonly state: "ready" }
  /** Still changing; null: until its marker arrives. */
  | { readonly state: "settling"; readonly readyInMs: number | null }
  /** Another file of this name must be taken first; the next run takes this one. */
  | { readonly state: "waits" }
  | { readonly state: "ignored"; readonly why: IgnoredBecause };

export type IgnoredBecause =
  | "hidden"
  /** `*.part`, `*.tmp`, `*.crdownload` */
  | "temporary"
  | "no-match"
  | "marker"
  | "symlink"
  | "symlink-leaves-landing"
  /** Socket, pipe, device. */
  | "not-a-file"
  | "name-not-utf-8";

export interface LandingRules {
  /** Glob below landing. */
  readonly glob: string;
  readonly complete: Completeness;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The run at work on the asset at this moment: what it has taken is not waiting. */
  readonly heldBy?: RunId | null;
}

const temporaryEndings = [".part", ".tmp", ".crdownload"];
const parallelReads = 64;

/**
 * Lists landing without touching it, in byte order of the names. Folders are looked into, hidden ones are not. Files that a dead
 * run had taken and could not give back (their name was taken meanwhile) come first under their name.
 */
export async function listLanding(layout: Layout, asset: AssetName, rules: LandingRules): Promise<readonly LandingEntry[]> {
  const left = await listLeftBehind(layout, asset, rules.heldBy ?? null);
  const landed = await listLanded(layout, asset, rules);
  return takeTurns([...left, ...landed]);
}

interface Found {
  readonly file: string;
  readonly path: string;
  readonly entry: Dirent;
  /** Names in the same folder. */
  readonly beside: ReadonlySet<string>;
}

async function listLanded(layout: Layout, asset: AssetName, rules: LandingRules): Promise<LandingEntry[]> {
  const landing = layout.landing(asset);
  const judge = judgeOf(layout, landing, rules);
  const entries = await inParallel(await walk(landing), parallelReads, judge);
  return entries.filter((entry) => entry !== null);
}

async function listLeftBehind(layout: Layout, asset: AssetName, heldBy: RunId | null): Promise<LandingEntry[]> {
  const runs = await readFolder(layout.pickedUpRuns(asset));
  const left: LandingEntry[] = [];
  for (const run of runs.filter((entry) => entry.isDirectory() && entry.name !== heldBy).sort(byName)) {
    const found = await walk(below(layout.pickedUpRuns(asset), run.name));
    // Hidden files in there are flow's own: no delivery is hidden.
    const taken = found.filter(({ file, entry }) => entry.isFile() && !isHidden(file));
    const entries = await inParallel(taken, parallelReads, async (one) => {
      const file = await describe(layout, one, null);
      return file === null ? null : { ...file, state: "ready" as const };
    });
    left.push(...entries.filter((entry) => entry !== null));
  }
  return left;
}

/** All but folders, by full name. */
async function walk(root: string, prefix = ""): Promise<Found[]> {
  const entries = await readFolder(prefix === "" ? root : below(root, prefix));
  const beside = new Set(entries.map((entry) => entry.name));
  const found = await Promise.all(
    entries.map((entry): Promise<Found[]> => {
      const file = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory() && !isHidden(file)) return walk(root, file);
      return Promise.resolve([{ file, path: below(root, file), entry, beside }]);
    }),
  );
  return found.flat();
}

function judgeOf(layout: Layout, landing: string, rules: LandingRules): (found: Found) => Promise<LandingEntry | null> {
  const matches = picomatch(rules.glob, { dot: false });
  const marker = rules.complete.kind === "marker" ? rules.complete.marker : null;
  return async (found) => {
    const why = await whyIgnored(found, landing, matches, marker);
    const beside = why === null && marker !== null ? markerOf(marker, found.file) : null;
    const file = await describe(layout, found, beside === null ? null : below(landing, beside));
    if (file === null) return notThere(layout, found);
    if (why !== null) return { ...file, state: "ignored", why };
    const { complete, now } = rules;
    if (complete.kind === "stable") return { ...file, ...settled(file, complete.stableForMs, now) };
    if (found.beside.has(lastStep(beside ?? ""))) return { ...file, state: "ready" };
    return { ...file, state: "settling", readyInMs: null };
  };
}

async function whyIgnored(
  { file, path, entry }: Found,
  landing: string,
  matches: (file: string) => boolean,
  marker: string | null,
): Promise<IgnoredBecause | null> {
  if (marker !== null && isMarker(marker, lastStep(file))) return "marker";
  if (isHidden(file)) return "hidden";
  if (entry.isSymbolicLink()) return (await leaves(path, landing)) ? "symlink-leaves-landing" : "symlink";
  if (!entry.isFile()) return "not-a-file";
  if (temporaryEndings.some((ending) => file.toLowerCase().endsWith(ending))) return "temporary";
  return matches(file) ? null : "no-match";
}

/** Null where the file is gone by now. */
async function describe(layout: Layout, { file, path }: Found, marker: string | null): Promise<LandedFile | null> {
  const stats = await statIfThere(path);
  if (stats === null) return null;
  return {
    file,
    path: layout.belowStore(path),
    bytes: Number(stats.size),
    modifiedAt: new Date(Number(stats.mtimeNs / 1_000_000n)).toISOString(),
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
    ino: String(stats.ino),
    marker: marker === null ? null : layout.belowStore(marker),
  };
}

/** A listed name that cannot be looked up: taken away meanwhile, or bytes that no text can stand for. */
function notThere(layout: Layout, { file, path }: Found): LandingEntry | null {
  if (!file.includes("\ufffd")) return null;
  const unknown = { bytes: 0, modifiedAt: new Date(0).toISOString(), mtimeNs: "0", ctimeNs: "0", ino: "0", marker: null };
  return { file, path: layout.belowStore(path), ...unknown, state: "ignored", why: "name-not-utf-8" };
}

/**
 * Whether a file has held still for the whole window. Every change of bytes or size moves the ctime, which no user can set:
 * an inode untouched for the window proves it without waiting. An mtime beyond now was set by hand, and proves nothing.
 */
function settled(file: LandedFile, stableForMs: number, now: number): LandingState {
  const ctime = milliseconds(file.ctimeNs);
  const mtime = milliseconds(file.mtimeNs);
  const changed = Math.max(ctime, mtime <= now ? mtime : ctime);
  const readyInMs = changed > now ? stableForMs : stableForMs - (now - changed);
  return readyInMs <= 0 ? { state: "ready" } : { state: "settling", readyInMs: Math.ceil(readyInMs) };
}

/** Of several ready files of one name, the first (what dead runs left, oldest run first) is taken, the others wait. */
function takeTurns(entries: readonly LandingEntry[]): LandingEntry[] {
  const taken = new Set<string>();
  const inTurn = entries.map((entry): LandingEntry => {
    if (entry.state === "ignored") return entry;
    if (taken.has(entry.file)) return { ...entry, state: "waits" };
    taken.add(entry.file);
    return entry;
  });
  return inTurn.sort((a, b) => compareBytes(a.file, b.file));
}

function markerOf(marker: string, file: string): string {
  const folder = file.slice(0, file.length - lastStep(file).length);
  return `${folder}${marker.replaceAll("{name}", () => lastStep(file))}`;
}

function isMarker(marker: string, name: string): boolean {
  const [before = "", ...rest] = marker.split("{name}");
  if (rest.length === 0) return name === marker;
  const after = rest.join("{name}");
  return name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after);
}

function isHidden(file: string): boolean {
  return file.startsWith(".") || file.includes("/.");
}

/** A link that leads nowhere stays where it is, and leaves nothing. */
async function leaves(path: string, landing: string): Promise<boolean> {
  try {
    const [target, root] = await Promise.all([realpath(path), realpath(landing)]);
    return target !== root && !target.startsWith(root + sep);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ELOOP")) return false;
    throw error;
  }
}

async function readFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}

async function statIfThere(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return null;
    throw error;
  }
}

function milliseconds(nanoseconds: string): number {
  return Number(nanoseconds) / 1e6;
}

function lastStep(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

function byName(a: Dirent, b: Dirent): number {
  return compareBytes(a.name, b.name);
}
