import { dirname, join } from "node:path";
import { test } from "vitest";
import { expectWholeVersions, waysOfReading } from "./expect-readers.js";
import { buildFaultyFlow } from "./subprocess.js";

const reader = join(dirname(buildFaultyFlow("readers")), "reader.js");

test.each(waysOfReading)(
  "[F04] a reader in another process sees one whole version of %s at a time, or an error: %s",
  (kind, way) => expectWholeVersions(reader, kind, way, 15),
  120_000,
);
