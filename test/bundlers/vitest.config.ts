import { defineConfig } from "vitest/config";

/** The packed library in apps that bundlers build: `npm run test:bundlers`. */
export default defineConfig({
  test: {
    include: ["test/bundlers/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
