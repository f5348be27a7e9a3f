import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

/** `import base64 from "x.wasm"`, as the bundler inlines it. */
export function inlineWasm(): Plugin {
  return {
    name: "inline-wasm",
    enforce: "pre",
    load(id) {
      if (!id.endsWith(".wasm")) return;
      return `export default "${readFileSync(id).toString("base64")}";`;
    },
  };
}

export default defineConfig({
  plugins: [inlineWasm()],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/exhaustive/**", "test/runtimes/**", "test/browsers/**", "node_modules/**"],
    globalSetup: ["test/support/buildKernels.ts"],
    testTimeout: 120_000,
  },
});
