import { describe, expect, test } from "vitest";
import type { RunId } from "../core/model.js";
import { isRunId, nextRunId, timeOfRun } from "../core/run-id.js";

const noon = Date.parse("2026-03-04T12:00:00.007Z");

describe("a run id", () => {
  test("says when its run began, in UTC", () => {
    expect(nextRunId(noon, null, "a1b2")).toBe("20260304T120000007Z-a1b2");
    expect(timeOfRun(nextRunId(noon, null))).toBe(noon);
  });

  test("is known as one, and other names are not", () => {
    expect(isRunId(nextRunId(noon, null))).toBe(true);
    for (const name of ["", "x", "20260304T120000007Z-A1B2", "20260304T120000007Z-a1b2x", "../20260304T120000007Z-a1b2"]) {
      expect(isRunId(name)).toBe(false);
    }
  });
});

describe("[C06] run ids sort", () => {
  test.each([
    ["the clock went on", noon + 60_000, "20260304T120100007Z-0000"],
    ["the clock stood still", noon, "20260304T120000008Z-0000"],
    ["the clock was set back", noon - 3_600_000, "20260304T120000008Z-0000"],
  ])("when %s", (_how, now, expected) => {
    const last = "20260304T120000007Z-zzzz" as RunId;
    expect(nextRunId(now, last, "0000")).toBe(expected);
    expect(nextRunId(now, last) > last).toBe(true);
  });
});
