import type { Command } from "commander";
import { type CarryOutOptions, carryOut } from "../carry-out.js";
import type { Session } from "../session.js";
import { addWishes, type WishOptions, wishesOf } from "../wishes.js";
import { eventsOption, examples, excludeOption, selectionWords, threadsOption, waitOption } from "../words.js";

interface RunOptions extends CarryOutOptions, WishOptions {
  readonly exclude?: readonly string[];
}

/** `flow run`: does exactly what `flow plan` showed. Never prompts. */
export function addRun(program: Command, session: Session): void {
  const command = program
    .command("run")
    .summary("take what has landed, bring the tables up to date")
    .description("Take what has landed and bring the tables up to date: exactly what `flow plan` shows.")
    .argument("[assets...]", `${selectionWords}; what they need runs too`)
    .addOption(excludeOption());
  addWishes(command)
    .addOption(threadsOption())
    .addOption(waitOption())
    .addOption(eventsOption())
    .addHelpText(
      "after",
      examples([
        ["flow run", "everything"],
        ["flow run orders+", "orders and what reads it"],
        ["flow run --exclude weekly --threads 2", "all but one, on two threads"],
        ["flow run daily --partitions 2026-01-01..2026-01-31", "build January anew"],
        ["flow run daily --only --full-refresh", "build all of one table, of what is there"],
        ["flow run --replay orders", "fold it anew from its files"],
        ["flow run --backfill orders", "old files, however late they are"],
        ["flow run --wait 10m", "after the run that is at work, if it ends in ten minutes"],
        ["flow run --json", "events for a program"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => run(assets, command, session));
}

async function run(assets: readonly string[], command: Command, session: Session): Promise<void> {
  const options = command.optsWithGlobals<RunOptions>();
  const wishes = wishesOf(assets, options, command);
  const selection = { include: assets, exclude: options.exclude ?? [] };
  await carryOut(session, options, (project, outside) => project.run(selection, { ...outside, ...wishes }));
}
