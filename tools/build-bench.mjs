/** Bundles the bench and its processes into build/bench. */
import { copyFileSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["bench/run.ts", "bench/jsProcess.ts", "bench/variantProcess.ts"],
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  loader: { ".wasm": "base64" },
  logLevel: "warning",
  outdir: "build/bench",
  outExtension: { ".js": ".mjs" },
});
// Threads find it beside the bundle.
copyFileSync("src/core/worker.js", "build/bench/worker.js");
