import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * What a disk keeps when the power goes: of a file the bytes it had at its last fsync, of a folder the names it had at its
 * last. A file or folder that was never flushed is empty; a name whose folder was not flushed since does not exist.
 * All that is there at the beginning counts as flushed.
 */
export interface PowerModel {
  /** To be called when an fsync begins; the answer when it has ended. */
  flush(path: string): () => void;
  /** The same for syncfs. */
  flushAll(): () => void;
  /** What would be found now. */
  found(kept: Kept): Found;
}

/**
 * What was lucky beyond what was flushed. `nothing`; the ledger, which SQLite flushes as it likes; or all names, as a journal
 * of metadata keeps them, but not the bytes.
 */
export const luck = ["nothing", "ledger", "names"] as const;
export type Kept = (typeof luck)[number];

/** Path below the root -> what is there. */
export type Found = ReadonlyMap<string, Entry>;

/** Two names with one id are one file. */

type Entry =
  | { readonly is: "folder"; readonly id: string }
  | { readonly is: "link"; readonly target: string }
  | { readonly is: "file"; readonly id: string; readonly bytes: Buffer; readonly mtimeMs: number };

/** A name in a folder: what it was when the folder was flushed. */
interface Name {
  readonly name: string;
  readonly id: string;
  readonly is: Entry["is"];
  readonly target: string;
}

export function openPowerModel(root: string): PowerModel {
  const files = new Map<string, Extract<Entry, { is: "file" }>>();
  const folders = new Map<string, readonly Name[]>();
  const look = (path: string): (() => void) => {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return () => {};
    const id = idOf(stats);
    if (stats.isDirectory()) {
      const names = namesIn(path);
      return () => folders.set(id, names);
    }
    const file = { is: "file", id, bytes: readFileSync(path), mtimeMs: Number(stats.mtimeMs) } as const;
    return () => files.set(id, file);
  };
  const lookAtAll = (): (() => void) => {
    const looks = [look(root), ...everything(root).map((path) => look(path))];
    return () => looks.forEach((done) => void done());
  };
  lookAtAll()();
  const ledgerAtFirst = ledgerIn(root);
  return {
    flush: (path) => (path === root || path.startsWith(`${root}/`) ? look(path) : () => {}),
    flushAll: lookAtAll,
    found(kept) {
      const found = new Map<string, Entry>();
      const walk = (below: string, id: string): void => {
        const names = kept === "names" ? namesIn(join(root, below)) : (folders.get(id) ?? []);
        for (const { name, id: child, is, target } of names) {
          const path = below === "" ? name : `${below}/${name}`;
          if (isLedger(path)) continue;
          if (is === "link") found.set(path, { is, target });
          else if (is === "file") found.set(path, files.get(child) ?? { is, id: child, bytes: Buffer.alloc(0), mtimeMs: 0 });
          else {
            found.set(path, { is, id: child });
            walk(path, child);
          }
        }
      };
      walk("", idOf(lstatSync(root, { bigint: true })));
      dropOldNames(found, root);
      // A database keeps one of its states by itself: the first or the last.
      for (const [path, entry] of kept === "nothing" ? ledgerAtFirst : ledgerIn(root)) if (found.has(dirname(path))) found.set(path, entry);
      return found;
    },
  };
}

/** No file system lets a folder be in two places: of one that was moved, the old name went with the new one. */
function dropOldNames(found: Map<string, Entry>, root: string): void {
  const places = new Map<string, string[]>();
  for (const [path, entry] of found) if (entry.is === "folder") places.set(entry.id, [...(places.get(entry.id) ?? []), path]);
  for (const paths of places.values()) {
    if (paths.length < 2) continue;
    const now = paths.find((path) => lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined) ?? paths.at(-1);
    for (const old of paths.filter((path) => path !== now)) {
      for (const path of [...found.keys()]) if (path === old || path.startsWith(`${old}/`)) found.delete(path);
    }
  }
}

/** Writes down what was found, in an empty folder. */
export function restore(found: Found, root: string): void {
  const first = new Map<string, string>();
  for (const [path, entry] of found) {
    const to = join(root, path);
    if (entry.is === "folder") mkdirSync(to);
    else if (entry.is === "link") symlinkSync(entry.target, to);
    else if (first.has(entry.id)) linkSync(first.get(entry.id) ?? "", to);
    else {
      first.set(entry.id, to);
      writeFileSync(to, entry.bytes);
      utimesSync(to, entry.mtimeMs / 1000, entry.mtimeMs / 1000);
    }
  }
}

function isLedger(path: string): boolean {
  return path.startsWith("data/.flow/ledger.db");
}

function ledgerIn(root: string): Found {
  const found = new Map<string, Entry>();
  for (const name of ["ledger.db", "ledger.db-wal"]) {
    const path = join(root, "data/.flow", name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) found.set(`data/.flow/${name}`, { is: "file", id: name, bytes: readFileSync(path), mtimeMs: stats.mtimeMs });
  }
  return found;
}

function everything(root: string): readonly string[] {
  const entries = readdirSync(root, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => !entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
}

function namesIn(folder: string): readonly Name[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return [];
    const is = stats.isSymbolicLink() ? "link" : stats.isDirectory() ? "folder" : "file";
    return [{ name, id: idOf(stats), is, target: is === "link" ? readlinkSync(path) : "" } as const];
  });
}

/** Inodes are given out again. */
function idOf({ ino, birthtimeNs }: { readonly ino: bigint; readonly birthtimeNs: bigint }): string {
  return `${ino} ${birthtimeNs}`;
}
