import type { TestOutcome, TestReport } from "../../core/index.js";
import { renderLines } from "./align.js";
import { count, duration, thousands } from "./amount.js";
import { plain, plainLines } from "./plain.js";

/** A line for each test, and below one that fails what differs and where it is declared; a last line sums up. */
export function renderTests({ tests, seconds }: TestReport, { quiet }: { readonly quiet: boolean }): string {
  const shown = tests.filter(({ passed }) => !quiet || !passed);
  const heads = renderLines(shown.map(({ asset, test, passed }) => [`${passed ? "+" : "!"} ${asset}`, plain(test)])).split("\n");
  const lines = shown.flatMap((outcome, at) => [heads[at] ?? "", ...(outcome.passed ? [] : details(outcome))]);
  return [...lines, summary(tests, seconds)].map((line) => `${line.trimEnd()}\n`).join("");
}

function details(outcome: TestOutcome): readonly string[] {
  const { at, problem, refused } = outcome;
  return [
    `    --> ${plain(at.file)}:${at.line}:${at.column}`,
    ...(problem === null ? difference(outcome) : plainLines(problem).split("\n")).map((line) => `    ${line}`),
    ...refused.map(
      ({ file, rows, reason }) => `    ${plain(file)}: ${rows === null ? "" : `${count(rows, "row")} `}refused: ${plain(reason)}`,
    ),
  ];
}

/** `-` is expected and not there, `+` is there and not expected: as in a diff. */
function difference({ columns, missing, unexpected, expected, rows }: TestOutcome): readonly string[] {
  const cells = (sign: string, values: readonly (string | null)[]): readonly string[] => [
    sign,
    ...values.map((value) => (value === null ? "NULL" : plain(value))),
  ];
  const table = [cells(" ", columns), ...missing.rows.map((row) => cells("-", row)), ...unexpected.rows.map((row) => cells("+", row))];
  const hidden = missing.count - missing.rows.length + unexpected.count - unexpected.rows.length;
  return [
    `${count(expected, "row")} expected, ${thousands(rows)} there: ${thousands(missing.count)} missing (-), ${thousands(unexpected.count)} too many (+)`,
    ...renderLines(table).trimEnd().split("\n"),
    ...(hidden > 0 ? [`… and ${thousands(hidden)} more`] : []),
  ];
}

/** `3 tests passed, 1 failed in 0.8 s.` */
function summary(tests: readonly TestOutcome[], seconds: number): string {
  if (tests.length === 0) return "No asset declares a test.";
  const failed = tests.filter(({ passed }) => !passed).length;
  const passed = tests.length - failed;
  if (failed === 0) return `${count(passed, "test")} passed in ${duration(seconds)}.`;
  return `${count(failed, "test")} failed, ${thousands(passed)} passed in ${duration(seconds)}.`;
}
