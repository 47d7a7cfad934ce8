import type { GcReport } from "../../core/index.js";
import { count, cut } from "./amount.js";
import { plain } from "./plain.js";

/** A line for each kind of thing that goes. */
export function renderGc({ assets, dry_run }: GcReport): string {
  const lines = assets.flatMap(({ asset, versions, raw, quarantine }) => {
    const counting = raw.filter(({ counts }) => counts);
    return [
      ...(versions.length > 0 ? [`${asset}: ${count(versions.length, "version")}, ${size(sum(versions.map(({ bytes }) => bytes)))}`] : []),
      ...(raw.length > 0 ? [`${asset}: ${count(raw.length, "raw file")}, ${size(sum(raw.map(({ bytes }) => bytes)))}`] : []),
      ...(counting.length > 0 ? [`  rows in the table that cannot be made again: ${cut(counting.map(({ file }) => plain(file)))}`] : []),
      ...(quarantine.length > 0 ? [`${asset}: in quarantine ${cut(quarantine.map(({ file }) => plain(file)))}`] : []),
    ];
  });
  if (lines.length === 0) return "nothing to take away\n";
  return [...lines, dry_run ? "nothing was taken away: this was a dry run." : "taken away."].map((line) => `${line}\n`).join("");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** `1.2 MB`: what a disk gains. */
function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
