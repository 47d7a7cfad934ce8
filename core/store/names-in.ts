import { readdir } from "node:fs/promises";
import { isSystemError } from "./trouble.js";

/** Names in a folder, in no order; none where it is gone. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}
