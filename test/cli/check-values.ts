import type { CheckReport, TestReport } from "../../core/project.js";
import { name, run } from "./values.js";

const asked = {
  severity: "error",
  result: "passed",
  passed: true,
  failures: 0,
  looked_at: null,
  examples: [],
  rows: null,
  problem: null,
} as const;

export const checkReport: CheckReport = {
  check: 1,
  assets: [
    {
      asset: name("orders"),
      version: run,
      rows: 12_345,
      checks: [
        { ...asked, check: "unique(order_id)" },
        {
          ...asked,
          check: "amounts are positive",
          severity: "warn",
          result: "warned",
          passed: false,
          failures: 1200,
          examples: [{ order_id: "7", amount: "-1\u001b[31m" }],
        },
      ],
    },
    { asset: name("daily"), version: run, rows: 3, checks: [] },
    { asset: name("weekly"), version: null, rows: 0, checks: [] },
  ],
};

export const failedChecks: CheckReport = {
  check: 1,
  assets: [
    {
      asset: name("orders"),
      version: run,
      rows: 10,
      checks: [
        { ...asked, check: "few are unknown", failures: 2 },
        { ...asked, check: "not_null(id)", result: "failed", passed: false, failures: 1, examples: [{ id: null }] },
        {
          ...asked,
          check: "range(amount)",
          result: "warned",
          passed: false,
          failures: 3,
          examples: [{ id: "1" }, { id: "2" }, { id: "3" }],
        },
        { ...asked, check: "relationships(c in customers)", result: "failed", passed: false, problem: "`customers` has no version yet" },
      ],
    },
  ],
};

const noDifference = { count: 0, rows: [] };
const tried = {
  asset: name("orders"),
  at: { file: "assets/orders.yaml", line: 12, column: 11 },
  passed: true,
  problem: null,
  expected: 2,
  rows: 2,
  columns: ["id", "amount"],
  missing: noDifference,
  unexpected: noDifference,
  refused: [],
  seconds: 0.21,
} as const;

export const testReport: TestReport = {
  test: 1,
  seconds: 0.42,
  tests: [
    { ...tried, test: "a corrected file replaces what it brought before" },
    { ...tried, asset: name("daily"), test: "one row a day" },
  ],
};

export const failedTests: TestReport = {
  test: 1,
  seconds: 0.42,
  tests: [
    { ...tried, test: "a corrected file replaces what it brought before" },
    {
      ...tried,
      test: "a row without an amount is kept",
      passed: false,
      missing: { count: 1, rows: [["1", null]] },
      unexpected: {
        count: 22,
        rows: [
          ["10", "1.50"],
          ["2", "7.00"],
        ],
      },
      rows: 23,
      refused: [
        { file: "a.csv", rows: 1, reason: "id is not an INTEGER: line 3: id = `\u0007x`" },
        { file: "b.csv", rows: null, reason: "it has no column `id`" },
      ],
    },
    {
      ...tried,
      asset: name("daily"),
      test: "one row a day",
      passed: false,
      problem: "run 2: it cannot be built\nhint: mend it",
      columns: [],
      rows: 0,
    },
  ],
};
