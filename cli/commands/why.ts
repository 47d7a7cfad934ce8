import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { assetWords, countOption, examples, reportOption } from "../words.js";

interface WhyOptions extends GlobalOptions {
  readonly where?: string;
  readonly limit: number;
  readonly json?: true;
}

/** `flow why`: where rows come from. */
export function addWhy(program: Command, session: Session): void {
  program
    .command("why")
    .summary("show where rows come from, down to the line of a file")
    .description(
      "Show where rows of an asset come from: of an ingested asset the file, the line and its text; of a derived one the rows of its inputs that it was made from, as far as its SQL tells, and so on down.",
    )
    .argument("<asset>", assetWords)
    .option("--where <condition>", "SQL condition over the asset's columns (default: every row)")
    .addOption(countOption("--limit <n>", "how many rows at each step", 3))
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ['flow why orders --where "id = 7"', "the line that row 7 was on"],
        ['flow why monthly --where "amount < 0" --limit 1', "down through all inputs"],
      ]),
    )
    .action((asset: string, _options: unknown, command: Command) => why(asset, command.optsWithGlobals<WhyOptions>(), session));
}

async function why(asset: string, options: WhyOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const asked = { where: options.where ?? null, limit: options.limit };
    const report = await unlessStopped(session.io.signal, project.why(asset, asked));
    const { renderWhy } = await import("../print/why.js");
    session.io.stdout.write(options.json ? toJson(report) : renderWhy(report, asset));
  });
}
