import { distance } from "fastest-levenshtein";

/** The candidate the user most likely meant, or null when none is near: one slip in short words, two or a third of the letters in longer ones. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = (wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3))) + 1;
  for (const candidate of candidates) {
    const away = distance(wanted, candidate.toLowerCase());
    if (away < bestDistance) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
}

/** `did you mean …?` where a candidate is near; else the legal values when they are few; else null. */
export function suggestion(word: string, candidates: Iterable<string>, what: string | null = null): string | null {
  const all = [...candidates];
  const near = nearest(word, all);
  if (near !== null) return `did you mean \`${near}\`?`;
  return what !== null && all.length > 0 && all.length <= 12 ? `${what}: ${quoteAll(all)}` : null;
}

/** `` `a`, `b`, `c` `` */
export function quoteAll(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
