import { defineConfig } from "vitest/config";

/** As long as one likes: run by `npm run test:soak`, a minute of it in CI. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/soak/**/*.test.ts"],
    testTimeout: 7_200_000,
    hookTimeout: 60_000,
  },
});
