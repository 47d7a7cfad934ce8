import type { Command } from "commander";
import { type CarryOutOptions, carryOut } from "../carry-out.js";
import type { Session } from "../session.js";
import { assetWords, eventsOption, examples, waitOption } from "../words.js";
import { versionWords } from "./diff.js";

/** `flow rollback`: an asset becomes what it was. */
export function addRollback(program: Command, session: Session): void {
  program
    .command("rollback")
    .summary("make an asset what it was in an earlier version")
    .description(
      "Make an ingested asset what it was in an earlier version, as a new version. The files that came since are taken out and wait in quarantine: `flow quarantine release` lets one in again, `flow quarantine discard` lets it wait no more. What reads the asset is brought up to date by the next `flow run`.",
    )
    .argument("<asset>", assetWords)
    .argument("[version]", versionWords, "~1")
    .addOption(waitOption())
    .addOption(eventsOption())
    .addHelpText(
      "after",
      examples([
        ["flow rollback orders", "without what the last version brought"],
        ["flow rollback orders 2026-01-31", "as it was at the end of that day"],
      ]),
    )
    .action((asset: string, version: string, _options: unknown, command: Command) =>
      carryOut(session, command.optsWithGlobals<CarryOutOptions>(), (project, outside) => project.rollback(asset, version, outside)),
    );
}
