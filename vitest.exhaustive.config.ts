import { defineConfig } from "vitest/config";

/** The slow suite, apart from the others: `npx vitest run --config vitest.exhaustive.config.ts [-t name]`. */
export default defineConfig({
  test: {
    include: ["test/exhaustive/**/*.test.ts"],
    globalSetup: ["test/support/buildKernels.ts"],
    fileParallelism: false,
    testTimeout: 3_600_000,
  },
});
