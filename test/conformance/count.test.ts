import { expect, test } from "vitest";
import { cases, idsIn } from "./cases.js";
import { conformanceLine } from "./count.js";

test("a case with a failing test does not count, and one that nobody tests is named", () => {
  const all = new Set(cases);
  expect(conformanceLine(all, new Set(["A02"]))).toMatch(/^conformance: 52 of 53 cases ran: A01 A03 .*; failing: A02$/);
  all.delete("G03");
  expect(conformanceLine(all, new Set())).toMatch(/; not yet: G03$/);
});

test("a test may name several cases", () => {
  expect(idsIn("[B10] [B06] A revision that leaves a partition")).toEqual(["B10", "B06"]);
  expect(idsIn("no case, only A01")).toEqual([]);
});
