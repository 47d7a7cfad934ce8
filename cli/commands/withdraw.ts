import type { Command } from "commander";
import { type CarryOutOptions, carryOut } from "../carry-out.js";
import type { Session } from "../session.js";
import { assetWords, eventsOption, examples, fileWords, waitOption } from "../words.js";

/** `flow withdraw`: a delivery's contribution goes, as if it had never come. */
export function addWithdraw(program: Command, session: Session): void {
  program
    .command("withdraw")
    .summary("take a delivered file's rows out again")
    .description(
      "Take a delivered file's rows out again, as if it had never come, and bring what reads the asset up to date. The file stays in the archive; delivering it again undoes it.",
    )
    .argument("<asset>", assetWords)
    .argument("<file>", fileWords)
    .addOption(waitOption())
    .addOption(eventsOption())
    .addHelpText(
      "after",
      examples([
        ["flow withdraw orders orders_2026-01.csv", "what it brought goes"],
        ["flow withdraw orders it/orders.csv --json", "events for a program"],
      ]),
    )
    .action((asset: string, file: string, _options: unknown, command: Command) =>
      carryOut(session, command.optsWithGlobals<CarryOutOptions>(), (project, outside) => project.withdraw(asset, file, outside)),
    );
}
