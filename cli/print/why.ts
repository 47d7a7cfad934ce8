import type { RowOrigin, Trace, TracedRow, WhyReport } from "../../core/index.js";
import { count, list } from "./amount.js";
import { plain } from "./plain.js";

/** A row, below it what it came from, and so on down to lines of files. */
export function renderWhy(report: WhyReport | null, asset: string): string {
  if (report === null) return `${plain(asset)} has no version yet\n`;
  if (report.rows === 0) return `no row of ${plain(asset)} is meant\n`;
  const head = `${report.asset}: ${count(report.rows, "row")}, version ${report.version}`;
  return [head, ...rowsOf(report)].map((line) => `${line}\n`).join("");
}

function rowsOf({ found, rows }: Trace): readonly string[] {
  const more = rows - found.length;
  return [...found.flatMap(rowLines), ...(more > 0 ? [`  … and ${count(more, "row")} more`] : [])];
}

function rowLines({ row, origin, from }: TracedRow): readonly string[] {
  const values = Object.entries(row).map(([name, value]) => `${plain(name)}=${value === null ? "NULL" : plain(value)}`);
  return [`  ${values.join(", ")}`, ...(origin === null ? [] : originLines(origin)), ...from.flatMap(inputLines)];
}

function originLines({ file, line, path, raw }: RowOrigin): readonly string[] {
  const place = `    line ${line} of ${plain(file)}${path === null ? "" : `, ${plain(path)}`}`;
  return raw === null ? [place] : [place, `    | ${plain(raw)}`];
}

function inputLines(trace: Trace): readonly string[] {
  const how = trace.by.length > 0 ? `by ${list(trace.by.map(plain))}` : "all of them: nothing narrower is provable";
  const head = `    from ${count(trace.rows, "row")} of ${trace.asset} (${how})`;
  return [head, ...rowsOf(trace).map((line) => `    ${line}`)];
}
