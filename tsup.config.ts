import { defineConfig } from "tsup";

const common = {
  platform: "neutral",
  target: "es2022",
  loader: { ".wasm": "base64" },
  minify: true,
  outDir: "dist",
} as const;

export default defineConfig([
  {
    ...common,
    entry: { index: "src/index.ts" },
    format: ["esm", "cjs"],
    noExternal: ["@assemblyscript/loader"],
    // These are loaded when they are asked for.
    external: [/^\.\/builds\//],
    // For `import.meta.url` in CommonJS.
    shims: true,
    dts: true,
    sourcemap: true,
  },
  {
    ...common,
    entry: Object.fromEntries(["threads", "relaxed", "relaxed-threads"].map((name) => [`builds/${name}`, `src/core/builds/${name}.ts`])),
    format: ["esm"],
  },
]);
