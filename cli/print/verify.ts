import type { Asset, AssetVerification, VerifyReport } from "../../core/index.js";
import { renderLines } from "./align.js";
import { count, cut, thousands } from "./amount.js";
import { partitionName } from "./partitions.js";
import { plain } from "./plain.js";

export interface VerifyPrintOptions {
  /** Lateness was not judged. */
  readonly ideal: boolean;
  /** Leaves out what is equal, except for the last line. */
  readonly quiet: boolean;
}

type Difference = AssetVerification["differences"][number];

/** A line per asset, or per partition that differs, with the keys of a few rows; a last line sums up. */
export function renderVerify(report: VerifyReport, assets: readonly Asset[], { ideal, quiet }: VerifyPrintOptions): string {
  const shown = report.assets.filter((asset) => !quiet || !isEqual(asset));
  const lines = shown.flatMap((asset) => (isEqual(asset) ? [equalLine(asset, assets)] : differenceLines(asset)));
  const heads = renderLines(lines.map(({ cells }) => cells)).split("\n");
  const text = lines.flatMap(({ below }, i) => [heads[i] ?? "", ...below]).map((line) => `${line}\n`);
  return `${text.join("")}${summary(report, ideal)}\n`;
}

/** Nothing differs; so too where nothing is published. */
export function isEqual({ differences }: AssetVerification): boolean {
  return differences.length === 0;
}

interface Line {
  readonly cells: readonly string[];
  readonly below: readonly string[];
}

function equalLine({ asset, version, partitions }: AssetVerification, assets: readonly Asset[]): Line {
  const source = assets.find(({ name }) => name === asset)?.kind === "derived" ? "its inputs" : "the log";
  const words = `${count(partitions, "partition")} ${partitions === 1 ? "equals" : "equal"} ${source}`;
  return { cells: [`= ${asset}`, version === null ? "nothing to compare: no version yet" : words], below: [] };
}

const mostShown = 5;

function differenceLines({ asset, differences }: AssetVerification): readonly Line[] {
  const shown = differences.slice(0, mostShown);
  const more = differences.length - shown.length;
  return shown.map((difference, i) => {
    const cutOff = more > 0 && i === shown.length - 1 ? [`    … and ${count(more, "more partition")}`] : [];
    return { cells: [`! ${asset}`, differenceWords(difference)], below: [...examples(difference), ...cutOff] };
  });
}

/** `at_month=2026-01: 2 rows missing, 1 row too many` */
function differenceWords(difference: Difference): string {
  const { partition, what, message, missing, unexpected } = difference;
  if (what === "part-damaged") return `${partitionName(partition)}: damaged: ${plain(message)}`;
  const parts = [
    missing > 0 ? `${count(missing, "row")} missing` : "",
    unexpected > 0 ? `${count(unexpected, "row")} too many` : "",
  ].filter((text) => text !== "");
  return `${partitionName(partition)}: ${parts.length === 0 ? plain(message) : parts.join(", ")}`;
}

/** Which rows are meant, by their keys: `missing: order_id=7; order_id=8 … and 9 more` */
function examples({ examples: rows, missing, unexpected }: Difference): readonly string[] {
  const side = (of: Difference["examples"][number]["side"], words: string, total: number): readonly string[] => {
    const named = rows.filter((example) => example.side === of).map(({ row }) => rowWords(row));
    return named.length === 0 ? [] : [`    ${words}: ${cut(named, "; ", total)}`];
  };
  return [...side("missing", "missing", missing), ...side("unexpected", "too many", unexpected)];
}

function rowWords(row: Readonly<Record<string, string | null>>): string {
  return Object.entries(row)
    .map(([name, value]) => `${plain(name)}=${plain(value ?? "NULL")}`)
    .join(" ");
}

/** `1 asset differs, 2 are equal.` */
function summary({ assets }: VerifyReport, ideal: boolean): string {
  const differing = assets.filter((asset) => !isEqual(asset)).length;
  const empty = assets.filter((asset) => isEqual(asset) && asset.version === null).length;
  const equal = assets.length - differing - empty;
  const counts: readonly (readonly [number: number, one: string, many: string])[] = [
    [differing, "differs", "differ"],
    [equal, "is equal", "are equal"],
    [empty, "has no version yet", "have no version yet"],
  ];
  const words = counts
    .filter(([number], i) => number > 0 || (assets.length === 0 && i === 1))
    .map(([number, one, many], i) => `${i === 0 ? count(number, "asset") : thousands(number)} ${number === 1 ? one : many}`);
  const meaning = ideal && differing > 0 ? "\nNo row was judged for lateness: those kept out as too late count as missing." : "";
  return `${words.join(", ")}.${meaning}`;
}
