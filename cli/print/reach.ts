import type { InputReach, ReachReport } from "../../core/index.js";
import { renderLines } from "./align.js";
import { list, span } from "./amount.js";
import { plain } from "./plain.js";

type AssetReach = ReachReport["assets"][number];
type Known = AssetReach["inputs"][number];

/** A line per derived asset and input: what a changed row of the input costs, and by which of its values that is known. */
export function renderReach(report: ReachReport): string {
  const lines = report.assets.flatMap((asset) =>
    asset.inputs.length === 0
      ? [[asset.asset, "<- nothing"]]
      : asset.inputs.map((input) => [asset.asset, `<- ${plain(input.input)}`, costWords(asset, input), byWords(input)]),
  );
  return lines.length === 0 ? "nothing is derived: nothing to rebuild\n" : renderLines(lines);
}

/** `a changed row rebuilds its month(day)`, `everything: a window function spans partitions` */
function costWords({ partition_by }: AssetReach, input: Known): string {
  if (input.kind === "all") return `everything: ${plain(input.why)}`;
  if (input.kind === "aligned") return `a changed row rebuilds ${reachedWords(partition_by, input)}`;
  const how = input.lookbackMs === null ? "all later ones" : `${span(input.lookbackMs)} on`;
  return `a changed row rebuilds its ${plain(partition_by[0] ?? "")} and ${how}, as declared`;
}

/** A row that is read in several ways reaches a partition by each. */
function reachedWords(terms: readonly string[], { fields }: Extract<InputReach, { kind: "aligned" }>): string {
  const named = fields.map(({ at, keys }) => ({ term: plain(terms[at] ?? ""), ways: keys.length }));
  const most = named.reduce((product, { ways }) => product * ways, 1);
  const names = list(named.map(({ term }) => term));
  return most === 1 ? `its ${names}` : `up to ${most} of ${names}`;
}

/** How the values follow from the row's, in SQL. */
function byWords(input: Known): string {
  if (input.kind !== "aligned") return "";
  return `by ${input.fields.flatMap(({ keys }) => keys.map(({ sql }) => plain(sql))).join("; ")}`;
}
