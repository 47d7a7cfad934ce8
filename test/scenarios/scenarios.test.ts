import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseScenario } from "./parse-scenario.js";
import { runScenario } from "./run-scenario.js";
import { filesUnder } from "./store-picture.js";

const here = import.meta.dirname;
const files = (await filesUnder(here)).filter((file) => file.endsWith(".scenario"));

test("scenarios are collected", () => expect(files.length).toBeGreaterThan(30));

/** A first line `# open: …` says why a scenario is known to fail: it must, until somebody mends it. */
describe.concurrent("scenarios", () => {
  for (const file of files) {
    const path = join(here, file);
    const text = readFileSync(path, "utf8");
    const play = /^# open: /m.test(text) ? test.fails : test;
    play(`${parseScenario(path, text).name} (${file})`, () => runScenario(path), 60_000);
  }
});
