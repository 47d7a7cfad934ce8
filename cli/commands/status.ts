import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { examples, reportOption } from "../words.js";

interface StatusOptions extends GlobalOptions {
  readonly json?: true;
}

/** `flow status`: where each asset stands. */
export function addStatus(program: Command, session: Session): void {
  program
    .command("status")
    .summary("show where each asset stands")
    .description(
      "Show where each asset stands: rows, partitions that may still change and final ones, version, watermark, files waiting, files and rows refused.",
    )
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow status", "a table"],
        ["flow status --json", "for a program"],
      ]),
    )
    .action((_options: unknown, command: Command) => status(command.optsWithGlobals<StatusOptions>(), session));
}

async function status(options: StatusOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await unlessStopped(session.io.signal, project.status());
    const { renderStatus } = await import("../print/status.js");
    session.io.stdout.write(options.json ? toJson(report) : renderStatus(report));
  });
}
