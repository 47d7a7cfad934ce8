import { CommanderError } from "commander";
import type { Diagnostic, DiagnosticCode } from "../core/index.js";

/** How a command came to its end. */
export type Ending =
  | "done"
  /** An asset failed, or something was refused. */
  | "failed"
  /** `plan --exit-code`: there is something to do. */
  | "work-pending"
  /** The command line or the declarations are wrong; nothing was done. */
  | "wrong"
  /** Another run holds the asset, or a saved plan no longer fits. */
  | "locked"
  | "interrupted"
  /** A defect of flow itself. */
  | "bug";

const codes: Readonly<Record<Ending, number>> = {
  done: 0,
  failed: 1,
  wrong: 2,
  locked: 3,
  "work-pending": 4,
  /** EX_SOFTWARE of sysexits.h */
  bug: 70,
  /** 128 + SIGINT, as shells count */
  interrupted: 130,
};

/** The one place where exit codes are decided (design section 9). */
export function exitCode(ending: Ending): number {
  return codes[ending];
}

/** What an error says about how the command ended. */
export function endingOf(error: unknown): Ending {
  if (error instanceof CommanderError) return asked.has(error.code) ? "done" : "wrong";
  if (isFlowError(error)) return strongest(error.diagnostics.map((d) => endings[d.code] ?? "wrong"));
  return isMachineTrouble(error) ? "failed" : "bug";
}

/** commander throws for these too, when help or version were what the user wanted. */
const asked: ReadonlySet<string> = new Set(["commander.help", "commander.helpDisplayed", "commander.version"]);

/** Codes that speak of work that was tried, or of others at work; all the rest are about what the user wrote. */
const endings: Readonly<Partial<Record<DiagnosticCode, Ending>>> = {
  locked: "locked",
  "stale-plan": "locked",
  interrupted: "interrupted",
  "bad-row": "failed",
  "bad-file": "failed",
  "check-failed": "failed",
  "asset-failed": "failed",
  "store-damaged": "failed",
  "raw-gone": "failed",
  "store-newer": "failed",
  "file-changed": "failed",
  "path-escapes": "failed",
  "ledger-damaged": "failed",
  "ledger-unwritable": "failed",
  "ledger-busy": "locked",
};

function strongest(endings: readonly Ending[]): Ending {
  const order: readonly Ending[] = ["interrupted", "locked", "failed", "wrong"];
  return order.find((ending) => endings.includes(ending)) ?? "wrong";
}

/** By shape, not by class: asking for the class would load the core for every `--help`. */
export function isFlowError(error: unknown): error is Error & { readonly diagnostics: readonly Diagnostic[] } {
  return error instanceof Error && error.name === "FlowError" && "diagnostics" in error && Array.isArray(error.diagnostics);
}

/** Disk full, permission denied, …: the operating system refused, which is no defect of flow. */
export function isMachineTrouble(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}
