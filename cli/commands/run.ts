import type { Command } from "commander";
import type { AssetPlan, Emit, FlowProject, RunReport, Selection } from "../../core/index.js";
import { toJsonLine } from "../json.js";
import { type GlobalOptions, paintFor, type Session, withProject } from "../session.js";
import { examples, excludeOption, jsonOption, selectionWords, threadsOption } from "../words.js";

interface RunOptions extends GlobalOptions {
  readonly exclude?: readonly string[];
  readonly json?: true;
}

/** `flow run`: does exactly what `flow plan` showed. Never prompts. */
export function addRun(program: Command, session: Session): void {
  program
    .command("run")
    .summary("take what has landed, bring the tables up to date")
    .description("Take what has landed and bring the tables up to date: exactly what `flow plan` shows.")
    .argument("[assets...]", `${selectionWords}; what they need runs too`)
    .addOption(excludeOption())
    .addOption(threadsOption())
    .addOption(jsonOption("print each event as a line of JSON; the last one carries the report"))
    .addHelpText(
      "after",
      examples([
        ["flow run", "everything"],
        ["flow run orders+", "orders and what reads it"],
        ["flow run --exclude weekly --threads 2", "all but one, on two threads"],
        ["flow run --json", "events for a program"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => run(assets, command.optsWithGlobals<RunOptions>(), session));
}

async function run(assets: readonly string[], options: RunOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const selection: Selection = { include: assets, exclude: options.exclude ?? [] };
    const report = await (options.json ? runForPrograms : runForPeople)(project, selection, options, session);
    const { wentWell } = await import("../print/account.js");
    if (!wentWell(report)) session.end("failed");
  });
}

function runForPrograms(project: FlowProject, selection: Selection, _options: RunOptions, { io }: Session): Promise<RunReport> {
  return project.run(selection, { signal: io.signal, emit: (event) => io.stdout.write(toJsonLine(event)) });
}

async function runForPeople(project: FlowProject, selection: Selection, options: RunOptions, { io }: Session): Promise<RunReport> {
  const { startProgress } = await import("../print/progress.js");
  const { renderAccount } = await import("../print/account.js");
  const quiet = options.quiet === true;
  const progress = await startProgress(io, { quiet, paint: await paintFor(io, io.stderr, options) });
  try {
    const planned: AssetPlan[] = [];
    const emit: Emit = (event) => {
      if (event.event === "run-started") planned.push(...event.plan.assets);
      progress.emit(event);
    };
    const report = await project.run(selection, { signal: io.signal, emit });
    progress.stop();
    io.stdout.write(renderAccount(report, planned, { quiet, paint: await paintFor(io, io.stdout, options) }));
    return report;
  } finally {
    progress.stop();
  }
}
