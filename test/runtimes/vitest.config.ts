import { defineConfig } from "vitest/config";

/** The built package in several versions of Node: `npm run test:runtimes`. */
export default defineConfig({
  test: {
    include: ["test/runtimes/*.test.ts"],
    testTimeout: 300_000,
  },
});
