/** The ids of the conformance cases, as the table of expected behaviour numbers them. */
export const cases: readonly string[] = [
  ...numbered("A", 13),
  ...numbered("B", 12),
  ...numbered("C", 6),
  ...numbered("D", 7),
  ...numbered("E", 6),
  ...numbered("F", 6),
  ...numbered("G", 3),
];

function numbered(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${letter}${String(at + 1).padStart(2, "0")}`);
}

/** Ids in a test's name: `[A03] The same bytes …`. */
export function idsIn(name: string): readonly string[] {
  return [...name.matchAll(/\[([A-G]\d\d)\]/g)].map(([, id]) => id ?? "");
}
