import type { ColumnProfile } from "../engine/engine.js";
import { type Guess, mirrored, namesCode } from "./readings.js";

/** A column as it would be declared, and why. */
export interface ColumnDraft {
  readonly name: string;
  readonly type: string;
  readonly formats: readonly string[];
  readonly nulls: readonly string[];
  readonly decimal: string | null;
  readonly thousands: string | null;
  readonly nullable: boolean;
  readonly why: string;
}

/** The first guess that loses no text of the samples; a text where there is none. */
export function chooseColumn(guesses: readonly Guess[], profile: ColumnProfile): ColumnDraft {
  const { name, filled } = profile;
  const base = { name, formats: [], nulls: [], decimal: null, thousands: null, nullable: filled < profile.rows };
  if (filled === 0) return { ...base, type: "VARCHAR", why: "empty in all samples" };
  // Something has to be left beside the words for NULL.
  const at = profile.readings.findIndex(({ refused }) => refused === 0 && profile.distinct > profile.words.length);
  const guess = guesses[at];
  if (guess === undefined) return { ...base, type: "VARCHAR", why: whyText(profile) };
  const words = guess.type === "VARCHAR" ? [] : profile.words;
  const why = [
    guess.because,
    words.length > 0 ? `${words.map(quoted).join(", ")} ${words.length === 1 ? "means" : "mean"} NULL, for all else is of the type` : "",
    ambiguity(guesses, profile, guess),
  ];
  return {
    ...base,
    type: guess.type,
    formats: guess.formats,
    nulls: words,
    decimal: guess.decimal ?? null,
    thousands: guess.thousands ?? null,
    nullable: base.nullable || words.length > 0,
    why: why.filter((part) => part !== "").join("; "),
  };
}

/** Said where the samples cannot tell: the one guess here that could be wrong without a refused row. */
function ambiguity(guesses: readonly Guess[], profile: ColumnProfile, chosen: Guess): string {
  const other = mirrored(chosen);
  if (other === null) return "";
  const at = guesses.findIndex(({ type, formats }) => type === other.type && formats[0] === other.format);
  const fits = profile.readings[at]?.refused === 0;
  return fits ? `CHECK: no day is above 12, so it could be ${other.format} as well` : "no text fits with day and month the other way round";
}

/** What speaks against a number, where there are some. */
function whyText({ name, filled, sample, words }: ColumnProfile): string {
  if (namesCode(name)) return "its name is that of a code, and a number loses zeros at its front";
  const zeros = sample.find((text) => /^\s*0\d+\s*$/.test(text));
  if (zeros !== undefined) return `no number: ${quoted(zeros)} would lose what it begins with`;
  const others = sample.filter((text) => !/^\s*-?\d+(\.\d+)?\s*$/.test(text) && !words.includes(text));
  const [other] = others;
  return other !== undefined && filled > 0 && others.length * 2 <= sample.length ? `no number: there is ${quoted(other)}` : "";
}

function quoted(text: string): string {
  const short = text.length > 30 ? `${text.slice(0, 30)}…` : text;
  return `\`${short.replaceAll(/[\p{Cc}`]/gu, " ")}\``;
}
