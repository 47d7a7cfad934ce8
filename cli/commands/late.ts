import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { assetWords, examples, reportOption } from "../words.js";

interface LateOptions extends GlobalOptions {
  readonly allow?: string;
  readonly json?: true;
}

/** `flow late`: late arrivals of past runs, and what another `allow` would have done. */
export function addLate(program: Command, session: Session): void {
  program
    .command("late")
    .summary("list what came late in past runs")
    .description(
      "List what came late in past runs, newest first: how many rows, how far behind the watermark, what it reopened and what was rebuilt downstream; and what would have been kept out with less lateness allowed.",
    )
    .argument("[asset]", `${assetWords}; none means all`)
    .option("--allow <duration>", "how much lateness to suppose, e.g. `12h` or `30d` (default: a few usual ones)")
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow late", "of all assets"],
        ["flow late orders --allow 1d", "what one day would have kept out"],
        ["flow late --json", "for a program"],
      ]),
    )
    .action((asset: string | undefined, _options: unknown, command: Command) => late(asset ?? null, command, session));
}

async function late(asset: string | null, command: Command, session: Session): Promise<void> {
  const options = command.optsWithGlobals<LateOptions>();
  const allowMs = options.allow === undefined ? null : await durationOf(options.allow, command);
  await withProject(session, options, async (project) => {
    const report = await unlessStopped(session.io.signal, project.late(asset, { allowMs }));
    const { renderLate } = await import("../print/late.js");
    session.io.stdout.write(options.json ? toJson(report) : renderLate(report, asset));
  });
}

async function durationOf(text: string, command: Command): Promise<number> {
  const { readDuration } = await import("../../core/index.js");
  const ms = readDuration(text);
  return (
    ms ?? command.error(`error: '${text}' is no duration for --allow: write 30m, 12h, 1d or 2w`, { code: "commander.invalidArgument" })
  );
}
