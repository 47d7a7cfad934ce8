import { relative, resolve } from "node:path";
import type { Command } from "commander";
import type { Session } from "../session.js";
import { examples } from "../words.js";

/** `flow init`: a project that runs as it is. */
export function addInit(program: Command, session: Session): void {
  program
    .command("init")
    .summary("set up a small project that runs as it is")
    .description("Set up a small project that runs as it is: two assets, sample files, an empty store.")
    .argument("[dir]", "folder to set it up in; made where it is missing", ".")
    .addHelpText(
      "after",
      examples([
        ["flow init", "in the current folder"],
        ["flow init shop", "in a new one"],
      ]),
    )
    .action((dir: string, options: { readonly quiet?: true }, command: Command) => init(dir, options, command, session));
}

async function init(dir: string, options: { readonly quiet?: true }, command: Command, { io }: Session): Promise<void> {
  const { plain } = await import("../print/plain.js");
  const { scaffold } = await import("../scaffold.js");
  const target = resolve(io.cwd, dir);
  const outcome = await scaffold(target);
  if (!outcome.ok) {
    const files = outcome.existing.map((file) => `  ${plain(file)}\n`).join("");
    command.error(
      `error: nothing was written, because these files are there already:\n${files}hint: choose another folder, or move them away`,
    );
  }
  if (!options.quiet) io.stderr.write(outcome.files.map((file) => `  ${plain(file)}\n`).join(""));
  io.stdout.write(nextWords(plain(relative(io.cwd, target))));
}

function nextWords(dir: string): string {
  const enter = dir === "" ? "" : `  cd ${/^[\w./-]+$/.test(dir) ? dir : `"${dir}"`}\n`;
  return `The project is ready. Next:\n${enter}  flow run\n  flow query "from customer_totals"\n`;
}
