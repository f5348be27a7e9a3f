import { describe, expect, it } from "vitest";
import { gemmNN, gemmNT, gemmTN } from "../bench/js/gemm";
import type { JsTrainerOptions } from "../bench/js/options";
import { createJsTrainer } from "../bench/js/trainer";
import { createReferenceEngine } from "../src/reference/engine";
import { adam, dense, Network, sgd, Trainer } from "../src/index";

/** Numbers in [−1, 1), the same in every run. Numerical Recipes, 3rd ed., 7.1.4. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
}

const random = createRandom(3);
const floats = (length: number) => Float32Array.from({ length }, random);

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, value, n) => Math.max(largest, Math.abs(value - b[n])), 0);
}

type Setup = Pick<JsTrainerOptions, "sizes" | "hidden" | "loss" | "optimizer" | "batchSize"> & { tolerance: number };

/** Trains the same steps with the baseline and with the reference engine; gives the largest differences. */
function compare({ sizes, hidden, loss, optimizer, batchSize }: Setup, steps: number): { weights: number; losses: number } {
  const learningRate = optimizer === "sgd" ? 0.5 : 0.01;
  const last = sizes.length - 1;
  const network = Network.createOn(createReferenceEngine("float64"), {
    input: sizes[0],
    layers: sizes.slice(1).map((units, n) => dense(units, n < last - 1 ? hidden : loss === "crossEntropy" ? "softmax" : "sigmoid")),
  });
  const weights = sizes.slice(1).map((units, n) => {
    const scale = 1 / Math.sqrt(sizes[n]);
    return { w: floats(units * sizes[n]).map((w) => w * scale), b: floats(units).map((b) => b * 0.1) };
  });
  network.setParameters(Object.fromEntries(weights.flatMap(({ w, b }, n) => [[`${n}.weight`, { data: w }], [`${n}.bias`, { data: b }]])));
  const trainer = new Trainer(network, { loss, optimizer: (optimizer === "sgd" ? sgd : adam)({ learningRate }) });
  const baseline = createJsTrainer({ sizes, hidden, loss, optimizer, learningRate, batchSize, weights, seed: 1 });

  const rows = batchSize * steps;
  const [inputs, outputs] = [sizes[0], sizes[last]];
  const x = floats(rows * inputs);
  const labels = loss === "crossEntropy";
  const y = labels ? Int32Array.from({ length: rows }, () => Math.floor((random() + 1) / 2 * outputs)) : floats(rows * outputs).map(Math.abs);
  const order = Int32Array.from({ length: rows }, (_, n) => (n * 7 + 3) % rows);

  let losses = 0;
  for (let step = 0; step < steps; step++) {
    const batch = Array.from(order.subarray(step * batchSize, (step + 1) * batchSize));
    const expected = trainer.step(
      Float32Array.from(batch.flatMap((row) => [...x.subarray(row * inputs, (row + 1) * inputs)])),
      labels ? Int32Array.from(batch, (row) => y[row])
        : Float32Array.from(batch.flatMap((row) => [...y.subarray(row * outputs, (row + 1) * outputs)])),
    );
    losses = Math.max(losses, Math.abs(baseline.trainSteps(x, y, order, step, 1) - expected));
  }
  const parameters = network.parameters();
  const differences = baseline.weights().map(({ w, b }, n) => Math.max(
    largestDifference(w, parameters[`${n}.weight`].data), largestDifference(b, parameters[`${n}.bias`].data),
  ));
  network.dispose();
  return { weights: Math.max(...differences), losses };
}

// What keeps its numbers as float64 differs from the reference by the order of sums (1e-16), by the exponential of the unrolled
// code (5e-11), and by the last bit of the float32 weights that are read at the end, which are below 4: 2^-22.
const double = 2.4e-7;
// Weights, activations and errors that are stored as float32 are off by up to 2^-24 of themselves in each of 25 steps; Adam's
// steps don't magnify it, as no gradient here is as small as its rounding error.
const single = 1e-6;

const setups: (Setup & { name: string })[] = [
  { name: "unrolled", sizes: [2, 3, 1], hidden: "sigmoid", loss: "squaredError", optimizer: "sgd", batchSize: 1, tolerance: double },
  { name: "unrolled", sizes: [3, 4, 2, 2], hidden: "relu", loss: "squaredError", optimizer: "sgd", batchSize: 1, tolerance: double },
  { name: "online", sizes: [7, 6, 9, 3], hidden: "relu", loss: "crossEntropy", optimizer: "sgd", batchSize: 1, tolerance: double },
  { name: "online", sizes: [8, 13, 5], hidden: "sigmoid", loss: "squaredError", optimizer: "sgd", batchSize: 1, tolerance: double },
  ...(["sgd", "adam"] as const).flatMap((optimizer) => [
    { name: "batch", sizes: [13, 11, 7, 3], hidden: "relu", loss: "crossEntropy", optimizer, batchSize: 5, tolerance: single },
    { name: "batch", sizes: [16, 8, 4], hidden: "relu", loss: "crossEntropy", optimizer, batchSize: 8, tolerance: single },
    { name: "batch", sizes: [9, 21, 6], hidden: "sigmoid", loss: "squaredError", optimizer, batchSize: 6, tolerance: single },
    { name: "batch", sizes: [530, 19, 10], hidden: "relu", loss: "crossEntropy", optimizer, batchSize: 3, tolerance: single },
  ] satisfies (Setup & { name: string })[]),
  { name: "batch", sizes: [5, 6, 3], hidden: "relu", loss: "crossEntropy", optimizer: "adam", batchSize: 1, tolerance: single },
];

describe("the plain JavaScript trainer takes the steps of the reference", () => {
  it.each(setups)("$name $sizes, $hidden, $loss, $optimizer, batch $batchSize", (setup) => {
    const { weights, losses } = compare(setup, 25);
    expect(weights).toBeLessThan(setup.tolerance);
    expect(losses).toBeLessThan(setup.tolerance);
  });

  it("in one call as in many", () => {
    const options = { sizes: [6, 5, 3], hidden: "relu", loss: "crossEntropy", optimizer: "adam", learningRate: 0.01, batchSize: 2, seed: 4 } as const;
    const [once, often] = [createJsTrainer(options), createJsTrainer(options)];
    const x = floats(20 * 6);
    const y = Int32Array.from({ length: 20 }, (_, n) => n % 3);
    const order = Uint32Array.from({ length: 20 }, (_, n) => 19 - n);
    const loss = once.trainSteps(x, y, order, 2, 8);
    for (let step = 2; step < 9; step++) often.trainSteps(x, y, order, step, 1);
    expect(often.trainSteps(x, y, order, 9, 1)).toBe(loss);
    expect(often.weights()).toEqual(once.weights());
  });
});

// Products of numbers below 1, summed as float64 and rounded once for each block of 512 terms: to 2^-24 of a sum below 700.
describe("the plain JavaScript matrix products are right for tails and several blocks", () => {
  it.each([[1, 1, 1], [4, 2, 3], [5, 17, 9], [3, 16, 513], [130, 7, 1100], [201, 23, 330]])("m %i, n %i, k %i", (m, n, k) => {
    const [a, b, c, alpha] = [floats(m * k), floats(k * n), floats(m * n), -0.25];
    const expected = (ai: number, ak: number, bk: number, bj: number) => Float64Array.from({ length: m * n }, (_, o) => {
      const [i, j] = [Math.floor(o / n), o % n];
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * ai + p * ak] * b[p * bk + j * bj];
      return c[o] + alpha * sum;
    });
    for (const [product, strides] of [[gemmNT, [k, 1, 1, k]], [gemmNN, [k, 1, n, 1]], [gemmTN, [1, m, n, 1]]] as const) {
      const result = c.slice();
      product(result, a, b, m, n, k, alpha);
      expect(largestDifference(result, expected(...(strides as [number, number, number, number])))).toBeLessThan(700 * 2 ** -24);
    }
  });
});
