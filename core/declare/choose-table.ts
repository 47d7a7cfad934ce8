import type { ColumnProfile } from "../engine/engine.js";
import type { ColumnDraft } from "./choose-column.js";
import { namesTime } from "./readings.js";

/** A setting and why it is what it is. */
export interface Reasoned<T> {
  readonly value: T;
  readonly why: string;
}

/** Moments that every row has; the likeliest first. */
export function eventTimeOf(columns: readonly ColumnDraft[]): Reasoned<string> | null {
  const times = columns.filter(({ type, nullable }) => !nullable && (type === "DATE" || type.startsWith("TIMESTAMP")));
  const best = times.find(({ name }) => isOfTheEvent(name)) ?? times.find(({ name }) => !isOfTheRecord(name));
  if (best === undefined) return null;
  const others = times.filter((column) => column !== best).map(({ name }) => name);
  return { value: best.name, why: others.length === 0 ? "the only moment that every row has" : `it could be ${others.join(", ")}` };
}

function isOfTheEvent(name: string): boolean {
  return namesTime(name) && !isOfTheRecord(name);
}

/** When somebody wrote the row, not when what it tells happened. */
function isOfTheRecord(name: string): boolean {
  return /updated|modified|changed|loaded|inserted|imported|exported|extracted|processed|valid|birth|due|expir/i.test(name);
}

const monthsWorthOfRows = 15_000_000;
const dayMs = 86_400_000;

/** Months, where a month is no more than a few files' worth of rows; else days. One month of samples tells no more than a rate. */
export function partitionOf(eventTime: string, { rows, min, max }: ColumnProfile): Reasoned<string> | null {
  const [from, to] = [Date.parse(`${min?.slice(0, 10)}T00:00:00Z`), Date.parse(`${max?.slice(0, 10)}T00:00:00Z`)];
  if (Number.isNaN(from) || Number.isNaN(to)) return null;
  const days = (to - from) / dayMs + 1;
  const monthly = Math.round((rows / days) * 30);
  const span = `${rows} rows in ${Math.round(days)} ${days === 1 ? "day" : "days"}`;
  if (days > 1 && monthly > monthsWorthOfRows) return { value: `day(${eventTime})`, why: `${span}: a month would be too large` };
  if (days > 3653 && monthly < 1000) return { value: `year(${eventTime})`, why: `${span}: a month would be tiny` };
  return { value: `month(${eventTime})`, why: span };
}

/** Sets of columns that may be a key, in the order in which they should be asked; each may be one by the numbers. */
export function keyCandidates(
  columns: readonly ColumnDraft[],
  profiles: readonly ColumnProfile[],
  eventTime: string | null,
): readonly (readonly string[])[] {
  const usable = columns.flatMap((column) => {
    const profile = profiles.find(({ name }) => name === column.name);
    return profile === undefined || !canIdentify(column) || profile.filled < profile.rows ? [] : [{ ...column, profile }];
  });
  // A count or a price is unique by chance in hundreds of rows: of numbers only what stands first, or is named so, may tell rows apart.
  const telling = usable.filter((column) => likelihood(column, eventTime) > 0 || column.name === columns[0]?.name);
  const ranked = [...telling].sort((a, b) => likelihood(b, eventTime) - likelihood(a, eventTime)).slice(0, 12);
  const rows = profiles[0]?.rows ?? 0;
  const singles = ranked.filter((column) => rows >= enoughRows || namesKey(column.name)).map((column) => [column]);
  const sets = rows < enoughRows ? singles : [...singles, ...pairs(ranked), ...triples(ranked)];
  return sets
    .filter((set) => set.reduce((product, { profile }) => product * profile.distinct, 1) >= rows)
    .map((set) => columns.filter((column) => set.some(({ name }) => name === column.name)).map(({ name }) => name));
}

/** Of fewer rows anything is unique by chance. */
const enoughRows = 20;

function canIdentify({ type }: ColumnDraft): boolean {
  return !/^(DOUBLE|FLOAT|DECIMAL|BOOLEAN|JSON|BLOB|STRUCT|MAP|TIME$|INTERVAL)/.test(type) && !type.endsWith("]");
}

function likelihood({ name, type }: ColumnDraft, eventTime: string | null): number {
  if (namesKey(name)) return 4;
  if (name === eventTime) return 3;
  if (/(^|_)(code|codice|region|country|state|station|sensor|device|symbol|name)/i.test(name)) return 2;
  return type === "VARCHAR" || type === "UUID" ? 1 : 0;
}

function namesKey(name: string): boolean {
  return /(^|[_\s])(id|key|uuid|guid|nr|no|number|num|pk)$|^id[_\s]|[a-z](Id|ID|Key)$/i.test(name);
}

function pairs<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.flatMap((a, at) => items.slice(at + 1).map((b) => [a, b]));
}

function triples<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.flatMap((a, at) => pairs(items.slice(at + 1)).map(([b, c]) => [a, b, c].filter((item) => item !== undefined)));
}
