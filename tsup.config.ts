import { defineConfig, type Options } from "tsup";
import { inlinePage } from "./tools/inline-page.mjs";
import { inlineWasm } from "./tools/inline-wasm.mjs";
import { besideOthers } from "./tools/subpaths.mjs";

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

/** `deltawasm/data` and the like: each a file of its own, with what it uses of libraries inside. */
const subPath: Options = {
  ...common,
  splitting: false,
  noExternal: [/^(?!deltawasm)/],
  esbuildPlugins: [inlineWasm, inlinePage, besideOthers],
  // Types are those of the entry, not copies.
  dts: { compilerOptions: { paths: { "deltawasm": ["./src/index.ts"], "deltawasm/*": ["./src/*/index.ts"] } } },
  external: [/^deltawasm(\/\w+)?$/],
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
    ...subPath,
    entry: Object.fromEntries(["data", "model", "metrics", "diagnosis", "report"].map((name) => [name, `src/${name}/index.ts`])),
    format: ["esm", "cjs"],
  },
  {
    ...subPath,
    platform: "node",
    entry: { node: "src/node/index.ts" },
    format: ["esm", "cjs"],
    removeNodeProtocol: false,
  },
  {
    ...subPath,
    platform: "node",
    entry: { cli: "src/cli/index.ts" },
    format: ["esm"],
    dts: false,
    removeNodeProtocol: false,
    // What the libraries of the command need of Node is asked for by require.
    banner: { js: "#!/usr/bin/env node\nimport { createRequire } from \"node:module\";\nconst require = createRequire(import.meta.url);" },
  },
  {
    ...common,
    entry: Object.fromEntries(["threads", "relaxed", "relaxed-threads"].map((name) => [`builds/${name}`, `src/core/builds/${name}.ts`])),
    format: ["esm"],
  },
]);
