import { type Diagnostic, error, type Place } from "../diagnostic.js";
import { suggestion } from "../suggest.js";

/** Nothing, or what is wrong with a name that should be an IANA time zone. */
export function timezoneTrouble(zone: string, at: Place): readonly Diagnostic[] {
  const zones = Intl.supportedValuesOf("timeZone");
  if (zones.includes(zone) || isAlias(zone)) return [];
  return [error("bad-timezone", at, `there is no time zone \`${zone}\``, suggestion(zone, zones) ?? "for example `UTC` or `Europe/Rome`")];
}

/** `UTC` and older names. Offsets such as `+02:00` are refused: they are no zones, and have no summer time. */
function isAlias(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
