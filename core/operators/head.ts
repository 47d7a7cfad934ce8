import { unpacked } from "../store/unpacked.js";

/** The first lines of a text: enough of them to see how it is written. */
export interface Head {
  readonly bytes: Uint8Array;
  /** Whether that is all of the file. */
  readonly whole: boolean;
}

const enough = 1 << 16;
const most = 1 << 23;

/** The first bytes of a file, unpacked where it ends in `.gz`: 64 KiB, or more until a line ends. */
export async function readHead(path: string): Promise<Head> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of unpacked(path)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most || (length >= enough && chunks.some((part) => part.includes(10) || part.includes(13))))
      return { bytes: Buffer.concat(chunks), whole: false };
  }
  return { bytes: Buffer.concat(chunks), whole: true };
}

/** Without the line that the end of the head cuts off. */
export function wholeLines(text: string, whole: boolean): string {
  if (whole) return text;
  const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
  return end < 0 ? text : text.slice(0, end + 1);
}
