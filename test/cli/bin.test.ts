import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeAll, describe, expect, test } from "vitest";

/**
 * The real bin in a real process, compiled aside, with a core that is a stand-in: it says that it was loaded,
 * and has the one project these tests need.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const built = join(root, "node_modules/.cache/flow-bin-test");
const bin = join(built, "cli/flow.js");

const standIn = `
  process.stderr.write("core loaded\\n");
  const until = (signal) => new Promise((resolve) => signal.addEventListener("abort", resolve));
  export const openProject = async () => ({
    warnings: [],
    catalog: { assets: [] },
    run: async (selection, { signal }) => {
      const alive = setInterval(() => undefined, 1000);
      process.stderr.write("running\\n");
      if (!selection.include.includes("deaf")) await until(signal);
      else await new Promise(() => undefined);
      clearInterval(alive);
      throw new Error("Interrupted!");
    },
    query: async () => ({ columns: [{ name: "n", type: "INTEGER" }], rows: Array.from({ length: 200_000 }, (_, i) => [String(i)]) }),
    [Symbol.asyncDispose]: async () => process.stderr.write("closed\\n"),
  });
`;

/** Says on file descriptor 2 what the process loads. */
const watcher = `
  import { register } from "node:module";
  register("data:text/javascript," + encodeURIComponent(\`
    import { writeSync } from "node:fs";
    export async function load(url, context, next) {
      writeSync(2, "loads " + url + "\\\\n");
      return next(url, context);
    }\`));
`;

beforeAll(() => {
  rmSync(built, { recursive: true, force: true });
  spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", root, "--outDir", built], { encoding: "utf8" });
  mkdirSync(join(built, "core"), { recursive: true });
  writeFileSync(join(built, "core/index.js"), standIn);
  writeFileSync(join(built, "watcher.mjs"), watcher);
}, 60_000);

describe("what is loaded", () => {
  const loadedBy = (...words: readonly string[]): readonly string[] => {
    const { stderr, status } = spawnSync(process.execPath, ["--import", pathToFileURL(join(built, "watcher.mjs")).href, bin, ...words], {
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    });
    expect(status, stderr).toBe(0);
    return [...stderr.matchAll(/^loads (\S+)$/gm)].map((match) => match[1] ?? "");
  };
  const packages = (urls: readonly string[]): readonly string[] => [
    ...new Set(urls.flatMap((url) => /\/node_modules\/(?!\.cache)((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])),
  ];

  test.each([[[]], [["--help"]], [["run", "--help"]], [["--version"]]])("flow %j loads commander and nothing else", (words) => {
    const urls = loadedBy(...words);
    expect(packages(urls)).toEqual(["commander"]);
    expect(urls.filter((url) => url.includes("/core/"))).toEqual([]);
    expect(urls.filter((url) => url.includes("/cli/print/"))).toEqual([]);
  });

  test("a query in a pipe loads no spinner", () => {
    const urls = loadedBy("query", "x");
    expect(urls.some((url) => url.endsWith("/core/index.js"))).toBe(true);
    expect(packages(urls)).not.toContain("ora");
  });
});

describe("the process", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  const start = (...words: readonly string[]) => {
    const child = spawn(process.execPath, [bin, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    const told = { stderr: "" };
    child.stderr.setEncoding("utf8").on("data", (text: string) => (told.stderr += text));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const says = (word: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => void (told.stderr.includes(word) && resolve());
        child.stderr.on("data", look);
        look();
      });
    return { child, told, ended, says };
  };

  test("a reader that closes its end is no error", async () => {
    const { child, told, ended } = start("query", "x", "--format", "csv");
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await ended).toBe(0);
    expect(told.stderr).toBe("core loaded\nclosed\n");
  });

  test("everything arrives in a slow pipe", async () => {
    const { child, ended } = start("query", "x", "--format", "csv");
    let bytes = 0;
    child.stdout.on("data", (chunk: Buffer) => (bytes += chunk.length));
    expect(await ended).toBe(0);
    expect(bytes).toBe("n\n".length + Array.from({ length: 200_000 }, (_, i) => `${i}\n`).join("").length);
  });

  test("SIGINT ends a run with 130, after it has closed the project", async () => {
    const { child, told, ended, says } = start("run");
    await says("running");
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(told.stderr).toMatch(/closed\ninterrupted: the state is consistent/);
  });

  test("a second SIGINT does not wait", async () => {
    const { child, told, ended, says } = start("run", "deaf");
    await says("running");
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(told.stderr).not.toContain("closed");
  });
});
