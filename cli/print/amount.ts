/** Numbers as people read them. Always the same characters, whatever the machine's locale is. */

/** `1,234,567` */
export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `0 rows`, `1 row`, `2 rows`, `3 deliveries` */
export function count(number: number, noun: string): string {
  return `${thousands(number)} ${number === 1 ? noun : plural(noun)}`;
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min`, `30 d 4 h`, `30 d` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  const hours = Math.floor((whole % 86_400) / 3600);
  return `${thousands(Math.floor(whole / 86_400))} d${hours === 0 ? "" : ` ${hours} h`}`;
}

/** As a declaration writes it, in the largest unit that leaves no rest: `90s`, `2d`. */
export function durationText(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ] as const;
  if (ms === 0) return "0s";
  const unit = units.find(([, size]) => ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

/** As one says it, in the largest unit that leaves no rest: `6 days`, `1 hour`. */
export function span(ms: number): string {
  const units = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1000],
  ] as const;
  const unit = units.find(([, size]) => ms % size === 0);
  return unit === undefined ? count(ms, "millisecond") : count(ms / unit[1], unit[0]);
}

/** `2026-01-03 04:05:06` (UTC), from an ISO instant; what is none stays as it is. */
export function instant(iso: string): string {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})/.exec(iso);
  return parts === null ? iso : `${parts[1]} ${parts[2]}`;
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more` */
export function list(names: readonly string[], most = 5): string {
  if (names.length <= 1) return names.join("");
  if (names.length > most) return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** `a, b, c, d, e … and 12 more`: long lists are cut; `total` where there are more than are given. */
export function cut(names: readonly string[], between = ", ", total: number = names.length): string {
  const shown = names.slice(0, 5);
  const more = total - shown.length;
  return `${shown.join(between)}${more > 0 ? ` … and ${thousands(more)} more` : ""}`;
}

function plural(noun: string): string {
  return /[^aeo]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
