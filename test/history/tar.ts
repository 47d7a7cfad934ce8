import { gunzipSync } from "node:zlib";

/** Files of a .tar.gz by their path: as much of the format (POSIX ustar) as an archive of plain files needs. */
export function untar(packed: Uint8Array): ReadonlyMap<string, Buffer> {
  const bytes = gunzipSync(packed);
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at + 512 <= bytes.length) {
    const header = bytes.subarray(at, at + 512);
    const name = field(header, 0, 100);
    if (name === "") break;
    const size = Number.parseInt(field(header, 124, 12), 8);
    const start = at + 512;
    if (field(header, 156, 1) !== "5") files.set(name.replace(/^\.\//, ""), bytes.subarray(start, start + size));
    at = start + Math.ceil(size / 512) * 512;
  }
  return files;
}

function field(header: Buffer, from: number, length: number): string {
  return (
    header
      .subarray(from, from + length)
      .toString("utf8")
      .split("\0")[0] ?? ""
  ).trim();
}
