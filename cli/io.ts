import type { Clock } from "../core/index.js";

/** A stream to write to: `process.stdout` is one, and so is a sink in a test. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything outside the program that a command may touch, injected so that a test can be the outside. */
export interface Io {
  /** The result. */
  readonly stdout: Output;
  /** Progress and messages. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborts when the user wants the command to stop. */
  readonly signal: AbortSignal;
  /** What a bug report needs to say about the machine, e.g. `node v20.19.0, linux x64`. */
  readonly runtime: string;
}

/** Whether this stream is written to in colour. `NO_COLOR` (no-color.org) and `--no-color` beat everything. */
export function wantsColor(io: Io, output: Output, option: boolean): boolean {
  if (!option || (io.env.NO_COLOR ?? "") !== "" || io.env.TERM === "dumb") return false;
  return output.isTTY === true || isSet(io.env.FORCE_COLOR);
}

/**
 * Whether lines on stderr may be redrawn: a person watches, and it is not a build log. Terminals that do not know their
 * width (`docker run -t` without a size, `script`) say 0, and over 0 columns ora would move up for ever.
 */
export function isLive(io: Io): boolean {
  return io.stderr.isTTY === true && (io.stderr.columns ?? 0) > 0 && !isSet(io.env.CI) && io.env.TERM !== "dumb";
}

/** Set and not switched off: some builders say `CI=false`. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
