import type { ColumnReading } from "../engine/engine.js";
import type { Column } from "../model.js";

/** A way to declare a column of texts, and what it is called to a person. */
export interface Guess {
  readonly type: string;
  readonly formats: readonly string[];
  /** How numbers are written; as SQL has them where nothing is said. */
  readonly decimal?: string;
  readonly thousands?: string;
  /** Regular expression, the same to the engine and to JavaScript, that every text has to match: what would be lost must not be taken. */
  readonly shape: string;
  /** Why, for the comment; empty: the type says it all. */
  readonly because: string;
}

/**
 * The tightest first. The shapes keep out what a type would read and not keep: `007` is an INTEGER to a parser, and no longer `007`
 * afterwards.
 */
export function guessesFor(name: string, isCsv: boolean): readonly Guess[] {
  const days = dates.map(({ format, shape }) => guess("DATE", shape, `dates such as ${format}`, [format]));
  const moments = dates.flatMap(({ format, shape }) =>
    times.map((time) =>
      guess("TIMESTAMP", `${shape}${time.shape}`, `moments such as ${format}${time.format}`, [`${format}${time.format}`]),
    ),
  );
  const compact = guess("DATE", compactDay, "eight digits that are dates", ["%Y%m%d"]);
  return [
    guess("BOOLEAN", "[Tt](rue|RUE)|[Ff](alse|ALSE)|[Yy](es|ES)|[Nn]o|NO"),
    ...(namesTime(name) ? [compact] : []),
    ...(namesCode(name) ? [] : numbers),
    ...(namesCode(name) || !isCsv ? [] : otherNumbers),
    guess("DATE", isoDay, "ISO dates"),
    guess("TIMESTAMP", `${isoDay}([T ]${clock}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?`, "ISO moments without an offset"),
    guess(
      "TIMESTAMPTZ",
      `${isoDay}[T ]${clock}(:[0-9]{2}(\\.[0-9]{1,6})?)?\\s*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)`,
      "ISO moments with an offset",
    ),
    ...days,
    ...moments,
    guess("TIME", `${clock}(:[0-9]{2}(\\.[0-9]{1,6})?)?`),
    guess("UUID", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    guess("JSON", "\\s*[\\[{][\\s\\S]*", "objects or lists of JSON"),
  ];
}

/** Which of these texts it would not take. */
export function misfitsOf({ shape }: Guess, texts: readonly string[]): readonly string[] {
  const pattern = new RegExp(`^(?:${shape})$`, "u");
  return texts.filter((text) => !pattern.test(text));
}

/** The same as a question to the engine, of a column that has no other settings. */
export function readingOf(name: string, { type, formats, decimal = ".", thousands, shape }: Guess): ColumnReading {
  return { column: { ...textColumn(name), type: canonicalType(type), formats, decimal, thousands: thousands ?? null }, shape };
}

/** A column as it is before anything is known of it. */
export function textColumn(name: string): Column {
  const text = { type: "VARCHAR", nullable: true, optional: false, aliases: [], formats: [], zone: "UTC", trim: false, nulls: [] };
  return { name, ...text, decimal: ".", thousands: null, description: null };
}

/** As the engine spells it. */
export function canonicalType(type: string): string {
  return type === "TIMESTAMPTZ" ? "TIMESTAMP WITH TIME ZONE" : type;
}

function guess(type: string, shape: string, because = "", formats: readonly string[] = []): Guess {
  return { type, shape: `\\s*(${shape})\\s*`, because, formats };
}

const whole = "-?(0|[1-9][0-9]*)";
const fraction = (most: number): string => `-?(0|[1-9][0-9]*)?(\\.[0-9]{1,${most}})?`;
/** So many digits survive in binary. */
const exactDigits = 15;
const inBinary = [
  `0|0?\\.[0-9]{1,${exactDigits}}`,
  ...Array.from({ length: exactDigits - 1 }, (_, more) => `[1-9][0-9]{${more}}(\\.[0-9]{1,${exactDigits - 1 - more}})?`),
].join("|");
/** Without a point or a sign `1e5` is as likely a code. */
const exponent = "-?(0|[1-9][0-9]*)(\\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-][0-9]+)?";

const numbers: readonly Guess[] = [
  guess("INTEGER", whole),
  guess("BIGINT", whole, "beyond 2,147,483,647"),
  guess("HUGEINT", whole, "beyond 64 bits"),
  ...[1, 2, 3, 4, 5, 6].map((scale) =>
    guess(`DECIMAL(18,${scale})`, fraction(scale), `up to ${scale} ${scale === 1 ? "digit" : "digits"} behind the point`),
  ),
  ...[2, 4, 6].map((scale) => guess(`DECIMAL(38,${scale})`, fraction(scale), "more digits than DECIMAL(18) has")),
  guess("DOUBLE", `-?(${inBinary})`, "digits behind the point vary, and all of them are kept"),
  ...[10, 18].map((scale) => guess(`DECIMAL(38,${scale})`, fraction(scale), "more digits than a DOUBLE keeps")),
  guess("DOUBLE", exponent, "has exponents"),
];

/** A comma before three digits may stand before thousands or before the fraction. */
const either = guess("VARCHAR", "-?([1-9][0-9]{0,2}(,[0-9]{3})?|0)", "CHECK: a comma before three digits may be `decimal` or `thousands`");
const scales = [1, 2, 3, 4, 5, 6] as const;

/** As only CSV files have them: with a decimal comma, or with something between thousands. */
const otherNumbers: readonly Guess[] = [
  either,
  { ...guess("BIGINT", "-?([1-9][0-9]{0,2}(,[0-9]{3})*|0)", "commas between thousands"), thousands: "," },
  { ...guess("BIGINT", "-?([1-9][0-9]{0,2}(\\.[0-9]{3})*|0)", "points between thousands"), thousands: "." },
  ...scales.map((scale) => ({
    ...guess(`DECIMAL(18,${scale})`, `-?(0|[1-9][0-9]*)(,[0-9]{1,${scale}})?`, "a decimal comma"),
    decimal: ",",
  })),
  ...scales.map((scale) => ({
    ...guess(
      `DECIMAL(18,${scale})`,
      `-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(\\.[0-9]{3})+)(,[0-9]{1,${scale}})?`,
      "a decimal comma, points between thousands",
    ),
    decimal: ",",
    thousands: ".",
  })),
  ...scales.map((scale) => ({
    ...guess(`DECIMAL(18,${scale})`, `-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)(\\.[0-9]{1,${scale}})?`, "commas between thousands"),
    thousands: ",",
  })),
];

const year = "(1[5-9]|2[0-2])[0-9]{2}";
const isoDay = `${year}-[0-9]{2}-[0-9]{2}`;
const compactDay = `${year}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])`;
const clock = "[0-9]{2}:[0-9]{2}";

/** Where two read all samples, the first is taken: the day stands before the month in most of the world. */
const dates: readonly { readonly format: string; readonly shape: string }[] = [
  { format: "%Y/%m/%d", shape: `${year}/[0-9]{1,2}/[0-9]{1,2}` },
  { format: "%d.%m.%Y", shape: `[0-9]{1,2}\\.[0-9]{1,2}\\.${year}` },
  { format: "%d/%m/%Y", shape: `[0-9]{1,2}/[0-9]{1,2}/${year}` },
  { format: "%m/%d/%Y", shape: `[0-9]{1,2}/[0-9]{1,2}/${year}` },
  { format: "%d-%m-%Y", shape: `[0-9]{1,2}-[0-9]{1,2}-${year}` },
  { format: "%m-%d-%Y", shape: `[0-9]{1,2}-[0-9]{1,2}-${year}` },
  { format: "%d.%m.%y", shape: "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{2}" },
  { format: "%d/%m/%y", shape: "[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}" },
  { format: "%m/%d/%y", shape: "[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}" },
  { format: "%d %b %Y", shape: `[0-9]{1,2} [A-Za-z]{3} ${year}` },
  { format: "%d-%b-%Y", shape: `[0-9]{1,2}-[A-Za-z]{3}-${year}` },
  { format: "%b %d, %Y", shape: `[A-Za-z]{3} [0-9]{1,2}, ${year}` },
  { format: "%d %B %Y", shape: `[0-9]{1,2} [A-Za-z]{3,9} ${year}` },
  { format: "%B %d, %Y", shape: `[A-Za-z]{3,9} [0-9]{1,2}, ${year}` },
];

const times: readonly { readonly format: string; readonly shape: string }[] = [
  { format: " %H:%M:%S", shape: " [0-9]{1,2}:[0-9]{2}:[0-9]{2}" },
  { format: " %H:%M", shape: " [0-9]{1,2}:[0-9]{2}" },
  { format: " %I:%M:%S %p", shape: " [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AaPp][Mm]" },
  { format: " %I:%M %p", shape: " [0-9]{1,2}:[0-9]{2} [AaPp][Mm]" },
];

/** The other order of day and month, which reads the same texts as long as no day is above 12. */
export function mirrored({ formats, type }: Guess): { readonly type: string; readonly format: string } | null {
  const [format] = formats;
  const swapped = format?.replace(/%d([./-])%m/, "%m$1%d") ?? null;
  if (format === undefined || swapped === null) return null;
  return swapped === format ? null : { type, format: swapped };
}

/** Numbers that are names: a zero at the front of tomorrow's would be gone. */
export function namesCode(name: string): boolean {
  return /(^|_|\b)(zip|zipcode|postcode|postal|postal_code|zip_code|plz|cap|phone|telephone|tel|mobile|fax|iban|isbn|ean|gtin|upc|sku|barcode|vat|ssn)($|_|\b)/i.test(
    name,
  );
}

export function namesTime(name: string): boolean {
  return /(^|[_\s])(at|on|date|day|datum|data|dt|time|timestamp|ts|fecha|jour|giorno|tag|when|moment|period)($|[_\s])|date$|time$|[a-z](At|On)$/i.test(
    name,
  );
}

/** Words for NULL, in lower case; they count where a column is otherwise of one type. */
export const nullWords: readonly string[] = [
  ...["", "na", "n/a", "#n/a", "#na", "n.a.", "n.d.", "nan", "null", "(null)", "<null>", "none", "nil", "nd"],
  ...["-", "--", "---", ".", "..", "...", "?", "missing", "unknown", "\\n"],
];
