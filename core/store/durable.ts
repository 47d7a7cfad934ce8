import { execFile } from "node:child_process";
import { closeSync, fsync, lstatSync, openSync, readdirSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inParallel } from "./in-parallel.js";

/** What has to survive a power cut is flushed here: files, the entries of folders, whole trees. Paths are absolute. */

const parallelSyncs = 16;
/** From so many files and folders on, one flush of the whole file system is cheaper than one each (docs/decisions/010). */
const many = 64;

const flush = promisify(fsync);

/** Only the flush waits for the disk, and only it is worth a thread: with thousands of folders the ways there and back cost more. */
export async function sync(path: string): Promise<void> {
  const descriptor = openSync(path, "r");
  try {
    await flush(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Every file and folder below, and the folder itself. `skipLinked`: files with several names were synced under the first. */
export async function syncTree(path: string, skipLinked: boolean): Promise<void> {
  const few: string[] = [];
  for (const each of toSync(path, skipLinked)) {
    few.push(each);
    if (few.length === many && (await syncFileSystem(path))) return;
  }
  await inParallel(few, parallelSyncs, sync);
}

/** What is in a folder, and the folder after it. */
function* toSync(path: string, skipLinked: boolean): Generator<string, void, undefined> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) yield* toSync(child, skipLinked);
    else if (entry.isFile() && !(skipLinked && lstatSync(child).nlink > 1)) yield child;
  }
  yield path;
}

/** syncfs(2) by the command that has it, as Node has no call for it. False where the machine has none. */
async function syncFileSystem(path: string): Promise<boolean> {
  if (platform() !== "linux") return false;
  try {
    await promisify(execFile)("sync", ["-f", "--", path]);
    return true;
  } catch (error) {
    const said = complaint(error);
    // No such command, or one that does not know the option: it does not speak of the path.
    if (!said.includes(path)) return false;
    // The kernel tells an error of writing once: asking again file by file would look as if all were well.
    throw Object.assign(new Error(`EIO: the file system could not be flushed: ${said.trim()}`), { code: "EIO", syscall: "syncfs", path });
  }
}

function complaint(error: unknown): string {
  return typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr) : "";
}
