import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Compiles `faulty-flow.ts` and all of flow aside; the path of the bin. Suites that run side by side give different names. */
export function buildFaultyFlow(name: string): string {
  const into = join(root, "node_modules/.cache/flow-crash", name);
  rmSync(into, { recursive: true, force: true });
  const built = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", join(root, "test/crash"), "--outDir", into], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stdout);
  return join(into, "test/crash/faulty-flow.js");
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when it has said so on stderr, or has ended. */
  says(words: string): Promise<void>;
}

/** A command line in a process of its own. */
export function startFlow(bin: string, cwd: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [bin, ...argv], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const told = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...told })));
  const said = (words: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (told.stderr.includes(words) && resolve());
      child.stderr.on("data", look);
      look();
    });
  return { child, ended, says: async (words) => void (await Promise.race([said(words), ended])) };
}
