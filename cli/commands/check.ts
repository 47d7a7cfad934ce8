import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, withProject } from "../session.js";
import { examples, excludeOption, reportOption, selectionWords } from "../words.js";

interface CheckOptions extends GlobalOptions {
  readonly exclude?: readonly string[];
  readonly json?: true;
}

/** `flow check`: asks the declared checks of what is ready now. */
export function addCheck(program: Command, session: Session): void {
  program
    .command("check")
    .summary("ask the declared checks of what is ready")
    .description(
      "Ask the checks of what is ready now: of all rows, and whatever has changed since. Changes nothing; exits with 1 when a check fails as an error.",
    )
    .argument("[assets...]", selectionWords)
    .addOption(excludeOption())
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow check", "everything"],
        ["flow check orders+ --quiet", "what fails of orders and its readers"],
        ["flow check --json", "for a program"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => check(assets, command.optsWithGlobals<CheckOptions>(), session));
}

async function check(assets: readonly string[], options: CheckOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await project.check({ include: assets, exclude: options.exclude ?? [] }, { signal: session.io.signal });
    const { renderChecks } = await import("../print/check.js");
    session.io.stdout.write(options.json ? toJson(report) : renderChecks(report, { quiet: options.quiet === true }));
    if (report.assets.some(({ checks }) => checks.some(({ result }) => result === "failed"))) session.end("failed");
  });
}
