const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 7 * 86_400e3 };

/** `500ms`, `2s`, `5m`, `12h`, `30d`, `2w`, `6 days` in milliseconds; null for anything else. A day is 24 hours. */
export function readDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|w|days?|hours?|weeks?)$/.exec(text);
  const word = match?.[2] ?? "";
  const unit = milliseconds[word.length > 2 ? word.slice(0, 1) : word];
  return unit === undefined ? null : Math.round(Number(match?.[1]) * unit);
}
