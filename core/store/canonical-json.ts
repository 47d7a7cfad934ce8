/** JSON that depends on the value alone: keys sorted, two spaces, a newline at the end. Equal values give equal bytes. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

/** Sorted before and not while it is written: a manifest has tens of thousands of keys, and a replacer is called for each. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const mapping = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.keys(mapping)
      .sort()
      .map((key) => [key, sorted(mapping[key])]),
  );
}
