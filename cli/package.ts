import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Version in `package.json`. */
export function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  if (typeof content === "object" && content !== null && "version" in content) return String(content.version);
  throw new Error("package.json states no version");
}

/** Folder that holds `package.json`, `schemas/` and `templates/`: the same from the sources and from `dist/`. */
export function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package.json"))) {
    const above = dirname(dir);
    if (above === dir) throw new Error("package.json of flow is missing");
    dir = above;
  }
  return dir;
}
