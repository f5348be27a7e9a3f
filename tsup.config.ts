import { defineConfig, type Options } from "tsup";

/** `../index` as the file beside: sub-paths have no second copy of the library, and none of its errors. */
const besideIndex: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "beside-index",
  setup(build) {
    const path = build.initialOptions.format === "cjs" ? "./index.cjs" : "./index.js";
    build.onResolve({ filter: /^\.\.\/index$/ }, () => ({ path, external: true }));
  },
};

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
    platform: "node",
    entry: { node: "src/node/index.ts" },
    format: ["esm", "cjs"],
    removeNodeProtocol: false,
    esbuildPlugins: [besideIndex],
    dts: true,
    sourcemap: true,
  },
  {
    ...common,
    entry: Object.fromEntries(["threads", "relaxed", "relaxed-threads"].map((name) => [`builds/${name}`, `src/core/builds/${name}.ts`])),
    format: ["esm"],
  },
]);
