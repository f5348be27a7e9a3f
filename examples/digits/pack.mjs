/**
 * Packs the digits for the example: `node examples/digits/pack.mjs path/to/digits.csv`.
 *
 * The CSV has a header, then 64 pixels (0 to 16, row by row) and the label on each line, as scikit-learn's load_digits orders
 * them. The result is digits.bin: 65 bytes an image, pixels then label, compressed by Brotli.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

const path = process.argv[2];
if (!path) {
  console.error("usage: node examples/digits/pack.mjs path/to/digits.csv");
  process.exit(1);
}
const [, ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
const bytes = lines.flatMap((line, n) => {
  const numbers = line.split(",").map(Number);
  const [pixels, label] = [numbers.slice(0, 64), numbers[64]];
  const isRight = numbers.length === 65 && pixels.every((p) => Number.isInteger(p) && p >= 0 && p <= 16)
    && Number.isInteger(label) && label >= 0 && label <= 9;
  if (!isRight) throw new Error(`line ${n + 2}: expected 64 pixels from 0 to 16 and a label from 0 to 9`);
  return numbers;
});
const packed = brotliCompressSync(Uint8Array.from(bytes));
writeFileSync(new URL("digits.bin", import.meta.url), packed);
console.log(`${lines.length} images in ${packed.length} bytes`);
