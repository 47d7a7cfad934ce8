import { type DiagnosticCode, FlowError } from "../diagnostic.js";

/** Expected trouble with what lies on disk: one diagnostic without a place in a source file. */
export function storeTrouble(code: DiagnosticCode, message: string, hint: string | null): FlowError {
  return new FlowError([{ code, severity: "error", message, at: null, hint }]);
}

/** Whether an error of the operating system carries one of these codes. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
