import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { ConformanceCount } from "./conformance/count.js";

/** What takes longest, longest first: begun last, one of two workers would wait for it. */
const long = ["scenarios/scenarios", "docs/readme", "laws/order", "laws/history", "reach/property", "derived/long-chain"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = long.findIndex((name) => moduleId.includes(`/test/${name}.`));
      return place < 0 ? long.length : place;
    };
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    // Long: `npm run test:history`, `test:crash`, `test:soak`.
    exclude: ["test/history/**", "test/crash/full/**", "test/soak/**"],
    // Machines are shared: a test that hangs is found all the same.
    testTimeout: 60_000,
    // vitest would leave one of two cores to itself.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    hookTimeout: 60_000,
    reporters: ["default", new ConformanceCount()],
  },
});
