import { type Diagnostic, error, type Place } from "../diagnostic.js";
import { suggestion } from "../suggest.js";
import type { Draft } from "./draft.js";
import { below, placeOf } from "./yaml-source.js";

/** Nothing, or what is wrong with a name that should be an IANA time zone. */
export function timezoneTrouble(zone: string, at: Place): readonly Diagnostic[] {
  if (isZone(zone)) return [];
  return [
    error(
      "bad-timezone",
      at,
      `there is no time zone \`${zone}\``,
      suggestion(zone, Intl.supportedValuesOf("timeZone")) ?? "for example `UTC` or `Europe/Rome`",
    ),
  ];
}

/** Of the columns of all assets: asking about a zone is slow, and a project names few of them often. */
export function columnZones(drafts: readonly Draft[]): readonly Diagnostic[] {
  const known = new Map<string, boolean>();
  const isKnown = (zone: string): boolean => {
    const answer = known.get(zone) ?? isZone(zone);
    known.set(zone, answer);
    return answer;
  };
  return drafts.flatMap(zonesOf).flatMap(({ zone, at }) => (isKnown(zone) ? [] : timezoneTrouble(zone, at)));
}

function zonesOf({ shaped }: Draft): readonly { readonly zone: string; readonly at: Place }[] {
  return Object.entries(shaped.declaration.columns ?? {}).flatMap(([name, column]) => {
    if (typeof column === "string" || column.zone === undefined) return [];
    return [{ zone: column.zone, at: placeOf(shaped.source, `${below("/columns", name)}/zone`) }];
  });
}

/** Offsets such as `+02:00` are refused: they are no zones, and have no summer time. */
function isZone(zone: string): boolean {
  if (zone === "UTC") return true;
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
