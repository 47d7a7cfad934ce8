import { resolve } from "node:path";
import type { FlowProject, OpenOptions } from "../core/index.js";
import type { Ending } from "./exit-code.js";
import { type Io, type Output, wantsColor } from "./io.js";
import type { Paint } from "./print/frame.js";

/** Opens a project: `openProject` of the core, or a fake in a test. */
export type Open = (options: OpenOptions) => Promise<FlowProject>;

/** What every command gets. */
export interface Session {
  readonly io: Io;
  readonly open: Open;
  /** Says how the command ended; not called, it is `done`. */
  readonly end: (ending: Ending) => void;
}

/** Options that every command knows, before or after its name. */
export interface GlobalOptions {
  readonly project?: string;
  readonly profile?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly quiet?: true;
  readonly color: boolean;
  readonly threads?: number;
}

/** The core is loaded here and not before, so that `--help` never waits for DuckDB. */
export const openCore: Open = async (options) => {
  const { openProject } = await import("../core/index.js");
  return openProject(options);
};

/** Opens the project, tells its warnings, and closes it whatever happens. */
export async function withProject<T>(session: Session, options: GlobalOptions, use: (project: FlowProject) => Promise<T>): Promise<T> {
  await using project = await session.open(openOptions(session.io, options));
  await tellDiagnostics(session.io, options, project.warnings);
  return await use(project);
}

function openOptions(io: Io, options: GlobalOptions): OpenOptions {
  return {
    dir: resolve(io.cwd, options.project ?? "."),
    profile: options.profile ?? null,
    vars: options.vars ?? {},
    env: io.env,
    threads: options.threads ?? null,
    clock: io.clock,
  };
}

/** Code frames on stderr. */
export async function tellDiagnostics(io: Io, options: Pick<GlobalOptions, "color">, diagnostics: FlowProject["warnings"]): Promise<void> {
  if (diagnostics.length === 0) return;
  const { renderDiagnostics } = await import("./print/frame.js");
  io.stderr.write(renderDiagnostics(diagnostics, await paintFor(io, io.stderr, options)));
}

/** The colours of one stream. */
export async function paintFor(io: Io, output: Output, options: Pick<GlobalOptions, "color">): Promise<Paint> {
  const { ansiPaint, noPaint } = await import("./print/frame.js");
  return wantsColor(io, output, options.color) ? ansiPaint : noPaint;
}

/**
 * The same promise, given up when the user wants to stop: for work that changes nothing and has no signal of its own.
 * @throws the signal's reason
 */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}
