import type { Range, SourceFile } from "./source.js";

/** Every kind of trouble flow can name: one line of meaning each. The docs' error table is made from it. */
export const diagnosticCodes = {
  // Reading files
  "no-project": "there is no `flow.yaml` in the folder or above it",
  "unreadable-file": "a file cannot be read, or is not UTF-8",
  "yaml-syntax": "the file is not well-formed YAML",
  "tab-indent": "a tab where YAML wants spaces",
  "duplicate-key": "one mapping has the same key twice",

  // Shape of a declaration
  "unknown-key": "a key that flow does not know",
  "missing-key": "a key that must be there is not",
  "wrong-type": "a value of the wrong type, e.g. a text where a list belongs",
  "bad-value": "a value that is not one of those allowed here",
  "unknown-check": "a check that flow does not know",
  "bad-check": "a check whose arguments do not fit together",
  "bad-test": "a test whose parts do not fit together, or do not fit the asset",
  "bad-name": "an asset name outside `[a-z][a-z0-9_]*`",
  "bad-duration": "a duration that is not a number and a unit, such as `5m` or `30d`",
  "bad-glob": "a file pattern that cannot match, or that leaves its folder",
  "bad-regex": "a regular expression that does not compile",
  "bad-type": "a column type that does not exist",
  "bad-partition": "a partition term that cannot be read, or does not fit its column",
  "bad-column": "a column whose name or settings are not allowed",
  "bad-timezone": "a time zone that is not in the IANA list",
  "unknown-variable": "a variable that neither `flow.yaml` nor the environment sets",
  "unknown-profile": "a profile that `flow.yaml` does not have",

  // Meaning of a declaration
  "duplicate-asset": "two declarations have the same asset name",
  "duplicate-column": "two columns, or a column and an alias, have the same name",
  "duplicate-check": "two checks of one asset have the same name",
  "duplicate-test": "two tests of one asset have the same name",
  "undeclared-column": "a setting names a column that the asset does not declare",
  "conflicting-keys": "two settings that exclude each other",
  "no-effect": "a setting that can never take effect",
  "orphan-sql": "a `.sql` file under `assets/` without a declaration",

  // SQL and the graph
  "sql-syntax": "SQL that does not parse, or is not one SELECT",
  "sql-error": "SQL that parses but cannot be executed",
  "unknown-table": "SQL reads a table that is not an asset of the project",
  "qualified-table": "SQL names a table with a schema or catalog before it",
  "unknown-parameter": "SQL uses a `:name` that is not a project variable",
  "unknown-column": "SQL uses a column that its input does not have",
  "contract-mismatch": "the SQL's columns are not the declared ones",
  "self-reference": "an asset's SQL reads the asset itself",
  cycle: "assets read each other in a circle",
  "not-deterministic": "SQL that may yield other rows from the same inputs",

  // Words on the command line
  "bad-option": "an option or argument that is not allowed",
  "bad-selector": "a selector that cannot be read",
  "unknown-asset": "a name that is not an asset of the project",
  "unknown-tag": "a tag that no asset carries",
  "unknown-path": "a path below which no asset is declared",

  // Work
  "bad-row": "a row that does not fit the declared columns",
  "bad-file": "a landed file that cannot be taken",
  "partly-built": "a large build that stopped before its end; what is done of it is kept",
  "file-settling": "a landed file that is still being written, or waits for its marker",
  "link-leaves-landing": "a link in landing that leads out of it",
  "bad-store": "a store folder that cannot be used",
  "new-column": "a landed file has a column that is not declared",
  "missing-column": "a landed file lacks a declared column",
  "dialect-guessed": "how a landed file is written was found out, and could be otherwise",
  "check-failed": "a declared check found rows that break it",
  "asset-failed": "an asset could not be brought up to date",
  locked: "another run holds the asset",
  "stale-plan": "a saved plan no longer fits the state",
  "raw-gone": "a raw file that was taken out of the log has to be read again",
  "store-damaged": "the store does not hold what its manifests say",
  "store-newer": "the store or its ledger was written by a newer release",
  "ledger-damaged": "the ledger cannot be read; it can be rebuilt from the store",
  "ledger-busy": "another process keeps the ledger locked",
  "ledger-unwritable": "the ledger cannot be opened or written",
  "path-escapes": "a name from outside that would leave its folder",
  "file-changed": "a file changed while it was moved",
  "unknown-delivery": "a file that the asset has no delivery of",
  "unknown-version": "a version that the asset does not have",
  interrupted: "the run was stopped from outside",
} as const;

export type DiagnosticCode = keyof typeof diagnosticCodes;

export interface Place {
  readonly file: SourceFile;
  readonly range: Range;
}

/** Expected trouble, as data: what, where, why, what to do. Never thrown by the rooms that find it. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: "error" | "warning";
  /** States the rule or the mismatch and quotes the user's text in backticks. */
  readonly message: string;
  readonly at: Place | null;
  /** What to do. */
  readonly hint: string | null;
}

/** The one error class for "cannot go on": expected trouble that reaches a person without a stack. */
export class FlowError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join("\n"));
    this.name = "FlowError";
    this.diagnostics = diagnostics;
  }
}

/** Trouble that stops the command. */
export function error(code: DiagnosticCode, at: Place | null, message: string, hint: string | null = null): Diagnostic {
  return { code, severity: "error", message, at, hint };
}

/** Trouble worth a line that stops nothing. */
export function warning(code: DiagnosticCode, at: Place | null, message: string, hint: string | null = null): Diagnostic {
  return { code, severity: "warning", message, at, hint };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}

/** By file, then position; trouble without a place first. Exact repetitions are dropped. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics].sort(byPlace).filter((d) => {
    const identity = JSON.stringify([d.code, d.message, d.at?.file.path, d.at?.range]);
    return !seen.has(identity) && seen.add(identity);
  });
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (
    compare(a.at?.file.path ?? "", b.at?.file.path ?? "") ||
    (a.at?.range.start ?? -1) - (b.at?.range.start ?? -1) ||
    compare(a.code, b.code) ||
    compare(a.message, b.message)
  );
}

/** By code unit, so that the order is the same in every locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
