import type { PartitionField } from "../../model.js";
import type { Affected } from "../affected.js";
import { hiveNull } from "../affected.js";
import type { InputWindow, ReadyTable } from "../engine.js";
import { ident, text } from "./sql.js";

/** From a moment to another, the latter excluded; milliseconds UTC. */
interface Interval {
  readonly from: number;
  readonly to: number;
}

/** More of them make a longer condition than the reading they spare. */
const manyIntervals = 200;

/**
 * Rows of an input that can reach the partitions that are built, by the author's word: those of the partitions themselves and those
 * that are at most so much older. Rows without a time are read always. Null: all rows can.
 */
export function lookedBackAt(
  input: ReadyTable,
  window: InputWindow,
  [field]: readonly PartitionField[],
  only: Affected,
): { readonly files: readonly string[]; readonly condition: string } | null {
  if (field === undefined || only.kind !== "paths" || only.fields[0] !== 0) return null;
  const built = only.paths.map((path) => intervalOf(path.split("/")[0]?.slice(field.name.length + 1) ?? ""));
  const known = built.filter((interval) => interval !== null);
  if (known.length < built.length) return null;
  const intervals = merged(known.map(({ from, to }) => ({ from: from - window.lookbackMs, to })));
  const time = input.partitionBy.find(({ column }) => column === window.column);
  const files = time === undefined ? input.files : input.files.filter((file) => meets(folderOf(file, time), intervals));
  const column = `${ident(window.column)}::TIMESTAMP`;
  const within = intervals.map(({ from, to }) => `(${column} >= ${moment(from)} AND ${column} < ${moment(to)})`);
  return { files, condition: [`${ident(window.column)} IS NULL`, ...within].join(" OR ") };
}

/** `2020`, `2020-03`, `2020-03-07`, `2020-03-07-14`, as folders show them. */
function intervalOf(value: string): Interval | null {
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:-(\d\d))?)?)?$/.exec(value);
  if (found === null) return null;
  const [year, month, day, hour] = found.slice(1).map((digits) => (digits === undefined ? null : Number(digits)));
  const at = (years: number, months: number, days: number, hours: number): number => {
    const moment = new Date(0);
    // Date.UTC takes the years before 100 for those of the last century.
    moment.setUTCFullYear((year ?? 0) + years, (month ?? 1) - 1 + months, (day ?? 1) + days);
    return moment.setUTCHours((hour ?? 0) + hours, 0, 0, 0);
  };
  const last = [year, month, day, hour].filter((part) => part != null).length;
  return { from: at(0, 0, 0, 0), to: at(Number(last === 1), Number(last === 2), Number(last === 3), Number(last === 4)) };
}

function merged(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => a.from - b.from);
  const all: Interval[] = [];
  for (const next of sorted) {
    const before = all.at(-1);
    if (before !== undefined && next.from <= before.to) all[all.length - 1] = { from: before.from, to: Math.max(before.to, next.to) };
    else all.push(next);
  }
  const [first, last] = [all[0], all.at(-1)];
  return first === undefined || last === undefined || all.length <= manyIntervals ? all : [{ from: first.from, to: last.to }];
}

function folderOf(file: string, { name }: PartitionField): string {
  const level = file.split("/").findLast((folder) => folder.startsWith(`${name}=`));
  return level?.slice(name.length + 1) ?? hiveNull;
}

/** Whether a folder can hold rows of one of the intervals; one that tells no time can. */
function meets(value: string, intervals: readonly Interval[]): boolean {
  const own = intervalOf(value);
  return own === null || intervals.some(({ from, to }) => own.from < to && from < own.to);
}

function moment(ms: number): string {
  return `TIMESTAMP ${text(new Date(ms).toISOString().replace("T", " ").replace("Z", ""))}`;
}
