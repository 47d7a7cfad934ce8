import { describe, expect, test } from "vitest";
import { flow } from "./harness.js";

const commands = [
  "init",
  "declare",
  "plan",
  "run",
  "status",
  "lineage",
  "query",
  "show",
  "history",
  "diff",
  "late",
  "check",
  "test",
  "verify",
  "withdraw",
  "rollback",
  "why",
  "gc",
  "fsck",
  "quarantine",
  "quarantine list",
  "quarantine show",
  "quarantine release",
  "quarantine discard",
];

test("flow --help reads as in its golden", async () => {
  const { stdout } = await flow(["--help"]);
  await expect(stdout).toMatchFileSnapshot("goldens/help.txt");
});

describe.each(commands)("flow %s --help", (command) => {
  test("reads as in its golden", async () => {
    const { stdout, stderr, code } = await flow([...words(command), "--help"]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    await expect(stdout).toMatchFileSnapshot(`goldens/help-${command.replace(" ", "-")}.txt`);
  });

  test("ends in examples that are command lines of flow", async () => {
    const { stdout } = await flow([...words(command), "--help"]);
    const examples = [...stdout.slice(stdout.indexOf("\nExamples:\n")).matchAll(/^ {2}\$ flow (.*?) +# /gm)].map((match) => match[1] ?? "");
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      // With --help at its end, the words are read and nothing is done.
      expect((await flow([...words(example), "--help"])).code, example).toBe(0);
      if (!["init", "declare", "lineage"].includes(command)) expect([0, 4], example).toContain((await flow(words(example))).code);
    }
  });
});

/** As a shell splits them: by blanks, but not between double quotes. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}
