/**
 * Trains networks on the digits and prints the SHA-256 of what comes out: parameters, predictions, losses.
 *
 *   node digest.mjs esm|cjs wasm|reference
 *
 * Plain JavaScript on the built package, so that every version of Node runs the same text. The order of the output is that of
 * `cases`; `node test/runtimes/digest.mjs esm wasm > test/runtimes/digests.json` pins new digests, which only a change of the
 * numeric contract (docs/numerics.md) may ask for.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { brotliDecompressSync } from "node:zlib";

const [form = "esm", engine = "wasm"] = process.argv.slice(2);
const library = form === "cjs" ? createRequire(import.meta.url)("../../dist/index.cjs") : await import("../../dist/index.js");
const { init, Network, Trainer, dense, activation } = library;

const PIXELS = 64;
const CLASSES = 10;
const bytes = brotliDecompressSync(readFileSync(new URL("../../examples/digits/digits.bin", import.meta.url)));
const ROWS = bytes.length / (PIXELS + 1);
const pixels = new Float32Array(ROWS * PIXELS);
const labels = new Uint8Array(ROWS);
for (let n = 0; n < ROWS; n++) {
  for (let p = 0; p < PIXELS; p++) pixels[n * PIXELS + p] = bytes[n * (PIXELS + 1) + p] / 16;
  labels[n] = bytes[n * (PIXELS + 1) + PIXELS];
}
const oneHot = Float32Array.from({ length: ROWS * CLASSES }, (_, n) => (labels[Math.floor(n / CLASSES)] === n % CLASSES ? 1 : 0));
/** Something to regress on: how much ink each column of pixels has. */
const ink = Float32Array.from({ length: ROWS * 8 }, (_, n) => {
  const first = Math.floor(n / 8) * PIXELS + (n % 8);
  let sum = 0;
  for (let y = 0; y < 8; y++) sum += pixels[first + y * 8];
  return sum;
});

/** What is trained, on how many of the rows. Together they go through every activation, loss, optimizer and initialiser. */
const cases = {
  digits: {
    layers: [dense(48, "relu"), dense(CLASSES, "softmax")],
    options: { loss: "crossEntropy", optimizer: "adam", l2: 1e-4 }, rows: ROWS, epochs: 8, batchSize: 32, validation: true,
  },
  sgd: {
    layers: [dense(40, "tanh", { initializer: "glorotNormal" }), dense(CLASSES, "softmax")],
    options: { loss: "crossEntropy", optimizer: { type: "sgd", learningRate: 0.1 }, l1: 1e-5, l2: 1e-4 }, rows: 401, epochs: 2, batchSize: 7,
  },
  momentum: {
    layers: [dense(33, "leakyRelu", { initializer: "heNormal" }), dense(17, "elu", { bias: false }), dense(CLASSES, "softmax")],
    options: { loss: "crossEntropy", optimizer: "momentum", clipNorm: 1 }, rows: 401, epochs: 2, batchSize: 32,
  },
  nesterov: {
    layers: [dense(24, "sigmoid", { initializer: "lecunUniform", biasInitializer: "normal" }), dense(CLASSES, "sigmoid")],
    options: { loss: "binaryCrossEntropy", optimizer: "nesterov" }, y: oneHot, rows: 401, epochs: 2, batchSize: 16,
  },
  rmsprop: {
    layers: [dense(21, "gelu", { initializer: "orthogonal" }), dense(8, "softplus")],
    options: { loss: "huber", optimizer: "rmsprop", clipValue: 0.5 }, y: ink, rows: 301, epochs: 2, batchSize: 65,
  },
  adagrad: {
    layers: [dense(19, "swish", { initializer: "uniform" }), dense(13, "geluTanh"), dense(8)],
    options: { loss: "meanSquaredError", optimizer: "adagrad" }, y: ink, rows: 301, epochs: 2, batchSize: 1,
  },
  adam: {
    layers: [dense(25, "selu", { biasInitializer: { type: "uniform", low: 0, high: 0.1 } }), dense(8, "hardSigmoid")],
    options: { loss: "meanAbsoluteError", optimizer: "adam" }, y: ink, rows: 301, epochs: 2, batchSize: 300,
  },
  adamW: {
    layers: [dense(300), activation("relu"), dense(CLASSES), activation("softmax")],
    options: { loss: "squaredError", optimizer: "adamW" }, y: oneHot, rows: 201, epochs: 2, batchSize: 67,
  },
};

async function digestOf({ layers, options, y = labels, rows, epochs, batchSize, validation = false }) {
  const network = await Network.create({ input: PIXELS, layers, seed: 1998 });
  const trainer = new Trainer(network, options);
  const x = pixels.subarray(0, rows * PIXELS);
  const data = { x, y: y.subarray(0, rows * (y === labels ? 1 : network.outputs)) };
  const history = await trainer.fit(data, { epochs, batchSize, ...(validation ? { validation: data } : {}) });
  const hash = createHash("sha256");
  // Name by name: the header of a file may change while no number does.
  for (const [name, { shape, data: numbers }] of Object.entries(network.parameters())) {
    hash.update(`${name} [${shape}]`).update(bytesOf(numbers));
  }
  hash.update(bytesOf(network.predict(x)));
  const losses = history.epochs.flatMap(({ loss, validation: held }) => (held ? [loss, held.loss, held.accuracy] : [loss]));
  hash.update(bytesOf(Float64Array.from(losses)));
  network.dispose();
  return hash.digest("hex");
}

function bytesOf(numbers) {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

await init({ engine });
const digests = {};
for (const [name, training] of Object.entries(cases)) digests[name] = await digestOf(training);
console.log(JSON.stringify(digests, null, 2));
