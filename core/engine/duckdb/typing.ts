import type { Column } from "../../model.js";
import { nested } from "./nested.js";
import { ident, text, texts } from "./sql.js";

/**
 * From text to a declared type without loss: a text that does not say exactly a value of the type becomes NULL, and the row is
 * refused because its text was present. (DuckDB's own casts round `2.7` to 3 and drop the offset of a TIMESTAMP.)
 */
export function typed(column: Column, raw: string): string {
  const value = meaningful(column, raw);
  const { type } = column;
  if (type === "VARCHAR") return value;
  if (isWhole(type)) return number(column, value, "\\s*[+-]?[0-9]+(\\.0*)?\\s*");
  if (type.startsWith("DECIMAL")) return number(column, value, decimalShape(type));
  if (type === "DOUBLE" || type === "FLOAT") return number(column, value, floatShape);
  if (type === "BOOLEAN") return boolean(value);
  if (type === "DATE") return date(column, value);
  if (type === "TIME") return time(column, value);
  if (type === "TIMESTAMP" || type === "TIMESTAMP WITH TIME ZONE") return timestamp(column, value);
  if (type.startsWith("TIMESTAMP_")) return otherPrecision(column, value);
  if (type === "JSON") return `CASE WHEN json_valid(${value}) THEN ${value}::JSON END`;
  if (isNested(type))
    return nested(type, `CASE WHEN json_valid(${value}) THEN ${value}::JSON END`, (leaf, part) => typed(partOf(column, leaf), part));
  return cast(value, type);
}

/** What is said about the text of a column is not about the texts within it. */
function partOf(column: Column, type: string): Column {
  return { ...column, type, trim: false, nulls: [], formats: [], decimal: ".", thousands: null };
}

export function isNested(type: string): boolean {
  return type.endsWith("]") || type.startsWith("STRUCT") || type.startsWith("MAP");
}

/** The text a person meant: trimmed where declared, NULL where it is one of the texts for NULL. */
export function meaningful(column: Column, raw: string): string {
  const trimmed = column.trim ? `trim(${raw})` : raw;
  if (column.nulls.length === 0) return trimmed;
  return `CASE WHEN ${trimmed} NOT IN (${column.nulls.map(text).join(", ")}) THEN ${trimmed} END`;
}

const floatShape = "(?i)\\s*([+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)(e[+-]?[0-9]+)?|nan|[+-]?inf(inity)?)\\s*";

function isWhole(type: string): boolean {
  return /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type);
}

function decimalShape(type: string): string {
  const scale = Number(/,\s*(\d+)/.exec(type)?.[1] ?? "0");
  const fraction = scale === 0 ? "0*" : `[0-9]{0,${scale}}0*`;
  return `\\s*[+-]?([0-9]+(\\.${fraction})?|\\.[0-9]${scale > 1 ? `{1,${scale}}` : ""}0*)\\s*`;
}

function number(column: Column, value: string, shape: string): string {
  const plain = plainNumber(column, value);
  return guarded(plain, shape, cast(plain, column.type));
}

/** A text in the column's own notation -> one with a decimal point and nothing between thousands; NULL where it is in another. */
function plainNumber({ decimal, thousands }: Column, value: string): string {
  if (decimal === "." && thousands === null) return value;
  const point = `[${quoted(decimal)}]`;
  const whole = thousands === null ? "[0-9]*" : `([0-9]*|[0-9]{1,3}([${quoted(thousands)}][0-9]{3})+)`;
  const shape = `(?i)\\s*[+-]?(${whole}(${point}[0-9]*)?(e[+-]?[0-9]+)?|nan|inf(inity)?)\\s*`;
  const joined = thousands === null ? value : `replace(${value}, ${text(thousands)}, '')`;
  return guarded(value, shape, decimal === "." ? joined : `replace(${joined}, ${text(decimal)}, '.')`);
}

/** Inside the brackets of a regular expression. */
function quoted(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function cast(value: string, type: string): string {
  return `TRY_CAST(${value} AS ${type})`;
}

function guarded(value: string, shape: string, then: string): string {
  return `CASE WHEN regexp_full_match(${value}, ${text(shape)}) THEN ${then} END`;
}

function boolean(value: string): string {
  const word = `lower(trim(${value}))`;
  return `CASE WHEN ${word} IN ('true', 't', 'yes', 'y', '1') THEN true WHEN ${word} IN ('false', 'f', 'no', 'n', '0') THEN false END`;
}

function date(column: Column, value: string): string {
  if (column.formats.length > 0) return `try_strptime(${value}, ${texts(column.formats)})::DATE`;
  return guarded(value, "\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\\s*", cast(value, "DATE"));
}

/** An offset in a TIME would be dropped, and so would more than microseconds. */
function time(column: Column, value: string): string {
  if (column.formats.length > 0) return `try_strptime(${value}, ${texts(column.formats)})::TIME`;
  return guarded(value, "\\s*[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6}0*)?)?\\s*", cast(value, "TIME"));
}

/** TIMESTAMP_S and TIMESTAMP_MS hold no more than they say; what is finer is refused, not rounded. */
function otherPrecision(column: Column, value: string): string {
  const moment = timestamp(column, value);
  if (column.type !== "TIMESTAMP_NS")
    return `CASE WHEN (${moment})::${column.type}::TIMESTAMP = (${moment}) THEN (${moment})::${column.type} END`;
  const nanos = guarded(value, "\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{7,9}0*\\s*", cast(value, column.type));
  return column.formats.length > 0 ? `(${moment})::${column.type}` : `coalesce((${moment})::${column.type}, ${nanos})`;
}

const isoMoment = "\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6}0*)?)?)?";
const offset = "\\s*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)\\s*";

/** A text with an offset is an instant; one without is read in the column's zone. */
function timestamp(column: Column, value: string): string {
  const readings = column.formats.length > 0 ? byFormats(column, value) : isoReadings(value);
  const zone = text(column.zone);
  const asInstant = column.type === "TIMESTAMP WITH TIME ZONE";
  const options = readings.map(({ sql, isInstant }) => {
    if (isInstant === asInstant) return sql;
    return `(${sql}) AT TIME ZONE ${zone}`;
  });
  return options.length === 1 ? (options[0] ?? "NULL") : `coalesce(${options.join(", ")})`;
}

interface Reading {
  readonly sql: string;
  readonly isInstant: boolean;
}

function isoReadings(value: string): readonly Reading[] {
  // DuckDB reads an offset only after seconds.
  const withSeconds = `regexp_replace(${value}, '([T ][0-9]{2}:[0-9]{2})(\\s*[zZ+-])', '\\1:00\\2')`;
  return [
    { sql: guarded(value, `${isoMoment}\\s*`, cast(value, "TIMESTAMP")), isInstant: false },
    { sql: guarded(value, `${isoMoment}${offset}`, cast(withSeconds, "TIMESTAMPTZ")), isInstant: true },
  ];
}

function byFormats(column: Column, value: string): readonly Reading[] {
  const hasOffset = (format: string): boolean => /%[zZ]/.test(format);
  const local = column.formats.filter((format) => !hasOffset(format));
  const zoned = column.formats.filter(hasOffset);
  const readings: Reading[] = [];
  if (local.length > 0) readings.push({ sql: `try_strptime(${value}, ${texts(local)})`, isInstant: false });
  for (const format of zoned) readings.push({ sql: `try_strptime(${value}, ${text(format)})`, isInstant: true });
  return readings;
}

/** What a reader of a refusal needs to know about the type. */
export function expectation(column: Column): string {
  if (column.formats.length > 0)
    return `does not match ${column.formats.map((f) => `\`${f}\``).join(" or ")} (${ident(column.name)} is ${column.type})`;
  return `is not ${/^([AEIO]|UN)/.test(column.type) ? "an" : "a"} ${column.type}`;
}
