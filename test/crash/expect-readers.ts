import { expect } from "vitest";
import { type kinds, type Way, watchPublishes } from "./publishes.js";

/** Who goes through the pointer at every look is only safe where versions have the same partitions: docs/how-to/other-tools.md. */
export const waysOfReading: readonly (readonly [keyof typeof kinds, Way])[] = [
  ["whole", "plain"],
  ["whole", "resolved"],
  ["transfers", "plain"],
  ["transfers", "resolved"],
  ["moves", "resolved"],
];

/** One whole version at a time, or an error that cannot be overlooked. */
export async function expectWholeVersions(reader: string, kind: keyof typeof kinds, way: Way, publishes: number): Promise<void> {
  const { whole, versions, mixes, errors } = await watchPublishes(reader, kind, way, publishes);
  console.info(`${kind}, ${way}: ${whole} readings of whole versions in ${publishes} publishes, errors ${JSON.stringify(errors)}`);
  expect(mixes).toEqual([]);
  expect(whole).toBeGreaterThan(publishes / 4);
  if (kind === "whole") expect(versions).toBeGreaterThan(3);
  // Versions are kept, so who resolves the pointer first finds all of its parts.
  if (way === "resolved") expect(errors).toEqual({});
  for (const words of Object.keys(errors)) expect(words).toMatch(/No files found|Cannot open file|No such file/);
}
