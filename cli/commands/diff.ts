import { type Command, Option } from "commander";
import { toJson } from "../json.js";
import type { TableFormat } from "../print/table.js";
import { type GlobalOptions, type Session, unlessStopped, withProject } from "../session.js";
import { assetWords, examples, reportOption } from "../words.js";

interface DiffOptions extends GlobalOptions {
  readonly format: "text" | Exclude<TableFormat, "table">;
  readonly json?: true;
}

export const versionWords =
  "a version: its id or how that begins, `~1` for the one before the current, or a moment such as `2026-01-31` or `2026-01-31T10:00Z`";

/** How many rows a person looks at. */
const sampled = 20;

/** `flow diff`: what became of an asset between two versions. */
export function addDiff(program: Command, session: Session): void {
  program
    .command("diff")
    .summary("show what changed between two versions of an asset")
    .description(
      "Show what changed between two versions of an asset: columns, partitions, and rows by key. As text some of the rows, as csv, json or markdown all of them.",
    )
    .argument("<asset>", assetWords)
    .argument("[from]", `${versionWords} (default: the one before \`to\`)`)
    .argument("[to]", "another version (default: the current one)")
    .addOption(new Option("--format <format>", "how to print the rows").choices(["text", "csv", "json", "markdown"]).default("text"))
    .addOption(reportOption().conflicts("format"))
    .addHelpText(
      "after",
      examples([
        ["flow diff orders", "what the last version changed"],
        ["flow diff orders ~3", "since three versions ago"],
        ["flow diff orders 2026-01-31 --format csv", "all rows that changed since then"],
      ]),
    )
    .action((asset: string, from: string | undefined, to: string | undefined, _options: unknown, command: Command) =>
      diff(asset, { from: from ?? null, to: to ?? null }, command.optsWithGlobals<DiffOptions>(), session),
    );
}

async function diff(
  asset: string,
  between: { readonly from: string | null; readonly to: string | null },
  { format, json, ...options }: DiffOptions,
  session: Session,
): Promise<void> {
  await withProject(session, options, async (project) => {
    const limit = format === "text" ? sampled : null;
    const report = await unlessStopped(session.io.signal, project.diff(asset, { ...between, limit }));
    const terminal = session.io.stdout.isTTY === true;
    if (format !== "text") {
      const { renderQuery } = await import("../print/table.js");
      session.io.stdout.write(renderQuery(report.changes, format, { terminal }));
      return;
    }
    const { renderDiff } = await import("../print/diff.js");
    session.io.stdout.write(json ? toJson(report) : renderDiff(report));
  });
}
