import { type Command, Option } from "commander";
import type { AssetName, Catalog } from "../../core/index.js";
import type { LineageFormat } from "../print/lineage.js";
import { type GlobalOptions, type Session, tellDiagnostics, withProject } from "../session.js";
import { examples } from "../words.js";

interface LineageOptions extends GlobalOptions {
  readonly format: LineageFormat;
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
    .addHelpText(
      "after",
      examples([
        ["flow lineage", "a tree of all assets"],
        ["flow lineage orders", "what is around one"],
        ["flow lineage --format mermaid", "for a page in Markdown"],
      ]),
    )
    .action((asset: string | undefined, _options: unknown, command: Command) =>
      lineage(asset, command.optsWithGlobals<LineageOptions>(), session),
    );
}

async function lineage(asset: string | undefined, options: LineageOptions, session: Session): Promise<void> {
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
