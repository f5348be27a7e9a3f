import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts" },
  format: ["esm", "cjs"],
  platform: "neutral",
  target: "es2022",
  loader: { ".wasm": "base64" },
  noExternal: ["@assemblyscript/loader"],
  dts: true,
  minify: true,
  sourcemap: true,
  clean: true,
});
