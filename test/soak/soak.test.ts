import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Seen } from "../crash/reader.js";
import { runHere } from "../crash/shop.js";
import { buildFaultyFlow, startFlow } from "../crash/subprocess.js";
import { filesUnder } from "../scenarios/store-picture.js";
import { temporaryFolder } from "../scenarios/world.js";

/**
 * A writer drops files of one number each, `flow run` is started in a loop and killed at random, a reader reads in a loop. After
 * `FLOW_SOAK_SECONDS`, or when all `FLOW_SOAK_FILES` are dropped and taken, the runs are left alone: every number is there, once.
 */
const seconds = Number(process.env["FLOW_SOAK_SECONDS"] ?? 1800);
const most = Number(process.env["FLOW_SOAK_FILES"] ?? 10_000);

const bin = buildFaultyFlow("soak");

test(`[F01] every number exactly once: up to ${most} files, runs killed at random for up to ${seconds} s`, async () => {
  const root = await mkdtemp(join(temporaryFolder(), "flow-soak-"));
  const landing = join(root, "data/ingest/landing/numbers");
  await mkdir(join(root, "assets"), { recursive: true });
  await mkdir(landing, { recursive: true });
  await writeFile(join(root, "flow.yaml"), "name: soak\nstore: data\ndefaults: { ingest: { complete: { stable_for: 0s } } }\n");
  await writeFile(join(root, "assets/numbers.yaml"), "columns: { v: INTEGER }\npartition_by: bucket(8, v)\n");
  await writeFile(join(root, "assets/total.yaml"), "sql: select sum(v)::BIGINT as v, count(*) as n from numbers\n");

  const end = performance.now() + seconds * 1000;
  const written = { files: 0, done: false };
  const writing = write(landing, end, written);
  const reader = spawn(process.execPath, [join(dirname(bin), "reader.js"), join(root, "data"), "numbers", "resolved"]);
  let told = "";
  reader.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
  const readerEnded = once(reader, "close");

  const runs = { killed: 0, ended: 0 };
  // As long as a run takes, about: some are killed early, some late, some not.
  let longest = 2000;
  while (performance.now() < end && !(written.done && (await readdir(landing)).length === 0)) {
    const run = startFlow(bin, root, ["run"]);
    const timer = setTimeout(() => run.child.kill("SIGKILL"), Math.random() * longest);
    const { code, signal, stderr } = await run.ended;
    clearTimeout(timer);
    if (signal === "SIGKILL") {
      runs.killed += 1;
      longest *= 1.3;
    } else {
      expect(code, stderr).toBe(0);
      runs.ended += 1;
      longest = Math.max(2000, longest * 0.7);
    }
  }
  await writing;
  // A file may wait behind another of its name, and the last run may have been killed.
  for (let left = 3; left > 0; left--) {
    const { code, stdout, stderr } = await runHere(root, ["run"]);
    expect(code, stdout + stderr).toBe(0);
  }
  reader.kill("SIGTERM");
  await readerEnded;
  const { answers, errors } = JSON.parse(told) as Seen;
  const doubled = Object.keys(answers).filter((answer) => answer.split(",")[0] !== answer.split(",")[4]);
  console.info(`${written.files} files, ${runs.killed} runs killed, ${runs.ended} not; readings of ${Object.keys(answers).length} states`);

  const { stdout } = await runHere(root, ["query", "select v from numbers order by v", "--format", "csv"]);
  const numbers = stdout.trim().split("\n").slice(1).map(Number);
  expect(numbers).toEqual(Array.from({ length: written.files }, (_, n) => n));
  const total = await runHere(root, ["query", "select n from total", "--format", "csv"]);
  expect(total.stdout).toBe(`n\n${written.files}\n`);
  expect((await runHere(root, ["verify"])).code).toBe(0);
  expect(await filesUnder(join(root, "data/staging"))).toEqual([]);
  expect((await filesUnder(join(root, "data/ingest/archive"))).filter((file) => file.endsWith(".csv"))).toHaveLength(written.files);
  expect(doubled).toEqual([]);
  for (const words of Object.keys(errors)) expect(words).toMatch(/no such file or directory/i);
  expect(runs.killed).toBeGreaterThan(0);
  await rm(root, { recursive: true, force: true });
});

/** Whole or not at all, as a producer should; so slowly that each run finds some. */
async function write(landing: string, end: number, written: { files: number; done: boolean }): Promise<void> {
  while (written.files < most && performance.now() < end) {
    const [part, whole] = [`${written.files}.csv.part`, `${written.files}.csv`].map((name) => join(landing, name));
    await writeFile(part ?? "", `v\n${written.files}\n`);
    await rename(part ?? "", whole ?? "");
    written.files += 1;
    if (written.files % 10 === 0) await sleep((seconds * 8000) / most);
  }
  written.done = true;
}
