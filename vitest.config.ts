import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

/** `import bytes from "x.wasm"` gives the bytes, as the bundler inlines them. */
export function wasmBytes(): Plugin {
  return {
    name: "wasm-bytes",
    enforce: "pre",
    load(id) {
      if (!id.endsWith(".wasm")) return;
      return `export default Uint8Array.from(atob("${readFileSync(id).toString("base64")}"), (c) => c.charCodeAt(0));`;
    },
  };
}

export default defineConfig({
  plugins: [wasmBytes()],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/exhaustive/**", "test/runtimes/**", "node_modules/**"],
    globalSetup: ["test/support/buildKernels.ts"],
    testTimeout: 120_000,
  },
});
