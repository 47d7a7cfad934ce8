import { type Command, Option } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, withProject } from "../session.js";
import { examples, excludeOption, reportOption, selectionWords } from "../words.js";

interface VerifyOptions extends GlobalOptions {
  readonly exclude?: readonly string[];
  readonly ideal?: true;
  readonly json?: true;
}

/** `flow verify`: proves that the tables are what the log and the SQL say. */
export function addVerify(program: Command, session: Session): void {
  program
    .command("verify")
    .summary("prove the tables against the files they came from")
    .description(
      "Recompute the tables aside, from the archived files or from their inputs, and compare partition by partition. Changes nothing; exits with 1 when anything differs.",
    )
    .argument("[assets...]", selectionWords)
    .addOption(excludeOption())
    .addOption(new Option("--replay", "judge late rows as they were judged when they came (the default)"))
    .addOption(new Option("--ideal", "judge no row for lateness: shows exactly what was kept out").conflicts("replay"))
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow verify", "everything"],
        ["flow verify orders --ideal", "what too late rows would have changed"],
        ["flow verify --json --exclude weekly", "for a program"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => verify(assets, command.optsWithGlobals<VerifyOptions>(), session));
}

async function verify(assets: readonly string[], options: VerifyOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const ideal = options.ideal === true;
    const selection = { include: assets, exclude: options.exclude ?? [] };
    const report = await project.verify(selection, { ideal, signal: session.io.signal });
    const { isEqual, renderVerify } = await import("../print/verify.js");
    const how = { ideal, quiet: options.quiet === true };
    session.io.stdout.write(options.json ? toJson(report) : renderVerify(report, project.catalog.assets, how));
    if (!report.assets.every(isEqual)) session.end("failed");
  });
}
