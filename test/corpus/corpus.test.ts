import { expect, test } from "vitest";
import { judge, lineOf, type Sample, scoreOf } from "./corpus.js";
import { polluters } from "./polluters.js";
import { randomFrom } from "./random.js";
import { cleanTables } from "./tables.js";

// Clean tables, polluted in every way that files are. Each is loaded exactly, or what is not is in quarantine: never anything else.

test("[E01] [E03] no polluted file is loaded otherwise than its clean table", { timeout: 120_000 }, async () => {
  const samples = corpus(1);
  expect(samples.length).toBeGreaterThanOrEqual(300);
  const verdicts = await judge(samples);
  console.log(`corpus: ${scoreOf(verdicts)}`);
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
