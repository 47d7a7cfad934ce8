import type { FlowProject, RunOptions, RunReport } from "../core/index.js";
import { toJsonLine } from "./json.js";
import { type GlobalOptions, paintFor, type Session, withProject } from "./session.js";

export interface CarryOutOptions extends GlobalOptions {
  readonly json?: true;
  /** A duration; true: however long it takes. */
  readonly wait?: true | string;
}

/** What publishes new versions: a run, a withdrawal, a release. */
export type Work = (project: FlowProject, outside: Pick<RunOptions, "emit" | "signal" | "waitMs">) => Promise<RunReport>;

/** Carries it out as `flow run` does: progress, then the account; or a line of JSON per event. Ends with 1 where something went wrong. */
export async function carryOut(session: Session, options: CarryOutOptions, work: Work): Promise<void> {
  const waitMs = await patience(options);
  await withProject(session, options, async (project) => {
    const patient: Work = (opened, outside) => work(opened, { ...outside, waitMs });
    const report = await (options.json ? forPrograms : forPeople)(project, patient, options, session);
    const { wentWell } = await import("./print/account.js");
    if (!wentWell(report)) session.end("failed");
  });
}

function forPrograms(project: FlowProject, work: Work, _options: CarryOutOptions, { io }: Session): Promise<RunReport> {
  return work(project, { signal: io.signal, emit: (event) => io.stdout.write(toJsonLine(event)) });
}

async function forPeople(project: FlowProject, work: Work, options: CarryOutOptions, { io }: Session): Promise<RunReport> {
  const { startProgress } = await import("./print/progress.js");
  const { renderAccount } = await import("./print/account.js");
  const quiet = options.quiet === true;
  const progress = await startProgress(io, { quiet, paint: await paintFor(io, io.stderr, options) });
  try {
    const report = await work(project, { signal: io.signal, emit: progress.emit });
    progress.stop();
    io.stdout.write(renderAccount(report, project.catalog.assets, { quiet, paint: await paintFor(io, io.stdout, options) }));
    return report;
  } finally {
    progress.stop();
  }
}

async function patience({ wait }: CarryOutOptions): Promise<number> {
  if (wait === undefined) return 0;
  if (wait === true) return Number.POSITIVE_INFINITY;
  const { error, FlowError, readDuration } = await import("../core/index.js");
  const ms = readDuration(wait);
  if (ms === null) throw new FlowError([error("bad-option", null, `\`${wait}\` is no duration for \`--wait\``, "write 30s, 10m or 2h")]);
  return ms;
}
