import type { Content, History, Row } from "./history.js";
import { dayText } from "./history.js";

/** What an asset's declaration says about merging, as far as the laws vary it. */
export interface Rules {
  readonly strategy: "append" | "upsert" | "replace_partitions" | "replace";
  readonly key: readonly ("id" | "day")[];
  readonly ordered: boolean;
  readonly deletes: boolean;
  /** Days of delay and of allowed lateness; rows that come after them are kept out. Null: no row is too late. */
  readonly lateness: { readonly delay: number; readonly allow: number } | null;
}

/** A name's present bytes, and when they arrived. */
interface Delivered {
  readonly file: string;
  readonly content: Content;
  readonly bytes: string;
  readonly seq: number;
}

/**
 * Design section 6 over plain maps, without any thought of cost: what was delivered -> what the table holds. It knows nothing of
 * versions, runs that died, or partitions on disk.
 */
export class Oracle {
  readonly #rules: Rules;
  readonly #named = new Map<string, Delivered>();
  #seq = 0;
  /** Day; it never goes back. */
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Files of one run arrive in the order of their names. Bytes a name already has change nothing. */
  land(files: ReadonlyMap<string, Content>): void {
    // Every row is judged against what was committed before the run, so files of one run cannot make each other late.
    const judgedBy = this.#watermark;
    for (const [file, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#seq += 1;
      const bytes = JSON.stringify(content);
      if (this.#named.get(file)?.bytes === bytes) continue;
      // A revision is a restatement: it is not judged.
      const taken = this.#named.has(file) ? content : content.filter((row) => !this.#isTooLate(row, judgedBy));
      this.#named.set(file, { file, content: taken, bytes, seq: this.#seq });
      this.#advance(taken);
    }
  }

  #isTooLate({ day }: Row, watermark: number): boolean {
    const { lateness } = this.#rules;
    return lateness !== null && day !== null && watermark >= day + 1 + lateness.allow;
  }

  #advance(content: Content): void {
    const { lateness } = this.#rules;
    for (const { day } of content) if (lateness !== null && day !== null) this.#watermark = Math.max(this.#watermark, day - lateness.delay);
  }

  withdraw(file: string): void {
    this.#named.delete(file);
  }

  /** Whether there is anything under this name to withdraw; a skipped copy is something. */
  knows(file: string): boolean {
    return this.#named.has(file);
  }

  play(history: History): void {
    for (const turn of history) {
      this.land(turn.land);
      if (turn.withdraw !== null) this.withdraw(turn.withdraw);
    }
  }

  /** Rows as sorted texts: tables are bags. */
  rows(): readonly string[] {
    return fold(this.#rules, this.#counted()).map(textOf).sort();
  }

  /**
   * Equal bytes under several names count once: under the smallest name where `order_by` is declared, otherwise under the first that
   * arrived. Where a file is a whole state, each counts.
   */
  #counted(): readonly Delivered[] {
    const { strategy, ordered } = this.#rules;
    const all = [...this.#named.values()].sort((a, b) => a.seq - b.seq);
    if (strategy === "replace" || strategy === "replace_partitions") return all;
    const goesBefore = (a: Delivered, b: Delivered): boolean => (ordered ? a.file < b.file : a.seq < b.seq);
    return all.filter((one) => !all.some((other) => other.bytes === one.bytes && goesBefore(other, one)));
  }
}

interface Contribution {
  readonly row: Row;
  readonly from: Delivered;
  readonly line: number;
}

function fold(rules: Rules, deliveries: readonly Delivered[]): readonly Row[] {
  const all = deliveries.flatMap((from) => from.content.map((row, line): Contribution => ({ row, from, line })));
  switch (rules.strategy) {
    case "append":
      return all.map(({ row }) => row);
    case "upsert":
      return winners(rules, all)
        .filter(({ row }) => !(rules.deletes && row.op === "D"))
        .map(({ row }) => row);
    case "replace": {
      const last = deliveries.at(-1);
      return winners(
        rules,
        all.filter(({ from }) => from === last),
      ).map(({ row }) => row);
    }
    case "replace_partitions": {
      const holder = new Map(all.map(({ row, from }) => [row.day, from]));
      return winners(
        rules,
        all.filter(({ row, from }) => holder.get(row.day) === from),
      ).map(({ row }) => row);
    }
  }
}

/** The best contribution of each key; without a key every one. NULL equals NULL. */
function winners({ key, ordered }: Rules, all: readonly Contribution[]): readonly Contribution[] {
  if (key.length === 0) return all;
  const best = new Map<string, Contribution>();
  for (const one of all) {
    const name = JSON.stringify(key.map((column) => one.row[column]));
    const held = best.get(name);
    if (held === undefined || beats(ordered, one, held)) best.set(name, one);
  }
  return [...best.values()];
}

function beats(ordered: boolean, a: Contribution, b: Contribution): boolean {
  if (!ordered) return a.from.seq === b.from.seq ? a.line > b.line : a.from.seq > b.from.seq;
  const [x, y] = [a.row.v ?? -1, b.row.v ?? -1];
  if (x !== y) return x > y;
  return a.from.file === b.from.file ? a.line > b.line : a.from.file > b.from.file;
}

export function textOf({ id, day, v, op, x }: Row): string {
  return [id, dayText(day), v, op, x].map((value) => (value === null ? "NULL" : String(value))).join("|");
}
