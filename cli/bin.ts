import type { Io, Output } from "./io.js";
import { main } from "./main.js";
import { type Open, openCore } from "./session.js";

/** Runs the command line of this process: the one file that touches `process`. A test opens projects over ports of its own. */
export async function runBin(open: Open = openCore): Promise<void> {
  const stop = stopOnSignals();
  const io: Io = {
    stdout: tolerant(process.stdout),
    stderr: tolerant(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    clock: { now: () => Date.now() },
    signal: stop,
    runtime: `node ${process.version}, ${process.platform} ${process.arch}`,
  };
  const code = await main(process.argv.slice(2), io, open);
  // A query that was given up may still hold threads; nothing is left to wait for.
  if (stop.aborted) process.exit(code);
  // Not process.exit: what is written to a pipe has still to drain.
  process.exitCode = code;
}

/** The first Ctrl-C lets the run come to a consistent end; the second does not wait for it: the store survives a kill. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new DOMException("stopped by the user", "AbortError"));
    });
  }
  return stop.signal;
}

/** A reader that closed its end (`flow query … | head`) is no error, and no reason to leave a run half-done. */
function tolerant(output: NodeJS.WriteStream): Output {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return output;
}
