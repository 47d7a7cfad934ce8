import { defineConfig } from "vitest/config";

/** Long: run by `npm run test:history` and in CI, not by `npm test`. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/history/**/*.test.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 60_000,
  },
});
