import type { CheckOutcome } from "../../core/index.js";
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

export function exampleWords({ examples }: Pick<CheckOutcome, "examples">): string {
  const shown = examples.slice(0, mostExamples).map((row) =>
    Object.entries(row)
      .map(([name, value]) => `${plain(name)}=${plain(value ?? "NULL")}`)
      .join(" "),
  );
  return shown.length === 0 ? "" : `, for example ${shown.join("; ")}`;
}
