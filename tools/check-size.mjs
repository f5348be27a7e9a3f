/** Throws unless the built package is as small as promised: `node tools/check-size.mjs`, after `npm run build`. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Bytes after gzip, of a file and of those that it loads at once. */
const BUDGETS = {
  "core.wasm": 30_000, "index.js": 82_000, "engine.js": 12_000, "worker.js": 2_000, "node.js": 2_000,
  "builds/threads.js": 30_000, "builds/relaxed.js": 30_000, "builds/relaxed-threads.js": 30_000,
};
/** What the entry loads in any case. */
const ENTRY = "index.js";

/** A file and what it imports, but for what it imports when it is asked for. */
function withImports(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith(".js")) return seen;
  const text = readFileSync(new URL(`../dist/${file}`, import.meta.url), "utf8");
  for (const [, path] of text.matchAll(/(?:\bfrom|\bimport)"\.\/([^"]+\.js)"/g)) withImports(path, seen);
  return seen;
}

let tooLarge = false;
for (const [file, budget] of Object.entries(BUDGETS)) {
  const files = [...withImports(file)].filter((one) => one === file || file === ENTRY);
  const bytes = files.map((one) => readFileSync(new URL(`../dist/${one}`, import.meta.url)));
  const sum = (sizes) => sizes.reduce((all, size) => all + size, 0);
  const packed = sum(bytes.map((one) => gzipSync(one, { level: 9 }).length));
  const isRight = packed <= budget;
  console.log(`${isRight ? "ok" : "TOO LARGE"}: ${files.join(" and ")}: ${sum(bytes.map(({ length }) => length))} bytes, ${packed} after gzip, ${budget} at most`);
  tooLarge ||= !isRight;
}
process.exitCode = tooLarge ? 1 : 0;
