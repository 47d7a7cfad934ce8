import { type Command, Option } from "commander";
import { type CarryOutOptions, carryOut } from "../carry-out.js";
import { toJson } from "../json.js";
import type { TableFormat } from "../print/table.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { assetWords, eventsOption, examples, fileWords, reportOption, waitOption } from "../words.js";

interface ReportOptions extends GlobalOptions {
  readonly json?: true;
}

interface ShowOptions extends GlobalOptions {
  readonly format: TableFormat;
}

/** `flow quarantine`: what was refused, and what becomes of it. */
export function addQuarantine(program: Command, session: Session): void {
  const group = program
    .command("quarantine")
    .summary("see, let in or drop what was refused")
    .description("See, let in or drop what was refused: whole files, and single rows with a reason each.")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", examples(overview));
  addList(group, session);
  addShow(group, session);
  addRelease(group, session);
  addDiscard(group, session);
}

const overview = [
  ["flow quarantine list", "what waits, and why"],
  ["flow quarantine show orders orders_1.csv", "its refused rows"],
  ["flow quarantine release orders orders_1.csv", "let it in"],
  ["flow quarantine discard orders orders_1.csv", "drop it for good"],
] as const;

function addList(group: Command, session: Session): void {
  group
    .command("list")
    .summary("list what waits in quarantine")
    .description("List what waits in quarantine: files, rows, why, and where they lie in the store.")
    .argument("[asset]", `${assetWords}; none means all`)
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow quarantine list", "of all assets"],
        ["flow quarantine list orders --json", "of one, for a program"],
      ]),
    )
    .action((asset: string | undefined, _options: unknown, command: Command) => list(asset ?? null, command.optsWithGlobals(), session));
}

async function list(asset: string | null, options: ReportOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await unlessStopped(session.io.signal, project.quarantined(asset));
    const { renderQuarantine } = await import("../print/quarantine.js");
    session.io.stdout.write(options.json ? toJson(report) : renderQuarantine(report, asset));
  });
}

const formats: readonly TableFormat[] = ["table", "csv", "json"];

function addShow(group: Command, session: Session): void {
  group
    .command("show")
    .summary("show a file's refused rows")
    .description("Show the refused rows of a file with line, column, value and reason, or why the whole file was refused.")
    .argument("<asset>", assetWords)
    .argument("<file>", fileWords)
    .addOption(new Option("--format <format>", "how to print the rows").choices(formats).default("table"))
    .addHelpText(
      "after",
      examples([
        ["flow quarantine show orders orders_1.csv", "a table"],
        ["flow quarantine show orders orders_1.csv --format csv", "for whoever sent it"],
      ]),
    )
    .action((asset: string, file: string, _options: unknown, command: Command) => show(asset, file, command.optsWithGlobals(), session));
}

async function show(asset: string, file: string, options: ShowOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const { stdout, signal } = session.io;
    const table = await unlessStopped(signal, project.quarantinedRows(asset, file));
    const { renderQuery } = await import("../print/table.js");
    stdout.write(renderQuery(table, options.format, { terminal: stdout.isTTY === true }));
  });
}

function addRelease(group: Command, session: Session): void {
  group
    .command("release")
    .summary("let a refused file, or its refused rows, in")
    .description(
      "Let in a file that was refused, or the rows of one that were kept out, as a restatement: not judged for lateness. What reads the asset is brought up to date.",
    )
    .argument("<asset>", assetWords)
    .argument("<file>", fileWords)
    .addOption(waitOption())
    .addOption(eventsOption())
    .addHelpText(
      "after",
      examples([
        ["flow quarantine release orders orders_1.csv", "let it in"],
        ["flow quarantine release orders orders_1.csv --json", "events for a program"],
      ]),
    )
    .action((asset: string, file: string, _options: unknown, command: Command) =>
      carryOut(session, command.optsWithGlobals<CarryOutOptions>(), (project, outside) => project.release(asset, file, outside)),
    );
}

function addDiscard(group: Command, session: Session): void {
  group
    .command("discard")
    .summary("drop a refused file, or its refused rows")
    .description("Take a file, or the refused rows of one, out of quarantine for good. Asks nothing, and cannot be undone.")
    .argument("<asset>", assetWords)
    .argument("<file>", fileWords)
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow quarantine discard orders orders_1.csv", "it goes"],
        ["flow quarantine discard orders orders_1.csv --json", "what waits still, for a program"],
      ]),
    )
    .action((asset: string, file: string, _options: unknown, command: Command) => discard(asset, file, command.optsWithGlobals(), session));
}

async function discard(asset: string, file: string, options: ReportOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await project.discard(asset, file);
    const { renderDiscarded } = await import("../print/quarantine.js");
    session.io.stdout.write(options.json ? toJson(report) : renderDiscarded(report, asset, file));
  });
}
