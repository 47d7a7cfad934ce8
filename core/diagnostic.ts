import type { Range, SourceFile } from "./source.js";

/** Every kind of trouble flow can name: one line of meaning each. The docs' error table is made from it. */
export const diagnosticCodes = {
  "yaml-syntax": "the file is not well-formed YAML",
  "unknown-key": "a key that flow does not know",
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
