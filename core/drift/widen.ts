import type { Guess } from "../declare/readings.js";
import type { Column } from "../model.js";

/** A type that takes what the column had so far, exactly, and what a guess was made of; null: there is none. */
export function widened(
  { type, formats, decimal, thousands }: Column,
  guess: Guess,
): { readonly type: string; readonly formats: readonly string[] } | null {
  if (guess.decimal !== undefined || guess.thousands !== undefined || decimal !== "." || thousands !== null) return null;
  const time = guess.type === "TIMESTAMPTZ" ? "TIMESTAMP WITH TIME ZONE" : guess.type;
  if (type === "DATE" && time === "TIMESTAMP" && formats.length === 0 && guess.formats.length === 0)
    return { type: "TIMESTAMP", formats: [] };
  if ((type === "DATE" || type === "TIMESTAMP") && time === type)
    return guess.formats.length === 0
      ? moreFormats(formats, isoOf(type))
      : moreFormats(formats.length === 0 ? isoOf(type) : formats, guess.formats, type);
  return number(type, guess.type);

  function moreFormats(
    before: readonly string[],
    more: readonly string[],
    as = type,
  ): { readonly type: string; readonly formats: readonly string[] } {
    return { type: as, formats: [...new Set([...before, ...more])] };
  }
}

function isoOf(type: string): readonly string[] {
  if (type === "DATE") return ["%Y-%m-%d"];
  return ["T", " "]
    .flatMap((between) => ["%H:%M:%S.%f", "%H:%M:%S", "%H:%M"].map((time) => `%Y-%m-%d${between}${time}`))
    .concat("%Y-%m-%d");
}

/** Digits before and behind the point. */
interface Digits {
  readonly whole: number;
  readonly scale: number;
}

const integers: Readonly<Record<string, number>> = {
  ...{ TINYINT: 3, UTINYINT: 3, SMALLINT: 5, USMALLINT: 5, INTEGER: 10, UINTEGER: 10, BIGINT: 19, UBIGINT: 20, HUGEINT: 39, UHUGEINT: 39 },
};

function number(from: string, to: string): { readonly type: string; readonly formats: readonly string[] } | null {
  const [before, after] = [digitsOf(from), digitsOf(to)];
  if (before === null) return null;
  const plain = (type: string): { readonly type: string; readonly formats: readonly string[] } => ({ type, formats: [] });
  if (to === "DOUBLE") return before.whole + before.scale <= 15 ? plain("DOUBLE") : null;
  if (after === null) return null;
  if (after.scale === 0 && before.scale === 0) return plain(before.whole > after.whole ? (before.whole > 20 ? "HUGEINT" : "BIGINT") : to);
  const [whole, scale] = [Math.max(before.whole, after.whole), Math.max(before.scale, after.scale)];
  return whole + scale <= 38 ? plain(`DECIMAL(${whole + scale},${scale})`) : null;
}

function digitsOf(type: string): Digits | null {
  const whole = integers[type];
  if (whole !== undefined) return { whole, scale: 0 };
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined || scale === undefined ? null : { whole: Number(precision) - Number(scale), scale: Number(scale) };
}
