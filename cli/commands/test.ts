import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, type Session, withProject } from "../session.js";
import { examples, excludeOption, reportOption, selectionWords } from "../words.js";

interface TestOptions extends GlobalOptions {
  readonly exclude?: readonly string[];
  readonly json?: true;
}

/** `flow test`: tries the declared tests of assets. */
export function addTest(program: Command, session: Session): void {
  program
    .command("test")
    .summary("try the declared tests")
    .description(
      "Try the tests that assets declare: what is given lands, is merged or built in a store of its own, and the rows there are compared with those expected. Needs no data, changes nothing; exits with 1 when a test fails.",
    )
    .argument("[assets...]", selectionWords)
    .addOption(excludeOption())
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples([
        ["flow test", "everything"],
        ["flow test orders", "of one asset"],
        ["flow test --json", "for a program"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => test(assets, command.optsWithGlobals<TestOptions>(), session));
}

async function test(assets: readonly string[], options: TestOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const report = await project.test({ include: assets, exclude: options.exclude ?? [] }, { signal: session.io.signal });
    const { renderTests } = await import("../print/test.js");
    session.io.stdout.write(options.json ? toJson(report) : renderTests(report, { quiet: options.quiet === true }));
    if (report.tests.some(({ passed }) => !passed)) session.end("failed");
  });
}
