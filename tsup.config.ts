import { defineConfig, type Options } from "tsup";
import { inlinePage } from "./tools/inline-page.mjs";
import { inlineWasm, withoutWasm } from "./tools/inline-wasm.mjs";
import { licences } from "./tools/licences.mjs";
import { besideOthers } from "./tools/subpaths.mjs";

/** For `Symbol.dispose`, which the library of a user's TypeScript may not have. */
const typesBanner = "/// <reference lib=\"esnext.disposable\" />";

const common: Options = {
  platform: "neutral",
  target: "es2022",
  esbuildPlugins: [inlineWasm, licences],
  minify: true,
  outDir: "dist",
};

const entry: Options = {
  ...common,
  entry: { index: "src/index.ts" },
  noExternal: ["@assemblyscript/loader"],
  dts: { banner: typesBanner },
  sourcemap: true,
};

/** Sub-paths for every runtime, and the folders of their sources. */
const everywhere = Object.fromEntries(["data", "model", "metrics", "diagnosis", "report"].map((name) => [name, `src/${name}/index.ts`]));

/** Stands alone, for who wants it wants nothing else: the library's errors and the core for predictions are inside. */
const predict = { predict: "src/predict/index.ts" };

/** `deltawasm/data` and the like: each a file of its own, with what it uses of libraries inside. */
const subPath: Options = {
  ...common,
  splitting: false,
  noExternal: [/^(?!deltawasm)/],
  esbuildPlugins: [inlineWasm, inlinePage, besideOthers, licences],
  sourcemap: true,
};

export default defineConfig([
  {
    ...entry,
    format: ["esm"],
    // What is loaded when it is wanted: the core, and the reference engine, which few ever load, with what that shares with the entry.
    splitting: true,
    esbuildOptions(options) {
      options.chunkNames = "[name]";
    },
  },
  {
    // For runtimes that compile no bytes, and get the core from a static import (tools/copy-files.mjs): without cores inside, and without
    // `new URL(…, import.meta.url)`, with which webpack's code for Next.js's edge asks for `document`.
    ...common,
    entry: { "edge/index": "src/index.ts" },
    format: ["esm"],
    splitting: true,
    noExternal: ["@assemblyscript/loader"],
    esbuildPlugins: [withoutWasm, licences],
    esbuildOptions(options) {
      options.chunkNames = "edge/[name]";
      options.define = { ...options.define, "import.meta.url": "undefined" };
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
    entry: everywhere,
    format: ["esm", "cjs"],
  },
  {
    ...common,
    entry: predict,
    format: ["esm"],
    sourcemap: true,
    splitting: true,
    esbuildOptions(options) {
      options.chunkNames = "predict.[name]";
    },
  },
  {
    ...common,
    entry: predict,
    format: ["cjs"],
    sourcemap: true,
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
    loader: { ".csv": "text" },
    format: ["esm"],
    removeNodeProtocol: false,
    // What the libraries of the command need of Node is asked for by require.
    banner: { js: "#!/usr/bin/env node\nimport { createRequire } from \"node:module\";\nconst require = createRequire(import.meta.url);" },
  },
  {
    // Apart from their code, for here other entries are named as users name them: their types are those of the entry, not copies.
    entry: { ...everywhere, ...predict, node: "src/node/index.ts" },
    format: ["esm", "cjs"],
    dts: { only: true, banner: typesBanner, compilerOptions: { paths: { "deltawasm": ["./src/index.ts"], "deltawasm/*": ["./src/*/index.ts"] } } },
    external: [/^deltawasm(\/\w+)?$/],
    outDir: "dist",
  },
]);
