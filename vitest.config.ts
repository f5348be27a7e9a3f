import { defineConfig } from "vitest/config";
import { inlinePageInVite } from "./tools/inline-page.mjs";
import { inlineWasmInVite } from "./tools/inline-wasm.mjs";

export default defineConfig({
  plugins: [inlineWasmInVite, inlinePageInVite],
  resolve: {
    // Sub-paths import other entries by the package's name.
    alias: [
      { find: /^deltawasm$/, replacement: `${import.meta.dirname}/src/index.ts` },
      { find: /^deltawasm\/(\w+)$/, replacement: `${import.meta.dirname}/src/$1/index.ts` },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/exhaustive/**", "test/runtimes/**", "test/browsers/**", "test/bundlers/**", "node_modules/**"],
    globalSetup: ["test/support/buildKernels.ts"],
    testTimeout: 120_000,
  },
});
