import { defineConfig } from "vitest/config";
import { inlineWasmInVite } from "./tools/inline-wasm.mjs";

export default defineConfig({
  plugins: [inlineWasmInVite],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/exhaustive/**", "test/runtimes/**", "test/browsers/**", "node_modules/**"],
    globalSetup: ["test/support/buildKernels.ts"],
    testTimeout: 120_000,
  },
});
