import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, withProject } from "../session.js";
import { examples, excludeOption, reportOption, selectionWords } from "../words.js";

interface GcOptions extends GlobalOptions {
  readonly exclude?: readonly string[];
  readonly dryRun?: true;
  readonly json?: true;
}

/** `flow gc`: takes away what need not be kept. */
export function addGc(program: Command, session: Session): void {
  program
    .command("gc")
    .summary("take away what `retain` says need not be kept")
    .description(
      "Take away what `retain` says need not be kept: old versions, raw files, what waits in quarantine. Never the current version, one that a derived asset was built from, or one that was current within the last hour.",
    )
    .argument("[assets...]", selectionWords)
    .addOption(excludeOption())
    .option("--dry-run", "only say what would be taken away")
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow gc --dry-run", "what would go, and how much room that makes"],
        ["flow gc orders", "of one asset"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => gc(assets, command.optsWithGlobals<GcOptions>(), session));
}

async function gc(assets: readonly string[], options: GcOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const selection = { include: assets, exclude: options.exclude ?? [] };
    const report = await project.gc(selection, { dryRun: options.dryRun === true });
    const { renderGc } = await import("../print/gc.js");
    session.io.stdout.write(options.json ? toJson(report) : renderGc(report));
  });
}
