import type { Command } from "commander";
import { type CarryOutOptions, carryOut } from "../carry-out.js";
import type { Session } from "../session.js";
import { eventsOption, examples, excludeOption, selectionWords, threadsOption } from "../words.js";

interface RunOptions extends CarryOutOptions {
  readonly exclude?: readonly string[];
  readonly replay?: true;
  readonly backfill?: true;
}

/** `flow run`: does exactly what `flow plan` showed. Never prompts. */
export function addRun(program: Command, session: Session): void {
  program
    .command("run")
    .summary("take what has landed, bring the tables up to date")
    .description("Take what has landed and bring the tables up to date: exactly what `flow plan` shows.")
    .argument("[assets...]", `${selectionWords}; what they need runs too`)
    .addOption(excludeOption())
    .option("--replay", "fold the named assets anew from the files in the archive")
    .option("--backfill", "take new files as restatements: not judged for lateness")
    .addOption(threadsOption())
    .addOption(eventsOption())
    .addHelpText(
      "after",
      examples([
        ["flow run", "everything"],
        ["flow run orders+", "orders and what reads it"],
        ["flow run --exclude weekly --threads 2", "all but one, on two threads"],
        ["flow run --replay orders", "after its declaration changed"],
        ["flow run --backfill orders", "old files, however late they are"],
        ["flow run --json", "events for a program"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => run(assets, command, session));
}

async function run(assets: readonly string[], command: Command, session: Session): Promise<void> {
  const options = command.optsWithGlobals<RunOptions>();
  if (options.replay && assets.length === 0) {
    command.error("error: `--replay` needs the name of at least one asset", { code: "commander.missingArgument" });
  }
  const selection = { include: assets, exclude: options.exclude ?? [] };
  const how = { replay: options.replay === true, backfill: options.backfill === true };
  await carryOut(session, options, (project, outside) => project.run(selection, { ...outside, ...how }));
}
