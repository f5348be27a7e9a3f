/** Throws unless the built package is as small as promised: `node tools/check-size.mjs`, after `npm run build`. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Bytes after gzip. */
const BUDGETS = {
  "dist/core.wasm": 30_000, "dist/index.js": 60_000, "dist/worker.js": 2_000, "dist/node.js": 2_000,
  "dist/builds/threads.js": 30_000, "dist/builds/relaxed.js": 30_000, "dist/builds/relaxed-threads.js": 30_000,
};

let tooLarge = false;
for (const [path, budget] of Object.entries(BUDGETS)) {
  const bytes = readFileSync(new URL(`../${path}`, import.meta.url));
  const packed = gzipSync(bytes, { level: 9 }).length;
  const isRight = packed <= budget;
  console.log(`${isRight ? "ok" : "TOO LARGE"}: ${path}: ${bytes.length} bytes, ${packed} after gzip, ${budget} at most`);
  tooLarge ||= !isRight;
}
process.exitCode = tooLarge ? 1 : 0;
