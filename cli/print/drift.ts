import { type Asset, acceptanceOf, type Drift, type DriftChange, inline, type Plan, unreachable } from "../../core/index.js";
import { count } from "./amount.js";
import { plain } from "./plain.js";

/** What has drifted, and the YAML that accepts it, by asset; nothing where nothing has. */
export function renderDrift({ drift }: Pick<Plan, "drift">, assets: readonly Asset[]): string {
  const drifted = assets.filter(({ name }) => drift.some(({ asset }) => asset === name));
  return drifted.map((asset) => ofAsset(asset, drift)).join("");
}

function ofAsset(asset: Asset, drifts: readonly Drift[]): string {
  const own = drifts.filter((drift) => drift.asset === asset.name);
  const told = own.flatMap(({ files, changes }) => [
    `drift in ${filesWords(files)} of ${asset.name}:`,
    ...changes.map((change) => `  ${words(change, asset)}`),
  ]);
  if (asset.kind !== "ingested") return "";
  const { amendments, unacceptable } = acceptanceOf(asset, own);
  const yaml = amendments.map(({ column, settings }) => `    ${plain(inline(column))}: ${plain(inline(settings))}`);
  const accept =
    yaml.length === 0
      ? []
      : [
          `  to accept it, \`flow plan --accept-drift\` writes into ${plain(asset.origin.file)}:`,
          "    columns:",
          ...yaml.map((line) => `  ${line}`),
        ];
  const not = unacceptable.map(({ kind, column }) =>
    kind === "added" ? "  a column without a name cannot be declared" : `  ${plain(column)} cannot be left out: rows are told apart by it`,
  );
  return `${[...told, ...not, ...accept, ""].join("\n")}\n`;
}

function filesWords(files: readonly string[]): string {
  const [first = "", ...others] = files;
  return others.length === 0 ? plain(first) : `${plain(first)} and ${count(others.length, "other file")}`;
}

function words(change: DriftChange, asset: Asset): string {
  const column = plain(change.column);
  switch (change.kind) {
    case "added":
      return `+ ${column}: not declared, so ${fails(asset) ? "the file would be refused" : "it is left out"}; its texts are ${change.type}`;
    case "missing":
      return change.needed
        ? `- ${column}: not in the file, which would be refused`
        : `- ${column}: not in the file, whose rows get NULL there`;
    case "renamed":
      return `> ${column}: not in the file, but \`${plain(change.as)}\` is like it and its texts are of the type`;
    case "retyped":
      return `~ ${column}: ${retypedWords(change)}`;
    default:
      return unreachable(change);
  }
}

function fails(asset: Asset): boolean {
  return asset.kind === "ingested" && asset.ingest.onNewColumn === "fail";
}

function retypedWords({ refused, texts, declared, type, formats, example }: Extract<DriftChange, { kind: "retyped" }>): string {
  const not = `${refused} of ${texts} texts ${refused === 1 ? "is" : "are"} no ${declared}, such as \`${plain(example)}\``;
  return formats.length === 0 ? `${not}; ${type} takes all of them` : `${not}; they are with another of \`formats\``;
}
