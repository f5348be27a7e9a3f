import { defineConfig, type Options } from "tsup";
import { inlineWasm } from "./tools/inline-wasm.mjs";

/** `../index` as the file beside: sub-paths have no second copy of the library, and none of its errors. */
const besideIndex: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "beside-index",
  setup(build) {
    const path = build.initialOptions.format === "cjs" ? "./index.cjs" : "./index.js";
    build.onResolve({ filter: /^\.\.\/index$/ }, () => ({ path, external: true }));
  },
};

const common: Options = {
  platform: "neutral",
  target: "es2022",
  esbuildPlugins: [inlineWasm],
  minify: true,
  outDir: "dist",
};

const entry: Options = {
  ...common,
  entry: { index: "src/index.ts" },
  noExternal: ["@assemblyscript/loader"],
  // These are loaded when they are asked for.
  external: [/^\.\/builds\//],
  dts: true,
  sourcemap: true,
};

export default defineConfig([
  {
    ...entry,
    format: ["esm"],
    // The reference engine, which few ever load, and what it shares with the entry.
    splitting: true,
    esbuildOptions(options) {
      options.chunkNames = "[name]";
    },
  },
  {
    ...entry,
    format: ["cjs"],
    // For `import.meta.url`.
    shims: true,
  },
  {
    ...common,
    platform: "node",
    entry: { node: "src/node/index.ts" },
    format: ["esm", "cjs"],
    removeNodeProtocol: false,
    esbuildPlugins: [inlineWasm, besideIndex],
    dts: true,
    sourcemap: true,
  },
  {
    ...common,
    entry: Object.fromEntries(["threads", "relaxed", "relaxed-threads"].map((name) => [`builds/${name}`, `src/core/builds/${name}.ts`])),
    format: ["esm"],
  },
]);
