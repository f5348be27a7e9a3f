/** Bundles the bench and its processes into build/bench. */
import { copyFileSync } from "node:fs";
import { build } from "esbuild";
import { inlineWasm } from "./inline-wasm.mjs";

await build({
  entryPoints: ["bench/run.ts", "bench/jsProcess.ts", "bench/variantProcess.ts"],
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  plugins: [inlineWasm],
  alias: { "deltawasm/diagnosis": "./src/diagnosis/index.ts", deltawasm: "./src/index.ts" },
  logLevel: "warning",
  outdir: "build/bench",
  outExtension: { ".js": ".mjs" },
});
// They are looked for beside the bundle.
copyFileSync("src/core/worker.js", "build/bench/worker.js");
for (const name of ["core.threads", "core.relaxed", "core.relaxed-threads"]) copyFileSync(`build/${name}.wasm`, `build/bench/${name}.wasm`);
