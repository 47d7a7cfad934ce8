import { type Diagnostic, error, type Place } from "../diagnostic.js";
import { suggestion } from "./suggest.js";

/** Nothing, or what is wrong with a name that should be an IANA time zone. */
export function timezoneTrouble(zone: string, at: Place): readonly Diagnostic[] {
  if (zone === "UTC" || isZone(zone)) return [];
  return [error("bad-timezone", at, `there is no time zone \`${zone}\``, suggestion(zone, Intl.supportedValuesOf("timeZone")) ?? "for example `UTC` or `Europe/Rome`")];
}

/** Offsets such as `+02:00` are refused: they are no zones, and have no summer time. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
