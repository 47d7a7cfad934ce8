import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, withProject } from "../session.js";
import { examples, reportOption } from "../words.js";

interface FsckOptions extends GlobalOptions {
  readonly quick?: true;
  readonly rebuild?: true;
  readonly json?: true;
}

/** `flow fsck`: is the store whole? */
export function addFsck(program: Command, session: Session): void {
  program
    .command("fsck")
    .summary("look whether the store is whole")
    .description(
      "Look whether the store is whole: the chain of manifests, the bytes of every part and every raw file, what lies among them, and whether the ledger says what the store says. Exits with 1 when something is damaged, and says what to do.",
    )
    .option("--quick", "compare sizes, not bytes")
    .option("--rebuild", "make the ledger again from the store first")
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow fsck", "everything, byte by byte"],
        ["flow fsck --rebuild", "after the ledger was lost or damaged"],
        ["flow fsck --quick --json", "for a program"],
      ]),
    )
    .action((_options: unknown, command: Command) => fsck(command.optsWithGlobals<FsckOptions>(), session));
}

async function fsck(options: FsckOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await project.fsck({ quick: options.quick === true, rebuild: options.rebuild === true });
    const { renderFsck } = await import("../print/fsck.js");
    session.io.stdout.write(options.json ? toJson(report) : renderFsck(report));
    if (report.findings.some(({ severity }) => severity === "damage")) session.end("failed");
  });
}
