import { relative, resolve } from "node:path";
import type { Command } from "commander";
import type { GlobalOptions, Session } from "../session.js";
import { examples } from "../words.js";

interface DeclareOptions extends GlobalOptions {
  readonly name?: string;
  readonly out?: string;
}

/** `flow declare`: a declaration drafted from sample files, to be looked at and corrected. */
export function addDeclare(program: Command, session: Session): void {
  program
    .command("declare")
    .summary("draft a declaration from sample files")
    .description(
      "Draft the declaration of one asset from sample files: types that lose nothing, key, event time, partitions, each guess with its reason in a comment. Prints it, or writes it with --out; never overwrites a file, and moves none.",
    )
    .argument("<files...>", "sample files, all of one asset")
    .option("--name <asset>", "name of the asset (default: from the names of the files)")
    .option("--out <path>", "write it there, if nothing is there yet")
    .addHelpText(
      "after",
      examples([
        ["flow declare orders_2026-01.csv", "print a draft"],
        ["flow declare data/ingest/landing/orders/*.csv --out assets/orders.yaml", "write it"],
        ["flow declare export.parquet --name orders", "with a name of its own"],
      ]),
    )
    .action((files: string[], _options: unknown, command: Command) => declare(files, command.optsWithGlobals<DeclareOptions>(), session));
}

async function declare(files: readonly string[], options: DeclareOptions, { io }: Session): Promise<void> {
  const { declareFiles } = await import("../../core/index.js");
  const { plain } = await import("../print/plain.js");
  const out = options.out === undefined ? null : resolve(io.cwd, options.out);
  const report = await declareFiles({ files: files.map((file) => resolve(io.cwd, file)), name: options.name ?? null, out });
  if (out === null) io.stdout.write(report.yaml);
  else if (!options.quiet)
    io.stdout.write(`${plain(relative(io.cwd, out))} declares \`${plain(report.asset)}\`: look at its comments, then \`flow plan\`.\n`);
  for (const { file, rows, example } of report.refused)
    io.stderr.write(
      `warning: ${rows} ${rows === 1 ? "row" : "rows"} of ${plain(file)} cannot be read whatever is declared, the first: ${plain(example)}\n`,
    );
}
