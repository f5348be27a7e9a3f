/**
 * Writes what the package holds beside what tsup builds: the worker and the cores as they lie in the sources, and the entries for
 * runtimes that refuse to compile bytes, and give a compiled core for a static import.
 */
import { copyFileSync, writeFileSync } from "node:fs";

copyFileSync("src/core/worker.js", "dist/worker.js");
for (const name of ["core", "core.threads", "core.relaxed", "core.relaxed-threads", "core.predict"]) copyFileSync(`build/${name}.wasm`, `dist/${name}.wasm`);

// Beside the library of their runtimes, for each entry takes from the file beside it.
for (const name of ["data", "diagnosis", "metrics", "model", "report"]) copyFileSync(`dist/${name}.js`, `dist/edge/${name}.js`);
/** Conditions of package.json, and what each runtime's tools want behind the name of a core that is to be compiled beforehand. */
const STATIC = { "workerd": "", "edge-light": "?module" };
for (const [runtime, query] of Object.entries(STATIC)) {
  writeFileSync(`dist/${runtime}.js`, `import core from "./core.wasm${query}";
globalThis[Symbol.for("deltawasm.core")] = core;
export * from "./edge/index.js";
`);
  // The other entries work on networks that somebody made; this one makes them.
  writeFileSync(`dist/${runtime}.model.js`, `import "./${runtime}.js";
export * from "./edge/model.js";
`);
  writeFileSync(`dist/${runtime}.predict.js`, `import core from "./core.predict.wasm${query}";
globalThis[Symbol.for("deltawasm.predict")] = core;
export * from "./predict.js";
`);
}
