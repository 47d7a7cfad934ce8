import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** This release, as package.json says it. */
export function flowVersion(): string {
  const said: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return typeof said === "object" && said !== null && "version" in said ? String(said.version) : "0.0.0";
}

/** The folder with package.json: one or two levels up, from source or from `dist`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!hasPackage(folder)) {
    if (dirname(folder) === folder) throw new Error("no package.json above this file");
    folder = dirname(folder);
  }
  return folder;
}

function hasPackage(folder: string): boolean {
  try {
    readFileSync(join(folder, "package.json"));
    return true;
  } catch {
    return false;
  }
}
