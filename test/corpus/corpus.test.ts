import { expect, test } from "vitest";
import { judge, type Sample, type Verdict } from "./corpus.js";
import { polluters } from "./polluters.js";
import { randomFrom } from "./random.js";
import { cleanTables } from "./tables.js";

// Clean tables, polluted in every way that files are. Each is loaded exactly, or what is not is in quarantine: never anything else.

test("[E01] [E03] no polluted file is loaded otherwise than its clean table", { timeout: 120_000 }, async () => {
  const samples = corpus(1);
  expect(samples.length).toBeGreaterThanOrEqual(300);
  const verdicts = await judge(samples);
  console.log(scoreOf(verdicts));
  if (process.env["FLOW_CORPUS"] === "all") console.log(verdicts.map(lineOf).join("\n"));
  expect(verdicts.filter(({ outcome }) => outcome === "wrong").map(lineOf)).toEqual([]);
});

function corpus(seed: number): readonly Sample[] {
  const random = randomFrom(seed);
  return cleanTables.flatMap((table) =>
    [...polluters].flatMap(([name, polluter]) => {
      for (let attempt = 0; attempt < 5; attempt++) {
        const polluted = polluter(table, random);
        if (polluted !== null) return [{ ...polluted, table, name }];
      }
      return [];
    }),
  );
}

function scoreOf(verdicts: readonly Verdict[]): string {
  const count = (outcome: Verdict["outcome"]): number => verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const rows = verdicts.reduce((sum, { loaded }) => sum + loaded, 0) / verdicts.length;
  return `corpus: ${verdicts.length} polluted files: ${count("whole")} loaded whole, ${count("part")} in part, ${count("refused")} refused, ${count("wrong")} wrong; ${(rows * 100).toFixed(1)} % of the rows`;
}

function lineOf({ sample, outcome, words }: Verdict): string {
  return `${outcome}  ${sample.table.name}, ${sample.name}: ${words.slice(0, 300)}`;
}
