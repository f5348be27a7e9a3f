import { defineConfig } from "vitest/config";

/** The built package in the pages of several browsers: `npm run test:browsers`. */
export default defineConfig({
  test: {
    include: ["test/browsers/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // They measure how busy a page is.
    fileParallelism: false,
  },
});
