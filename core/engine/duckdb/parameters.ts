import type { Parameters } from "../engine.js";
import { literal } from "./sql.js";

interface Mention {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

// What may hold a colon or a dollar that is no parameter: texts, quoted names, comments, dollar quotes, casts.
// A colon right after a word, a digit or a closing bracket is a slice (`xs[1:n]`), not a parameter.
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|::|(?<![\w\])])[:$]([A-Za-z_]\w*)/g;

/** Where `:name` or `$name` stand in a SELECT. */
function parameterMentions(sql: string): readonly Mention[] {
  return [...sql.matchAll(token)].flatMap((match) =>
    match[2] === undefined ? [] : [{ name: match[2], start: match.index, end: match.index + match[0].length }],
  );
}

/** `:name` written as DuckDB knows it, `$name`: of the same length, so that places stay. */
export function withDollars(sql: string): string {
  return replaced(sql, (name) => `$${name}`);
}

/** Parameters as literals, because a view cannot hold parameters. */
export function withValues(sql: string, parameters: Parameters): string {
  return replaced(sql, (name) => {
    const value = parameters[name];
    return value === undefined ? `$${name}` : literal(value);
  });
}

/** Where a place in what `withValues` made stands in the SQL as it was written. */
export function placeWithout(sql: string, parameters: Parameters, offset: number): number {
  let grown = 0;
  for (const { name, start, end } of parameterMentions(sql)) {
    if (start + grown >= offset) break;
    const value = parameters[name];
    const length = value === undefined ? end - start : literal(value).length;
    if (offset < start + grown + length) return start;
    grown += length - (end - start);
  }
  return offset - grown;
}

function replaced(sql: string, by: (name: string) => string): string {
  let text = "";
  let from = 0;
  for (const mention of parameterMentions(sql)) {
    text += sql.slice(from, mention.start) + by(mention.name);
    from = mention.end;
  }
  return text + sql.slice(from);
}
