import { decode, detectEncoding } from "../csv/encoding.js";
import { isSystemError } from "../store/trouble.js";
import { unpacked } from "../store/unpacked.js";

/** Longer lines are cut: they are for people. */
const longest = 2000;

/** A line of a raw text file, from 1, as it stands there; null where the file is gone, is no text, or is shorter. */
export async function lineOf(path: string, line: number): Promise<string | null> {
  if (/\.(parquet|zst)$/i.test(path)) return null;
  try {
    const found = await detectEncoding(unpacked(path));
    if (found.encoding === null) return null;
    let at = 1;
    let rest = "";
    for await (const text of decode(unpacked(path), found.encoding)) {
      rest += text;
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        if (at === line) return cut(rest.slice(0, end));
        rest = rest.slice(end + 1);
        at += 1;
      }
    }
    return at === line && rest !== "" ? cut(rest) : null;
  } catch (trouble) {
    if (isSystemError(trouble, "ENOENT")) return null;
    throw trouble;
  }
}

function cut(line: string): string {
  const text = line.replace(/\r$/, "");
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
