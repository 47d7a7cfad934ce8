import type { CheckOutcome, CheckReport } from "../../core/index.js";
import { renderLines } from "./align.js";
import { count, thousands } from "./amount.js";
import { plain } from "./plain.js";

const mostExamples = 3;

/** What a check found, with a few rows and where the rest lies; nothing where it passed. */
export function checkDetails(check: CheckOutcome): readonly string[] {
  if (check.passed) return [];
  const head = `check ${plain(check.check)} (${severityWords(check)}): `;
  if (check.problem !== null) return [`${head}cannot be asked: ${plain(check.problem)}`];
  const rows = check.rows === null ? [] : [`    rows: ${plain(check.rows)}`];
  return [`${head}${count(check.failures, "row")}${partWords(check)}${exampleWords(check)}`, ...rows];
}

/** An error check that stays below `error_if` only warns. */
function severityWords({ severity, result }: CheckOutcome): string {
  return severity === "error" && result === "warned" ? "error, below error_if" : severity;
}

/** The count is of the whole table, the examples are of what was looked at. */
function partWords({ failures, looked_at }: CheckOutcome): string {
  if (looked_at === null || looked_at.failures === failures) return "";
  const those = looked_at.failures === 0 ? "none" : thousands(looked_at.failures);
  return `, ${those} of them in the ${count(looked_at.partitions, "partition")} that changed`;
}

function exampleWords({ examples }: Pick<CheckOutcome, "examples">): string {
  const shown = examples.slice(0, mostExamples).map((row) =>
    Object.entries(row)
      .map(([name, value]) => `${plain(name)}=${plain(value ?? "NULL")}`)
      .join(" "),
  );
  return shown.length === 0 ? "" : `, for example ${shown.join("; ")}`;
}

/** `flow check`: a line for each check, by asset; a last line sums up. */
export function renderChecks({ assets }: CheckReport, { quiet }: { readonly quiet: boolean }): string {
  const lines = assets.flatMap(({ asset, version, checks }): readonly (readonly string[])[] => {
    if (checks.length === 0) return quiet ? [] : [[`= ${asset}`, version === null ? "no version yet" : "no checks"]];
    return checks
      .filter(({ passed }) => !quiet || !passed)
      .map((check) => [`${marks[check.result]} ${asset}`, plain(check.check), resultWords(check)]);
  });
  return `${renderLines(lines)}${summary(assets.flatMap(({ checks }) => checks))}\n`;
}

const marks = { passed: "+", warned: "~", failed: "!" } as const;

function resultWords(check: CheckOutcome): string {
  if (check.problem !== null) return `cannot be asked: ${plain(check.problem)}`;
  const rows = check.failures === 0 ? "" : count(check.failures, "row");
  if (check.passed) return rows === "" ? "passed" : `passed: ${rows}, below the limit`;
  return `${severityWords(check)}: ${rows}${exampleWords(check)}`;
}

/** `5 checks: 3 passed, 1 warned, 1 failed.` */
function summary(checks: readonly CheckOutcome[]): string {
  if (checks.length === 0) return "Nothing to check.";
  const counts = (["passed", "warned", "failed"] as const)
    .map((result) => [checks.filter((check) => check.result === result).length, result] as const)
    .filter(([number]) => number > 0)
    .map(([number, result]) => `${thousands(number)} ${result}`);
  return `${count(checks.length, "check")}: ${counts.join(", ")}.`;
}
