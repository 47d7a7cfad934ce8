/** Numbers as people read them. Always the same characters, whatever the machine's locale is. */

/** `1,234,567` */
export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `0 rows`, `1 row`, `2 rows`, `3 deliveries` */
export function count(number: number, noun: string): string {
  return `${thousands(number)} ${number === 1 ? noun : plural(noun)}`;
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
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

function plural(noun: string): string {
  return noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
