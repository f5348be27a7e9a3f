import { afterEach, describe, expect, test, vi } from "vitest";
import {
  adam, batchNorm, conv2d, dense, depthwiseConv2d, embedding, flatten, layerNorm, maxout, momentum, type NamedTensor, Network, type NetworkSpec, prelu,
  residual, sgd, Trainer, type TrainerOptions,
} from "../src/index";
import { createReferenceEngine } from "../src/reference/engine";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// No unit's incoming weights have a larger norm than maxNorm, after any step.

const numbers = new SeededNumbers(41);
const ROWS = 20;
const x = numbers.array(ROWS * 12, -3, 3), y = Array.from({ length: ROWS }, (_, row) => row % 3);

/** The largest norm of the weights of a unit: of a row of a matrix, of a filter. */
function largestNorm({ shape: [units], data }: NamedTensor): number {
  const size = data.length / units;
  return Math.max(...Array.from({ length: units }, (_, unit) => Math.hypot(...data.subarray(unit * size, (unit + 1) * size))));
}

/** The norm is a sum of squares in 32 bits, up to 45 terms here, and two more roundings: 2^-24 each, half of it for the root. */
const ROUNDING = 1 + 25 * 2 ** -24;

const networks: [name: string, spec: NetworkSpec, limited: string[]][] = [
  ["dense layers", { input: 12, layers: [dense(17, "tanh"), dense(9, "relu", { bias: false }), dense(3, "softmax")], seed: 2 }, ["0.weight", "1.weight", "2.weight"]],
  ["convolutions", { input: [3, 2, 2], layers: [conv2d(5, 3, "relu", { padding: 1 }), conv2d(9, 2, "tanh"), flatten(), dense(3, "softmax")], seed: 2 }, ["0.weight", "1.weight", "3.weight"]],
  ["depthwise convolutions", { input: [3, 2, 2], layers: [depthwiseConv2d(3, "relu", { padding: 1, multiplier: 3 }), depthwiseConv2d(2), flatten(), dense(3, "softmax")], seed: 2 }, ["0.weight", "1.weight", "3.weight"]],
  ["blocks", { input: 12, layers: [residual([dense(10, "relu"), dense(11)]), layerNorm(), maxout(4, 3), dense(3, "softmax")], seed: 2 }, ["0.layers.0.weight", "0.layers.1.weight", "0.projection.weight", "2.weight", "3.weight"]],
];

/** Slices of one step each, between which a test can look. */
function slowClock(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now += 20);
}
afterEach(() => vi.restoreAllMocks());

describe.each(networks)("of %s", (_name, spec, limited) => {
  const options: Partial<TrainerOptions>[] = [
    { optimizer: sgd({ learningRate: 0.5 }), maxNorm: 0.5 }, { optimizer: adam({ learningRate: 0.1 }), maxNorm: 1.5 },
    { optimizer: momentum({ learningRate: 0.1 }), maxNorm: 0.01, l2: 0.01, clipNorm: 1 },
  ];
  test.each(options)("after every step: %j", async (given) => {
    slowClock();
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", ...given });
    let looks = 0, reached = 0;
    const look = () => {
      looks++;
      const parameters = network.parameters();
      for (const name of limited) {
        const norm = largestNorm(parameters[name]);
        expect(norm, name).toBeLessThanOrEqual(given.maxNorm! * ROUNDING);
        if (norm > given.maxNorm! / ROUNDING) reached++;
      }
    };
    for (const batchSize of [1, 7, 300]) await trainer.fit({ x, y }, { epochs: 2, batchSize, onProgress: look });
    await trainer.fit({ x, y }, { epochs: 1, batchSize: 4, accumulate: 2, onProgress: look });
    trainer.step(x, y);
    look();
    expect(looks).toBe(40 + 6 + 2 + 3 + 1);
    expect(reached).toBeGreaterThan(looks);
  });

  test("has the same bits in the reference engine", async () => {
    const [core, reference] = [await Network.create(spec), Network.createOn(createReferenceEngine("float32"), spec)];
    for (const network of [core, reference]) await new Trainer(network, { loss: "crossEntropy", maxNorm: 0.6 }).fit({ x, y }, { epochs: 3, batchSize: 7 });
    expect(reference.parameters()).toEqual(core.parameters());
    for (const network of [core, reference]) network.dispose();
  });
});

test("scales a unit that is beyond it, in its direction, and leaves the others' bits alone", async () => {
  const spec: NetworkSpec = { input: 12, layers: [dense(10, "tanh"), dense(3, "softmax")], seed: 3 };
  using network = await Network.create(spec);
  using free = await Network.create(spec);
  const optimizer = sgd({ learningRate: 0.1 });
  const weights = network.parameters()["0.weight"].data;
  for (let n = 0; n < 12; n++) weights[3 * 12 + n] *= 20;
  for (const one of [network, free]) one.setParameters({ "0.weight": { data: weights } });
  new Trainer(network, { loss: "crossEntropy", optimizer, maxNorm: 3 }).step(x, y);
  new Trainer(free, { loss: "crossEntropy", optimizer }).step(x, y);
  const [limited, unlimited] = [network, free].map((one) => one.parameters()["0.weight"].data);
  const norm = Math.hypot(...unlimited.subarray(36, 48));
  expect(norm).toBeGreaterThan(10);
  limited.forEach((value, n) => {
    if (n >= 36 && n < 48) expect(value / (unlimited[n] * (3 / norm))).toBeCloseTo(1, 5);
    else expect(value).toBe(unlimited[n]);
  });
  const names = ["0.bias", "1.weight", "1.bias"];
  for (const name of names) expect(network.parameters()[name]).toEqual(free.parameters()[name]);
});

test("does not limit biases, normalisations, prelu, embeddings, and what is frozen", async () => {
  using network = await Network.create({ input: 12, layers: [dense(8, "relu"), layerNorm(), prelu({ parameters: "channels" }), batchNorm(), dense(3, "softmax")], seed: 3 });
  const large = Object.fromEntries(Object.entries(network.parameters()).map(([name, { data }]) => [name, { data: data.map((value) => (value + 0.1) * 5) }]));
  network.setParameters(large);
  new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }), maxNorm: 0.1, freeze: [0] }).step(x, y);
  for (const [name, { data }] of Object.entries(network.parameters())) {
    if (name.includes("running_")) continue;
    if (name === "4.weight") expect(largestNorm(network.parameters()[name])).toBeLessThanOrEqual(0.1 * ROUNDING);
    else expect(data, name).toEqual(large[name].data);
  }
  using words = await Network.create({ input: 2, layers: [embedding(5, 4), flatten(), dense(3, "softmax")] });
  const { data: table } = words.parameters()["0.weight"];
  new Trainer(words, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }), maxNorm: 0.1 }).step([[0, 1]], [0]);
  expect(words.parameters()["0.weight"].data).toEqual(table);
});

test("of more than any norm changes no bit", async () => {
  const results = [];
  for (const given of [{}, { maxNorm: 100 }]) {
    using network = await Network.create(networks[0][1]);
    await new Trainer(network, { loss: "crossEntropy", ...given }).fit({ x, y }, { epochs: 3, batchSize: 7 });
    results.push(network.parameters());
  }
  expect(results[1]).toEqual(results[0]);
});

test.each([[0, "range"], [-1, "range"], [NaN, "range"], [Infinity, "range"], [1e19, "range"], ["1", "type"], [null, "type"]])("%o is refused", async (maxNorm, code) => {
  using network = await Network.create(networks[0][1]);
  const error = await refused(() => new Trainer(network, { loss: "crossEntropy", maxNorm: maxNorm as number }));
  expect(error.message).toMatch(/^options\.maxNorm: expected a finite number greater than 0 and at most 1e18/);
  expect(error.code).toBe(code);
});
