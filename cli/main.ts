import { Command } from "commander";
import { addCheck } from "./commands/check.js";
import { addDeclare } from "./commands/declare.js";
import { addDiff } from "./commands/diff.js";
import { addFsck } from "./commands/fsck.js";
import { addGc } from "./commands/gc.js";
import { addHistory } from "./commands/history.js";
import { addInit } from "./commands/init.js";
import { addLate } from "./commands/late.js";
import { addLineage } from "./commands/lineage.js";
import { addPlan } from "./commands/plan.js";
import { addQuarantine } from "./commands/quarantine.js";
import { addQuery } from "./commands/query.js";
import { addRollback } from "./commands/rollback.js";
import { addRun } from "./commands/run.js";
import { addShow } from "./commands/show.js";
import { addStatus } from "./commands/status.js";
import { addTest } from "./commands/test.js";
import { addVerify } from "./commands/verify.js";
import { addWhy } from "./commands/why.js";
import { addWithdraw } from "./commands/withdraw.js";
import { type Ending, endingOf, exitCode, isFlowError, isMachineTrouble } from "./exit-code.js";
import type { Io, Output } from "./io.js";
import { packageVersion } from "./package.js";
import { type Open, openCore, type Session, tellDiagnostics } from "./session.js";
import { addGlobalOptions, examples } from "./words.js";

/** Runs one command line (without `node` and the script) and gives its exit code. Never throws, never exits. */
export async function main(argv: readonly string[], io: Io, open: Open = openCore): Promise<number> {
  let ending: Ending = "done";
  const program = flowProgram({ io, open, end: (how) => (ending = how) });
  try {
    await program.parseAsync(argv.length === 0 ? ["--help"] : [...argv], { from: "user" });
    return exitCode(io.signal.aborted ? "interrupted" : ending);
  } catch (error) {
    return exitCode(await tell(error, io, !argv.includes("--no-color")));
  }
}

/** The command tree: words only, nothing is loaded before an action runs. */
export function flowProgram(session: Session): Command {
  const program = settings(new Command("flow"), session.io)
    .description("Turns files that arrive late, twice, corrected or malformed into tables that can be trusted.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print the help of a command");
  addGlobalOptions(program);
  addInit(program, session);
  addDeclare(program, session);
  addPlan(program, session);
  addRun(program, session);
  addStatus(program, session);
  addLineage(program, session);
  addQuery(program, session);
  addShow(program, session);
  addHistory(program, session);
  addDiff(program, session);
  addWhy(program, session);
  addLate(program, session);
  addCheck(program, session);
  addTest(program, session);
  addVerify(program, session);
  addWithdraw(program, session);
  addRollback(program, session);
  addQuarantine(program, session);
  addGc(program, session);
  addFsck(program, session);
  return program.addHelpText("after", mainExamples);
}

const mainExamples = examples([
  ["flow init demo", "a small project that runs as it is"],
  ["flow plan", "what would run, and why"],
  ["flow run", "do exactly that"],
  ['flow query "select 1"', "SQL over all ready assets"],
]);

/** Inherited by every command that is added afterwards. */
function settings(program: Command, io: Io): Command {
  return program
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(`${text.trimEnd()}\n`),
      getOutHelpWidth: () => helpWidth(io.stdout),
      getErrHelpWidth: () => helpWidth(io.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function helpWidth(output: Output): number {
  // Not ??: a terminal that does not know its width says 0.
  return Math.min(output.columns || 100, 100);
}

/** Says on stderr what went wrong, in the words that belong to its kind. */
async function tell(error: unknown, io: Io, color: boolean): Promise<Ending> {
  if (io.signal.aborted) return say(io, "interrupted", "interrupted: the state is consistent, and the next `flow run` goes on from it\n");
  const ending = endingOf(error);
  if (isFlowError(error)) await tellDiagnostics(io, { color }, error.diagnostics);
  else if (isMachineTrouble(error)) say(io, ending, `error: ${error.message}\n`);
  else if (ending === "bug") say(io, ending, bugText(error, io));
  return ending;
}

function say(io: Io, ending: Ending, text: string): Ending {
  io.stderr.write(text);
  return ending;
}

function bugText(error: unknown, io: Io): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    "internal error: this is a defect of flow, not of your project",
    what.replace(/^/gm, "  "),
    `flow ${packageVersion()}, ${io.runtime}`,
    "To report it, open an issue with the lines above, the command, and the declaration it was about.",
    "",
  ].join("\n");
}
