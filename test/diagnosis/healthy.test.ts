import { describe, expect, test } from "vitest";
import { readDigits } from "../../examples/digits/data";
import { Diagnosis } from "../../src/diagnosis";
import {
  activation, adam, adamW, batchNorm, conv2d, type Data, dense, dropout, embedding, type FitOptions, flatten, layerNorm, type LayerSpec, maxPool2d, momentum,
  Network, type NetworkSpec, oneCycle, type OptimizerSpec, residual, rmsprop, sgd, Trainer, type TrainerOptions,
} from "../../src/index";
import { SeededNumbers } from "../support/numbers";

// Of trainings that go well nothing is said.

const { pixels, labels } = readDigits();
const digits = (from: number, to: number): Data => ({ x: pixels.subarray(from * 64, to * 64), y: labels.subarray(from, to) });
const head = dense(10, "softmax");
const optimizers: OptimizerSpec[] = [
  sgd({ learningRate: 0.1 }), momentum({ learningRate: 0.02 }), rmsprop({ learningRate: 0.001 }), adam({ learningRate: 0.003 }), adamW({ learningRate: 0.003 }),
];

interface Healthy {
  layers: LayerSpec[];
  input?: NetworkSpec["input"];
  options?: Partial<TrainerOptions>;
  data?: Data;
  fit?: FitOptions;
}

const xor: Data = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [[0], [1], [1], [0]] };
const curve = (rows: number): Data => {
  const x = new SeededNumbers(rows).array(rows * 3);
  return { x, y: Array.from({ length: rows }, (_, n) => x[3 * n] * x[3 * n + 1] - 0.5 * x[3 * n + 2]) };
};
/** As iris: three classes, four lengths in centimetres. */
const flowers = (): Data => {
  const numbers = new SeededNumbers(3), sizes = [[5, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3, 5.6, 2]];
  return { x: Array.from({ length: 150 }, (_, n) => sizes[n % 3].map((size) => size * (1 + numbers.uniform(-0.15, 0.15)))), y: Array.from({ length: 150 }, (_, n) => n % 3) };
};
const words = (): Data => {
  const numbers = new SeededNumbers(8);
  const x = Array.from({ length: 400 }, () => Array.from({ length: 6 }, () => numbers.below(40)));
  return { x, y: x.map((row) => Number(row.filter((word) => word < 10).length > 1)) };
};
const deep = Array.from({ length: 10 }, () => dense(48, "relu"));
const block = () => residual([dense(32, "relu"), dense(32)], { activation: "relu" });

const cases: Record<string, Healthy> = {
  "digits, relu": { layers: [dense(64, "relu"), dense(32, "relu"), head] },
  "digits, gelu": { layers: [dense(64, "gelu"), head] },
  "digits, tanh": { layers: [dense(64, "tanh"), dense(32, "tanh"), head] },
  "digits, sigmoid": { layers: [dense(32, "sigmoid"), head] },
  "digits, ten layers": { layers: [...deep, head], options: { optimizer: adam() } },
  "digits, residual blocks": { layers: [dense(32, "relu"), block(), block(), block(), block(), head] },
  "digits, batchNorm": { layers: [dense(48), batchNorm(), activation("relu"), dense(48), batchNorm(), activation("relu"), head] },
  "digits, dropout": { layers: [dense(64, "relu"), dropout(0.3), dense(64, "relu"), dropout(0.3), head] },
  "digits, convolutions": {
    input: [1, 8, 8], fit: { epochs: 5 },
    layers: [conv2d(8, 3, "relu", { padding: 1 }), maxPool2d(2), conv2d(16, 3, "relu", { padding: 1 }), maxPool2d(2), flatten(), head],
  },
  "digits as sequences": { input: [8, 8], layers: [dense(16, "gelu"), layerNorm(), flatten(), head] },
  "digits, until all is learned": { layers: [dense(64, "relu"), head], fit: { epochs: 120 } },
  "digits, validated until all is learned": { layers: [dense(64, "relu"), head], data: digits(0, 1400), fit: { epochs: 60, validation: digits(1400, 1797) } },
  "30 digits, stopped early": { layers: [dense(32, "relu"), head], data: digits(0, 30), fit: { epochs: 200, batchSize: 8, validation: digits(300, 500), earlyStopping: {} } },
  "XOR, sigmoid": {
    input: 2, layers: [dense(4, "sigmoid"), dense(1, "sigmoid")], data: xor, fit: { epochs: 2000, batchSize: 4 },
    options: { loss: "squaredError", optimizer: momentum({ learningRate: 0.5 }) },
  },
  "XOR, tanh": {
    input: 2, layers: [dense(8, "tanh"), dense(1, "sigmoid")], data: xor, fit: { epochs: 500, batchSize: 4 },
    options: { loss: "binaryCrossEntropy", optimizer: adam({ learningRate: 0.05 }) },
  },
  "a regression": {
    input: 3, layers: [dense(32, "relu"), dense(32, "relu"), dense(1)], data: curve(400), fit: { epochs: 40, validation: curve(200) },
    options: { loss: "meanSquaredError", optimizer: adam({ learningRate: 0.003 }) },
  },
  "flowers in centimetres": { input: 4, layers: [dense(16, "tanh"), dense(3, "softmax")], data: flowers(), fit: { epochs: 100 }, options: { optimizer: adam({ learningRate: 0.01 }) } },
  // Nothing can be learned of it: what weight decay leaves is the mean.
  "numbers that follow from nothing": {
    input: 1, layers: [dense(64, "geluTanh"), dense(64, "geluTanh"), dense(1)], data: { x: new SeededNumbers(5).array(160), y: new SeededNumbers(6).array(160) }, fit: { epochs: 50, batchSize: 16 },
    options: { loss: "meanSquaredError", optimizer: adamW({ learningRate: 0.02, weightDecay: 1 }), schedule: oneCycle({ steps: 500 }) },
  },
  "words": { input: 6, layers: [embedding(40, 8), flatten(), dense(16, "relu"), dense(2, "softmax")], data: words() },
};

async function warningsOf({ input = 64, layers, options, data = digits(0, 800), fit }: Healthy, seed: number, optimizer: OptimizerSpec, every?: number): Promise<unknown> {
  using network = await Network.create({ input, layers, seed });
  const diagnosis = new Diagnosis(every === undefined ? {} : { every });
  await new Trainer(network, { loss: "crossEntropy", optimizer, ...options }).fit(data, { epochs: 20, ...fit, diagnosis });
  return diagnosis.warnings;
}

describe.each(Object.entries(cases))("%s", (_, healthy) => {
  const own = healthy.options?.optimizer ? [adam()] : optimizers;
  test.each(own)("no warnings under $type", async (optimizer) => {
    for (const seed of [1, 2, 3]) expect(await warningsOf(healthy, seed, optimizer)).toEqual([]);
  });

  test("nor where the layers are looked at often", async () => {
    expect(await warningsOf(healthy, 4, adam({ learningRate: 0.003 }), 10)).toEqual([]);
  });
});
