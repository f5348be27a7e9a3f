/** Compiles the core in all its builds: build/core*.wasm, from one source. That of `predict` is a part of it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const BUILDS = { simd: "index", threads: "threads", relaxed: "index", "relaxed-threads": "threads", predict: "predict" };

const run = promisify(execFile);
const results = await Promise.allSettled(Object.entries(BUILDS).map(([target, source]) => (
  run(process.execPath, ["node_modules/assemblyscript/bin/asc.js", `assembly/${source}.ts`, "--target", target, "--disableWarning", "112"])
)));
for (const { reason } of results.filter(({ status }) => status === "rejected")) {
  console.error(reason.stderr ?? reason);
  process.exitCode = 1;
}
