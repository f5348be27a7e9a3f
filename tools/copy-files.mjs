/** Copies what the package holds as it lies in the sources: the worker, and the core for runtimes that want a file. */
import { copyFileSync } from "node:fs";

copyFileSync("src/core/worker.js", "dist/worker.js");
copyFileSync("build/core.wasm", "dist/core.wasm");
