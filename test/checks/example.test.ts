import { expect, test } from "vitest";
import { openProject } from "../../core/run/open.js";

test("the tests of the worked example pass", async () => {
  const options = { dir: new URL("../..", import.meta.url).pathname, profile: null, vars: {}, env: {}, threads: null, clock: Date };
  await using project = await openProject(options);
  const { tests } = await project.test({ include: [], exclude: [] }, { signal: new AbortController().signal });
  expect(tests.filter(({ passed }) => !passed)).toEqual([]);
  expect(tests.length).toBeGreaterThan(4);
});
