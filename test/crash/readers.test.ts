import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { kinds, type Way, watchPublishes } from "./publishes.js";
import { buildFaultyFlow } from "./subprocess.js";

const reader = join(dirname(buildFaultyFlow("readers")), "reader.js");
const publishes = Number(process.env["FLOW_PUBLISHES"] ?? 40);

const cases = Object.keys(kinds).flatMap((kind) =>
  (["plain", "resolved"] as const).map((way): [keyof typeof kinds, Way] => [kind as keyof typeof kinds, way]),
);

test.each(cases)(
  "[F04] a reader in another process sees one whole version of %s at a time, or an error: %s",
  async (kind, way) => {
    const { whole, versions, mixes, errors } = await watchPublishes(reader, kind, way, publishes);
    console.info(`${kind}, ${way}: ${whole} readings of whole versions in ${publishes} publishes, errors ${JSON.stringify(errors)}`);
    expect(mixes).toEqual([]);
    expect(whole).toBeGreaterThan(publishes / 4);
    if (kind === "whole") expect(versions).toBeGreaterThan(3);
    // Versions are kept, so who resolves the pointer first finds all of its parts.
    if (way === "resolved") expect(errors).toEqual({});
    for (const words of Object.keys(errors)) expect(words).toMatch(/No files found|Cannot open file|No such file/);
  },
  60_000 + publishes * 2000,
);
