import { describe, expect, test } from "vitest";
import { readLimit } from "../../core/declaration/check-limits.js";
import type { Check } from "../../core/model.js";
import { judge } from "../../core/operators/judge.js";

function check(error_if: string | undefined, warn_if: string | undefined): Check {
  return { errorIf: readLimit(error_if), warnIf: readLimit(warn_if) } as Check;
}

describe("a limit", () => {
  test.each([
    ["> 0", undefined, 0, "passed"],
    ["> 0", undefined, 1, "failed"],
    ["> 10", "> 0", 10, "warned"],
    ["> 10", "> 0", 11, "failed"],
    [">= 10", "> 3", 3, "passed"],
    [">= 10", "> 3", 4, "warned"],
    [">= 10", "> 3", 10, "failed"],
    ["> 1%", "> 0.5%", 1, "passed"],
    ["> 1%", "> 0.5%", 2, "warned"],
    ["> 1%", "> 0.5%", 3, "failed"],
    [">= 1%", "> 1", 2, "failed"],
    [undefined, ">= 2.5%", 4, "passed"],
    [undefined, ">= 2.5 %", 5, "warned"],
    [">= 0", undefined, 0, "passed"],
  ] as const)("error_if %s, warn_if %s: %i of 200 rows %s", (errorIf, warnIf, failures, result) => {
    expect(judge(check(errorIf, warnIf), failures, 200)).toBe(result);
  });
});
