import { type Command, Option } from "commander";
import type { AssetName, Catalog } from "../../core/index.js";
import { toJson } from "../json.js";
import type { LineageFormat } from "../print/lineage.js";
import { type GlobalOptions, type Session, tellDiagnostics, withProject } from "../session.js";
import { examples } from "../words.js";

interface LineageOptions extends GlobalOptions {
  readonly format: LineageFormat;
  readonly reach?: true;
}

const formats: readonly LineageFormat[] = ["text", "json", "mermaid", "dot"];

/** `flow lineage`: what depends on what. Needs the declarations, no data. */
export function addLineage(program: Command, session: Session): void {
  program
    .command("lineage")
    .summary("draw what depends on what")
    .description("Draw what depends on what, of all assets or around one.")
    .argument("[asset]", "draw what this asset needs, and what needs it")
    .addOption(new Option("--format <format>", "how to draw it").choices(formats).default("text"))
    .option("--reach", "tell instead what a changed row of each input rebuilds, and why not less; as text or json")
    .addHelpText(
      "after",
      examples([
        ["flow lineage", "a tree of all assets"],
        ["flow lineage orders", "what is around one"],
        ["flow lineage --format mermaid", "for a page in Markdown"],
        ["flow lineage --reach", "what a late row would cost, of each derived asset"],
      ]),
    )
    .action((asset: string | undefined, _options: unknown, command: Command) =>
      (command.opts<LineageOptions>().reach ? reach : lineage)(asset, command, session),
    );
}

async function reach(asset: string | undefined, command: Command, session: Session): Promise<void> {
  const options = command.optsWithGlobals<LineageOptions>();
  if (options.format !== "text" && options.format !== "json") {
    command.error(`error: \`--reach\` is told as text or json, not as ${options.format}`, { code: "commander.conflictingOption" });
  }
  await withProject(session, options, async (project) => {
    const { renderReach } = await import("../print/reach.js");
    const report = await project.reach(asset ?? null);
    session.io.stdout.write(options.format === "json" ? toJson(report) : renderReach(report));
  });
}

async function lineage(asset: string | undefined, command: Command, session: Session): Promise<void> {
  const options = command.optsWithGlobals<LineageOptions>();
  await withProject(session, options, async ({ catalog }) => {
    const { lineageOf, select } = await import("../../core/index.js");
    const { lineageRenderers } = await import("../print/lineage.js");
    const around = asset === undefined ? null : named(asset, catalog);
    if (around === undefined) {
      await tellDiagnostics(session.io, options, select(catalog, { include: [asset ?? ""], exclude: [] }).diagnostics);
      return session.end("wrong");
    }
    session.io.stdout.write(lineageRenderers[options.format](lineageOf(catalog, around)));
  });
}

function named(asset: string, catalog: Catalog): AssetName | undefined {
  return catalog.assets.find(({ name }) => name === asset)?.name;
}
