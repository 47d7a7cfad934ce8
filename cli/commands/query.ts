import { type Command, InvalidArgumentError, Option } from "commander";
import type { TableFormat } from "../print/table.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { examples, threadsOption } from "../words.js";

interface QueryOptions extends GlobalOptions {
  readonly format: TableFormat;
  readonly at?: readonly At[];
}

interface At {
  readonly asset: string;
  readonly version: string;
}

const formats: readonly TableFormat[] = ["table", "csv", "json", "markdown"];

/** `flow query`: SQL over the ready tables. */
export function addQuery(program: Command, session: Session): void {
  program
    .command("query")
    .summary("run SQL over the ready tables")
    .description("Run one SELECT over all ready assets, each at the version it has at the start.")
    .argument("<sql>", "one SELECT; every asset is a table of its name")
    .addOption(new Option("--format <format>", "how to print the rows").choices(formats).default("table"))
    .addOption(new Option("--at <asset@version>", "an asset as it was: a version's id, `~1` or a moment (repeatable)").argParser(parseAt))
    .addOption(threadsOption())
    .addHelpText(
      "after",
      examples([
        ['flow query "select count(*) from orders"', "a table"],
        ['flow query "from orders limit 3" --format csv', "for a file or another program"],
        ['flow query "select count(*) from orders" --at orders@2026-01-31', "as it was at the end of that day"],
      ]),
    )
    .action((sql: string, _options: unknown, command: Command) => query(sql, command.optsWithGlobals<QueryOptions>(), session));
}

async function query(sql: string, options: QueryOptions, session: Session): Promise<void> {
  await withProject(session, options, async (project) => {
    const table = await unlessStopped(session.io.signal, project.query(sql, { at: options.at ?? [] }));
    const { renderQuery } = await import("../print/table.js");
    session.io.stdout.write(renderQuery(table, options.format, { terminal: session.io.stdout.isTTY === true }));
  });
}

/** `orders@2026-01-31` */
function parseAt(value: string, before: readonly At[] = []): readonly At[] {
  const sign = value.indexOf("@");
  if (sign < 1 || sign === value.length - 1) throw new InvalidArgumentError("It is written asset@version.");
  return [...before, { asset: value.slice(0, sign), version: value.slice(sign + 1) }];
}
