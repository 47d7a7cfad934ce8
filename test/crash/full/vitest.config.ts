import { defineConfig } from "vitest/config";

/** Long: run by `npm run test:crash` and in CI, not by `npm test`. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    root: new URL("../../..", import.meta.url).pathname,
    include: ["test/crash/full/**/*.test.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
