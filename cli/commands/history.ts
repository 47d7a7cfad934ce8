import { type Command, Option } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { assetWords, countOption, examples, reportOption } from "../words.js";

interface HistoryOptions extends GlobalOptions {
  readonly limit: number;
  readonly all?: true;
  readonly json?: true;
}

/** `flow history`: the versions of an asset. */
export function addHistory(program: Command, session: Session): void {
  program
    .command("history")
    .summary("list the versions of an asset")
    .description("List the versions of an asset, newest first: when, why, which files, how many rows and partitions changed.")
    .argument("<asset>", assetWords)
    .addOption(countOption("--limit <n>", "how many versions", 20))
    .addOption(new Option("--all", "all of them").conflicts("limit"))
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow history orders", "the last twenty versions"],
        ["flow history orders --all --json", "all of them, for a program"],
      ]),
    )
    .action((asset: string, _options: unknown, command: Command) => history(asset, command.optsWithGlobals<HistoryOptions>(), session));
}

async function history(asset: string, options: HistoryOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const limit = options.all ? null : options.limit;
    const report = await unlessStopped(session.io.signal, project.history(asset, { limit }));
    const { renderHistory } = await import("../print/history.js");
    session.io.stdout.write(options.json ? toJson(report) : renderHistory(report));
  });
}
