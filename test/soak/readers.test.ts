import { dirname, join } from "node:path";
import { test } from "vitest";
import { expectWholeVersions, waysOfReading } from "../crash/expect-readers.js";
import { buildFaultyFlow } from "../crash/subprocess.js";

const reader = join(dirname(buildFaultyFlow("readers-soak")), "reader.js");
const publishes = Math.min(1000, Number(process.env["FLOW_SOAK_SECONDS"] ?? 1800));

test.each(waysOfReading)(
  `[F04] a reader loops over ${publishes} publishes of %s: one whole version at a time, or an error: %s`,
  (kind, way) => expectWholeVersions(reader, kind, way, publishes),
);
