import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * What the README and the pages of docs/ show is what happens. Of each page, all blocks marked `sh` are run by bash in one new
 * folder, in order, with the real bin; a `text` block right after one is what it printed. Other marks are not looked at
 * (`console` for what is not for a new folder). `UPDATE_DOCS=1` writes the `text` blocks anew.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const built = join(root, "node_modules/.cache/flow-docs-test");
const path = join(built, "path");
const pages = ["README.md", ...markdownBelow("docs")].filter((page) => blocksOf(read(page)).length > 0);

beforeAll(() => {
  rmSync(built, { recursive: true, force: true });
  spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", root, "--outDir", built], { encoding: "utf8" });
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "flow"), `#!/bin/sh\nexec "${process.execPath}" "${join(built, "cli/flow.js")}" "$@"\n`);
  chmodSync(join(path, "flow"), 0o755);
}, 60_000);

afterAll(() => rmSync(built, { recursive: true, force: true }));

test("pages with commands were found", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/tutorial.md"]));
});

test.concurrent.each(pages)(
  "the commands in %s do what the page shows",
  async (page) => {
    const blocks = blocksOf(read(page));
    const printed = await runAll(blocks.map(({ script }) => script));
    if (process.env["UPDATE_DOCS"] !== undefined) update(page, blocks, printed);
    else
      for (const [at, { script, shown }] of blocks.entries())
        if (shown !== null) expect(steady(printed[at] ?? ""), script).toBe(steady(shown));
  },
  120_000,
);

interface Block {
  readonly script: string;
  /** What the page says that it prints; null where it does not say. */
  readonly shown: string | null;
}

function blocksOf(text: string): readonly Block[] {
  const found = text.matchAll(/^```sh\n(.*?)^```\n(?:\n?^```text\n(.*?)^```\n)?/gms);
  return [...found].map(([, script = "", shown]) => ({ script, shown: shown ?? null }));
}

/** What each block prints on stdout. Fails with the block's own words where a command fails. */
async function runAll(scripts: readonly string[]): Promise<readonly string[]> {
  const dir = mkdtempSync(join(tmpdir(), "flow-docs-"));
  const divider = "=== next block ===";
  try {
    const script = scripts.map((block) => `${block}echo "${divider}"\n`).join("");
    const env = { ...process.env, PATH: `${path}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1", CI: "1" };
    const { stdout } = await promisify(execFile)("bash", ["-eu", "-o", "pipefail", "-c", script], { cwd: dir, env });
    return stdout.split(`${divider}\n`).slice(0, -1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Without what differs from run to run: times, run ids, and the widths that follow from them. */
function steady(text: string): string {
  return text
    .replace(/\d+\.\d+ s/g, "0.0 s")
    .replace(/\d{8}T\d{9}Z-[0-9a-z]{4}/g, "RUN")
    .replace(/\S+ \S+(?= +RUN)/g, "WHEN")
    .replace(/ {2,}/g, "  ")
    .replace(/-{2,}/g, "--")
    .trimEnd();
}

/** A block that only took another time than last time stays as it is. */
function update(page: string, blocks: readonly Block[], printed: readonly string[]): void {
  const text = blocks.reduce((all, { script, shown }, at) => {
    const now = printed[at] ?? "";
    if (shown === null || steady(shown) === steady(now)) return all;
    const block = (output: string): string => `\`\`\`sh\n${script}\`\`\`\n\n\`\`\`text\n${output}\`\`\`\n`;
    return all.replace(block(shown), () => block(now));
  }, read(page));
  writeFileSync(join(root, page), text);
}

function markdownBelow(folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}
