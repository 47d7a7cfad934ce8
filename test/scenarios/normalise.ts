/**
 * What differs from run to run gets a name that does not: run ids by order of appearance, hashes, part names, the folder.
 * One for each scenario, so that the same run has the same name throughout.
 */
export function normaliser(root: string): (text: string) => string {
  const runs = new Map<string, string>();
  const nameOf = (run: string): string => {
    const known = runs.get(run) ?? `<run-${runs.size + 1}>`;
    runs.set(run, known);
    return known;
  };
  return (text) =>
    text
      .replaceAll(root, "<project>")
      .replace(/\d{8}T\d{9}Z-[0-9a-z]{4}/g, nameOf)
      .replace(/\b[0-9a-f]{64}\b/g, "<sha256>")
      .replace(/\b[0-9a-f]{16}\.(parquet|shadow)\b/g, "<part>.$1")
      .replace(/[ \t]+$/gm, "")
      // A blank line ends a block of a scenario.
      .replace(/\n{2,}/g, "\n");
}
