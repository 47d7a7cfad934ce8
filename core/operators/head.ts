import { open } from "node:fs/promises";
import { constants, gunzipSync } from "node:zlib";

const headBytes = 1 << 16;

/** The first bytes of a file, unpacked where it ends in `.gz`. */
export async function readHead(path: string): Promise<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const head = buffer.subarray(0, bytesRead);
    // The head of a compressed file is a stream cut off: take what it holds so far.
    return path.endsWith(".gz") ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }) : head;
  } finally {
    await handle.close();
  }
}
