/**
 * The conformance program as a program of its own, in any runtime that knows Node's modules, on the built package. Prints what it gives
 * as JSON, and its stages to stderr.
 *
 *   node node.mjs esm|cjs [options of init, as JSON]
 *   node node.mjs pin       prints the digests for digests.json
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { brotliDecompressSync } from "node:zlib";
import { conformance } from "./program.mjs";

const [form = "esm", options = "{}"] = process.argv.slice(2);
const library = form === "cjs" ? createRequire(import.meta.url)("../../dist/index.cjs") : await import("../../dist/index.js");
const bytes = brotliDecompressSync(readFileSync(new URL("../../examples/digits/digits.bin", import.meta.url)));
const result = await conformance(library, bytes, JSON.parse(options), (stage) => process.stderr.write(`stage: ${stage}\n`));
console.log(JSON.stringify(form === "pin" ? result.digests : result, null, 2));
