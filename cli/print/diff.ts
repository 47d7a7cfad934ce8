import type { DiffReport } from "../../core/index.js";
import { count, thousands } from "./amount.js";
import { partitionWords } from "./partitions.js";
import { plain } from "./plain.js";
import { renderQuery } from "./table.js";

/** Columns, partitions, counts, and some of the rows. */
export function renderDiff(report: DiffReport): string {
  const { asset, from, to, rows } = report;
  const changed = rows.inserted + rows.deleted + rows.updated;
  const lines = [
    `${plain(asset)}: ${from} -> ${to}`,
    ...columnLines(report.columns),
    ...partitionLines(report.partitions),
    `${count(rows.before, "row")} before, ${thousands(rows.after)} after: ${changed === 0 ? "none changed" : rowWords(rows)}`,
  ];
  const text = lines.map((line) => `${line}\n`).join("");
  if (changed === 0) return text;
  const records = rows.inserted + rows.deleted + rows.updated * 2;
  const more = records - report.changes.rows.length;
  const rest = more > 0 ? `\n${thousands(report.changes.rows.length)} of ${count(records, "line")}: \`--format csv\` prints all\n` : "";
  return `${text}\n${renderQuery(report.changes, "table", { terminal: true })}${rest}`;
}

function columnLines({ added, removed, retyped }: DiffReport["columns"]): readonly string[] {
  return [
    ...added.map(({ name, type }) => `+ column ${plain(name)} ${type}`),
    ...removed.map(({ name, type }) => `- column ${plain(name)} ${type}`),
    ...retyped.map((column) => `~ column ${plain(column.name)} ${column.from} -> ${column.to}`),
  ];
}

function partitionLines({ added, removed, changed }: DiffReport["partitions"]): readonly string[] {
  const line = (sign: string, partitions: DiffReport["partitions"]["added"]): readonly string[] =>
    partitions.length === 0 || partitions[0] === "" ? [] : [`${sign} ${partitionWords(partitions)}`];
  return [...line("+", added), ...line("-", removed), ...line("~", changed)];
}

/** `3 inserted, 1 deleted, 12 updated` */
function rowWords({ inserted, deleted, updated }: DiffReport["rows"]): string {
  const words = [
    [inserted, "inserted"],
    [deleted, "deleted"],
    [updated, "updated"],
  ] as const;
  return words.flatMap(([number, word]) => (number > 0 ? [`${thousands(number)} ${word}`] : [])).join(", ");
}
