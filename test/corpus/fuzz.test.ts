import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge, lineOf, scoreOf, type Verdict } from "./corpus.js";
import { fuzzTables, mutant } from "./mutations.js";
import { randomFrom } from "./random.js";

// The law of the corpus over mutants of real deliveries: a few with a fixed seed in `npm test`, as many as there is time for in
// `npm run fuzz -- --seconds 60 --seed 7`. What is wrong is saved, with the seed that makes it again.

const seconds = Number(process.env["FLOW_FUZZ_SECONDS"] ?? "0");
const firstSeed = Number(process.env["FLOW_FUZZ_SEED"] ?? "1");
const batch = 100;

test("[E01] no mutant of a real delivery is loaded otherwise than it was delivered", { timeout: (seconds + 120) * 1000 }, async () => {
  const tables = fuzzTables();
  const until = Date.now() + seconds * 1000;
  const verdicts: Verdict[] = [];
  const wrong: string[] = [];
  let seed = firstSeed;
  do {
    const random = randomFrom(seed);
    const judged = await judge(Array.from({ length: batch }, () => mutant(random, tables)));
    for (const verdict of judged.filter(({ outcome }) => outcome === "wrong"))
      wrong.push(`seed ${seed}: ${lineOf(verdict)} ${await save(seed, verdict)}`);
    verdicts.push(...judged);
    seed += 1;
  } while (Date.now() < until);
  console.log(`seeds ${firstSeed} to ${seed - 1}: ${scoreOf(verdicts)}`);
  expect(wrong).toEqual([]);
});

async function save(seed: number, { sample }: Verdict): Promise<string> {
  const folder = join(tmpdir(), "flow-fuzz");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `seed-${seed}-${sample.table.name}-${Buffer.from(sample.bytes).length}.csv`);
  await writeFile(path, sample.bytes);
  return path;
}
