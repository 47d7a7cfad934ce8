import { defineConfig } from "vitest/config";
import { ConformanceCount } from "./conformance/count.js";

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
    hookTimeout: 60_000,
    reporters: ["default", new ConformanceCount()],
  },
});
