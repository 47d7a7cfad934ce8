import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** The bytes of a file, unpacked where its name ends in `.gz`. */
export function unpacked(path: string): AsyncIterable<Uint8Array> {
  const bytes = createReadStream(path, { highWaterMark: 1 << 18 });
  return path.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes;
}
