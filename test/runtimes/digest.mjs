/**
 * Prints the digests of training.mjs.
 *
 *   node digest.mjs esm|cjs wasm|reference [threads] [wide]
 *
 * On the built package, in any runtime that knows Node's modules. The order of the output is that of the cases;
 * `node test/runtimes/digest.mjs esm wasm > test/runtimes/digests.json` pins new digests, which only a change of the numeric
 * contract (docs/numerics.md) may ask for.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { brotliDecompressSync } from "node:zlib";
import { digests } from "./training.mjs";

const [form = "esm", engine = "wasm", threads = "1", wide] = process.argv.slice(2);
const library = form === "cjs" ? createRequire(import.meta.url)("../../dist/index.cjs") : await import("../../dist/index.js");
const bytes = brotliDecompressSync(readFileSync(new URL("../../examples/digits/digits.bin", import.meta.url)));
console.log(JSON.stringify(await digests(library, bytes, { engine, threads: Number(threads), ...(wide ? { wide: true } : {}) }), null, 2));
