import type { FsckReport } from "../../core/index.js";
import { count } from "./amount.js";
import { plain } from "./plain.js";

/** What is wrong, each with what to do; then what was looked at. */
export function renderFsck({ assets, findings, rebuilt }: FsckReport): string {
  const lines = findings.flatMap(({ severity, path, message, hint }) => [
    `${severity === "damage" ? "!" : "-"} ${plain(path)}: ${plain(message)}`,
    ...(hint === null ? [] : [`  ${plain(hint)}`]),
  ]);
  const total = (of: "versions" | "parts" | "raw"): number => assets.reduce((sum, asset) => sum + asset[of], 0);
  const looked = `${count(assets.length, "asset")}, ${count(total("versions"), "version")}, ${count(total("parts"), "part")}, ${count(total("raw"), "raw file")}`;
  const damaged = findings.filter(({ severity }) => severity === "damage").length;
  const verdict = damaged === 0 ? "the store is whole" : `${count(damaged, "damage")} found`;
  return [...lines, ...(rebuilt ? ["the ledger was made again from the store."] : []), `${looked}: ${verdict}.`]
    .map((line) => `${line}\n`)
    .join("");
}
