import type { Command } from "commander";
import { toJson } from "../json.js";
import { type GlobalOptions, paintFor, type Session, tellDiagnostics, withProject } from "../session.js";
import { addWishes, type WishOptions, wishesOf } from "../wishes.js";
import { examples, excludeOption, jsonOption, selectionWords } from "../words.js";

interface PlanOptions extends GlobalOptions, WishOptions {
  readonly exclude?: readonly string[];
  readonly json?: true;
  readonly exitCode?: true;
  readonly acceptDrift?: true;
}

/** `flow plan`: validates everything and shows what a run would do. Works without data and without a store. */
export function addPlan(program: Command, session: Session): void {
  const command = program
    .command("plan")
    .summary("show what a run would do, and why")
    .description("Validate the declarations and show what a run would do, and why. Changes nothing.")
    .argument("[assets...]", selectionWords)
    .addOption(excludeOption());
  addWishes(command)
    .addOption(jsonOption("print the plan as JSON (stable; the text is not)"))
    .option("--accept-drift", "write into the declarations what takes the columns of pending files as they are; comments stay")
    .option("--exit-code", "exit with 4 when there is something to do, with 0 when not")
    .addHelpText(
      "after",
      examples([
        ["flow plan", "everything"],
        ["flow plan orders+", "orders and what reads it"],
        ["flow plan tag:daily --exclude weekly", "a tag, less one asset"],
        ["flow plan daily --partitions 2026-01", "what that run would build"],
        ["flow plan --accept-drift", "declare what pending files have, then plan again"],
        ["flow plan --exit-code --quiet", "for scripts: is there anything to do?"],
      ]),
    )
    .action((assets: string[], _options: unknown, command: Command) => plan(assets, command, session));
}

async function plan(assets: readonly string[], command: Command, session: Session): Promise<void> {
  const options = command.optsWithGlobals<PlanOptions>();
  const wishes = wishesOf(assets, options, command);
  await withProject(session, options, async (project) => {
    const { isPending, planSummary, renderPlan } = await import("../print/plan.js");
    const value = await project.plan({ include: assets, exclude: options.exclude ?? [] }, wishes);
    await tellDiagnostics(session.io, options, value.notices);
    if (options.json) session.io.stdout.write(toJson(value));
    else if (options.quiet) session.io.stdout.write(`${planSummary(value)}\n`);
    else {
      const { renderDrift } = await import("../print/drift.js");
      const paint = await paintFor(session.io, session.io.stdout, options);
      session.io.stdout.write(renderDrift(value, project.catalog.assets) + renderPlan(value, project.catalog.assets, paint));
    }
    if (options.acceptDrift) {
      const { plain } = await import("../print/plain.js");
      const accepted = await project.acceptDrift(value);
      for (const { file, columns } of accepted)
        session.io.stderr.write(`${plain(file)}: declares ${columns.map(plain).join(", ")} now; plan again to see what follows\n`);
      if (accepted.length === 0) session.io.stderr.write("no drift to accept: nothing was written\n");
    }
    if (options.exitCode && isPending(value)) session.end("work-pending");
  });
}
