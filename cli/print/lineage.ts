import type { Lineage } from "../../core/catalog/lineage.js";
import type { AssetName } from "../../core/model.js";

export type LineageFormat = "text" | "json" | "mermaid" | "dot";

/** How lineage is shown, by the name of the form. Each ends in a line break. */
export const lineageRenderers: Readonly<Record<LineageFormat, (lineage: Lineage) => string>> = {
  text: toTree,
  json: (lineage) => `${JSON.stringify(lineage, null, 2)}\n`,
  mermaid: toMermaid,
  dot: toDot,
};

/**
 * What reads what, from the sources on; where a table has several inputs it is unfolded below the first and named below the others.
 * ```
 * regions
 * ├─ national_daily
 * │  └─ weekly
 * └─ monthly_peak
 * ```
 */
function toTree(lineage: Lineage): string {
  const readBy = new Map<AssetName, AssetName[]>(lineage.nodes.map(({ asset }) => [asset, []]));
  for (const { from, to } of lineage.edges) readBy.get(from)?.push(to);
  const fed = new Set(lineage.edges.map((edge) => edge.to));
  const unfolded = new Set<AssetName>();
  const roots = lineage.nodes.filter(({ asset }) => !fed.has(asset));
  return roots
    .flatMap(({ asset }) => [asset, ...branches(asset, "", readBy, unfolded)])
    .map((line) => `${line}\n`)
    .join("");
}

function branches(
  asset: AssetName,
  indent: string,
  readBy: ReadonlyMap<AssetName, readonly AssetName[]>,
  unfolded: Set<AssetName>,
): readonly string[] {
  unfolded.add(asset);
  const readers = readBy.get(asset) ?? [];
  return readers.flatMap((reader, index) => {
    const last = index === readers.length - 1;
    const again = unfolded.has(reader) && (readBy.get(reader) ?? []).length > 0;
    const line = `${indent}${last ? "└─" : "├─"} ${reader}${again ? " (see above)" : ""}`;
    return again ? [line] : [line, ...branches(reader, `${indent}${last ? "  " : "│ "} `, readBy, unfolded)];
  });
}

/** Ids get a prefix, since `end` and other names mean something to Mermaid. */
function toMermaid(lineage: Lineage): string {
  const nodes = lineage.nodes.map(({ asset, kind }) =>
    kind === "ingested" ? `  asset_${asset}[("${asset}")]` : `  asset_${asset}["${asset}"]`,
  );
  const edges = lineage.edges.map(({ from, to }) => `  asset_${from} --> asset_${to}`);
  return lines(["flowchart LR", ...nodes, ...edges]);
}

function toDot(lineage: Lineage): string {
  const nodes = lineage.nodes.map(({ asset, kind }) => `  "${asset}" [shape=${kind === "ingested" ? "cylinder" : "box"}];`);
  const edges = lineage.edges.map(({ from, to }) => `  "${from}" -> "${to}";`);
  return lines(["digraph lineage {", "  rankdir=LR;", ...nodes, ...edges, "}"]);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
