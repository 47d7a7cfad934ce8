import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { assetWords, examples, reportOption } from "../words.js";

interface ShowOptions extends GlobalOptions {
  readonly json?: true;
}

/** `flow show`: one asset, with nothing left implicit. */
export function addShow(program: Command, session: Session): void {
  program
    .command("show")
    .summary("show one asset, with every default")
    .description("Show one asset: its declaration with every default, its inputs and readers, its SQL, its versions.")
    .argument("<asset>", assetWords)
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow show orders", "for a person"],
        ["flow show orders --json", "for a program"],
      ]),
    )
    .action((asset: string, _options: unknown, command: Command) => show(asset, command.optsWithGlobals<ShowOptions>(), session));
}

async function show(asset: string, options: ShowOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await unlessStopped(session.io.signal, project.show(asset));
    const { renderShow } = await import("../print/show.js");
    session.io.stdout.write(options.json ? toJson(report) : renderShow(report));
  });
}
