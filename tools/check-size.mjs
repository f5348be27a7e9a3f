/** Throws unless the built package is as small as promised: `node tools/check-size.mjs`, after `npm run build`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes after gzip, of a file with those that it imports at once. */
const BUDGETS = {
  "index.js": 60_000, "core.js": 30_000, "engine.js": 18_000, "worker.js": 2_000,
  "predict.js": 45_000, "core.predict.wasm": 10_000,
  "core.wasm": 30_000, "core.threads.wasm": 30_000, "core.relaxed.wasm": 30_000, "core.relaxed-threads.wasm": 30_000,
};
/** Of an app that loads a network and predicts: with the core, and all in one file with the reference engine. */
const PREDICTOR = { withCore: 45_000, inOneFile: 49_000 };
/** The same by `Network`: what it loads at once, that and the core, and all in one file with the reference engine. */
const NETWORK = { atOnce: 40_000, withCore: 66_000, inOneFile: 76_000 };
const program = (from, load) => `
  import { ${load.split(".")[0]} } from "${from}";
  const network = await ${load}(await (await fetch("network.safetensors")).arrayBuffer());
  console.log(network.predict([[0, 1]]));
`;
/** A message that only the trainer has. */
const OF_TRAINER = "trainer: it was disposed";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const packed = (bytes) => gzipSync(bytes, { level: 9 }).length;
let isRight = true;

/** One line of the report. */
function check(what, bytes, budget) {
  const fits = bytes <= budget;
  console.log(`${fits ? "ok" : "TOO LARGE"}: ${what}: ${bytes} bytes after gzip, ${budget} at most`);
  isRight &&= fits;
}

/** A file and what it imports, but for what it imports when it is asked for. */
function withImports(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith(".js")) return seen;
  const text = readFileSync(dist + file, "utf8");
  for (const [, path] of text.matchAll(/(?:\bfrom|\bimport)"\.\/([^"]+\.js)"/g)) withImports(path, seen);
  return seen;
}

for (const [file, budget] of Object.entries(BUDGETS)) {
  const files = [...withImports(file)];
  check(files.join(" and "), files.reduce((sum, one) => sum + packed(readFileSync(dist + one)), 0), budget);
}

/** An app as esbuild bundles it. */
async function app(contents, splitting) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dist, sourcefile: "app.js" },
    bundle: true, minify: true, format: "esm", outdir: "app", write: false, splitting,
    alias: { "deltawasm/predict": `${dist}predict.js`, deltawasm: `${dist}index.js` },
  });
  return outputFiles.map(({ path, contents, text }) => ({ path, bytes: packed(contents), text }));
}
const byPredictor = program("deltawasm/predict", "loadPredictor");
const sizeOf = (files) => files.filter(({ path }) => !/\b(core|engine)-\w+\.js$/.test(path)).reduce((sum, { bytes }) => sum + bytes, 0);
check("an app that predicts, with the core", sizeOf(await app(byPredictor, true)), PREDICTOR.withCore);
check("in one file, with the reference engine", sizeOf(await app(byPredictor, false)), PREDICTOR.inOneFile);

const byNetwork = program("deltawasm", "Network.load");
const parts = await app(byNetwork, true);
const [core] = parts.filter(({ path }) => /\bcore-\w+\.js$/.test(path));
check("the same by Network", sizeOf(parts), NETWORK.atOnce);
check("with the core", sizeOf(parts) + core.bytes, NETWORK.withCore);
const [whole] = await app(byNetwork, false);
check("in one file, with the reference engine", whole.bytes, NETWORK.inOneFile);
if (!readFileSync(`${dist}index.js`, "utf8").includes(OF_TRAINER)) throw new Error(`the trainer doesn't say "${OF_TRAINER}": the check needs another of its messages`);
if (whole.text.includes(OF_TRAINER)) {
  console.log("TOO LARGE: an app that predicts holds the trainer");
  isRight = false;
}
process.exitCode = isRight ? 0 : 1;
