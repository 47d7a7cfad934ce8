import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { ContentHash } from "../model.js";

export interface FileHash {
  readonly sha256: ContentHash;
  readonly bytes: number;
  /** Bytes `\n`: how many lines a text file can have at most, known without parsing it. */
  readonly newlines: number;
}

const chunk = 1 << 20;
const newline = 0x0a;

/** SHA-256 of a file's bytes, streamed: one read for a small file, 1 MiB at a time for a large one. */
export async function hashFile(path: string): Promise<FileHash> {
  const handle = await open(path, "r");
  try {
    return await hashHandle(handle);
  } finally {
    await handle.close();
  }
}

export function sha256Of(bytes: string | Uint8Array): ContentHash {
  return createHash("sha256").update(bytes).digest("hex") as ContentHash;
}

async function hashHandle(handle: FileHandle): Promise<FileHash> {
  const { size } = await handle.stat();
  const hash = createHash("sha256");
  // One byte more than the file has, so that a short read says "that was all" without a second read.
  const length = Math.min(size + 1, chunk);
  let current: Buffer = Buffer.allocUnsafe(length);
  let spare: Buffer | null = null;
  let bytes = 0;
  let newlines = 0;
  let { bytesRead } = await handle.read(current, 0, length, 0);
  while (bytesRead > 0) {
    const filled = current.subarray(0, bytesRead);
    bytes += bytesRead;
    const all = bytesRead < length && bytes >= size;
    // The next chunk is read while this one is hashed.
    const other: Buffer = all ? current : (spare ?? Buffer.allocUnsafe(length));
    const next = all ? null : handle.read(other, 0, length, bytes);
    hash.update(filled);
    newlines += countNewlines(filled);
    if (next === null) break;
    [current, spare] = [other, current];
    ({ bytesRead } = await next);
  }
  return { sha256: hash.digest("hex") as ContentHash, bytes, newlines };
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === newline) count++;
  return count;
}
