import { describe, expect, test } from "vitest";
import { Op, RECORD_WORDS } from "../assembly/records";
import {
  activation, adam, batchNorm, conv2d, dense, depthwiseConv2d, dropout, embedding, flatten, globalAvgPool2d, type LayerSpec, layerNorm, maxout,
  maxPool2d, Network, type NetworkSpec, prelu, reshape, residual, sgd, Trainer, type TrainerOptions,
} from "../src/index";
import { createTrainingPlan } from "../src/training/plan";
import { createSetup } from "../src/training/setup";
import { checkTrainerOptions } from "../src/training/trainerOptions";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

const numbers = new SeededNumbers(31);
const ROWS = 24;
const x = numbers.array(ROWS * 6), y = Array.from({ length: ROWS }, (_, row) => row % 3);

/** A trunk with a bit of all, and a head. */
const spec: NetworkSpec = {
  input: 6, seed: 7,
  layers: [
    dense(9, "linear", { name: "stem" }), batchNorm(), activation("relu"), residual([dense(5, "tanh"), prelu(), dense(9)], { name: "trunk.a" }),
    residual([dense(4, "tanh"), dense(8)], { name: "trunk.b" }), layerNorm(), dense(10, "gelu"), dense(3, "softmax", { name: "head" }),
  ],
};

function datasOf(network: Network): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(network.parameters()).map(([name, { data }]) => [name, data]));
}

/** Which parameters a training has changed. */
async function changedBy(options: Partial<TrainerOptions>, given = spec): Promise<Set<string>> {
  using network = await Network.create(given);
  const before = datasOf(network);
  const trainer = new Trainer(network, { loss: "crossEntropy", ...options });
  await trainer.fit({ x, y }, { epochs: 2, batchSize: 7, accumulate: options.clipNorm ? 2 : 1, validation: { x, y } });
  for (let n = 0; n < 2; n++) trainer.step(x, y);
  const after = datasOf(network);
  return new Set(Object.keys(before).filter((name) => Buffer.compare(Buffer.from(before[name].buffer), Buffer.from(after[name].buffer)) !== 0));
}

/** Names of a network's parameters for which something holds. */
async function namesWhere(holds: (name: string) => boolean, given = spec): Promise<Set<string>> {
  using network = await Network.create(given);
  return new Set(Object.keys(network.parameters()).filter(holds));
}

describe("a frozen layer keeps its bits, and all others are trained:", () => {
  const cases: [freeze: (number | string)[], isFrozen: RegExp][] = [
    [[], /^$/],
    [[0], /^stem\./], [["stem"], /^stem\./], [[1], /^1\./], [["1"], /^1\./], [[0, 1], /^(stem|1)\./],
    [[3], /^trunk\.a\./], [["trunk.a"], /^trunk\.a\./], [["trunk"], /^trunk\./], [["trunk.a.layers"], /^trunk\.a\.layers/],
    [["trunk.a.layers.1"], /^trunk\.a\.layers\.1\./], [["trunk.b.projection"], /^trunk\.b\.projection\./], [["trunk.b.layers.0", 5], /^(trunk\.b\.layers\.0|5)\./],
    [["head"], /^head\./], [[6, "stem", 6], /^(stem|6)\./], [[0, 1, 2, 3, 4, 5, 6], /^(?!head)/],
  ];
  test.each(cases)("%j", async (freeze, isFrozen) => {
    for (const options of [{}, { optimizer: sgd({ learningRate: 0.1 }), l2: 0.1, maxNorm: 0.5 }, { l1: 0.1, clipNorm: 1 }]) {
      expect(await changedBy({ ...options, freeze })).toEqual(await namesWhere((name) => !isFrozen.test(name)));
    }
  });

  test("also convolutions, embeddings and maxout", async () => {
    const image: NetworkSpec = {
      input: 6, layers: [reshape([1, 2, 3]), conv2d(4, 2, "relu", { padding: 1 }), depthwiseConv2d(2), batchNorm(), maxPool2d(1), flatten(), maxout(4, 2), dense(3, "softmax")], seed: 2,
    };
    for (const freeze of [[1], [2], [3], [6], [1, 3], [2, 6]]) {
      const isFrozen = new RegExp(`^(${freeze.join("|")})\\.`);
      expect(await changedBy({ freeze }, image)).toEqual(await namesWhere((name) => !isFrozen.test(name), image));
    }
    using network = await Network.create({ input: 2, layers: [embedding(5, 4), flatten(), dense(3, "softmax")] });
    const { data: before } = network.parameters()["0.weight"];
    await new Trainer(network, { loss: "crossEntropy", freeze: [0] }).fit({ x: [[0, 1], [2, 4]], y: [0, 2] });
    expect(network.parameters()["0.weight"].data).toEqual(before);
  });
});

/** A layer above one that is trained, which has to pass the gradient on whether it is trained or not. */
const between: [name: string, layers: LayerSpec[]][] = [
  ["dense", [dense(6, "tanh")]], ["dense without a bias", [dense(7, "gelu", { bias: false })]], ["layerNorm", [layerNorm()]], ["prelu", [prelu()]],
  ["maxout", [maxout(5, 3)]], ["residual", [residual([dense(6, "relu"), dense(5)])]],
  ["conv2d", [reshape([2, 2, 3]), conv2d(3, 2, "tanh"), flatten()]], ["depthwiseConv2d", [reshape([2, 2, 3]), depthwiseConv2d(2), flatten()]],
  ["conv2d over the whole", [reshape([4, 3, 1]), conv2d(3, 1), globalAvgPool2d()]],
];

describe("gradients", () => {
  test.each(between)("pass through a frozen %s as through one that is trained, bit for bit", async (_name, layers) => {
    using network = await Network.create({ input: 6, layers: [dense(12, "tanh"), ...layers, dense(3, "softmax")], seed: 4 });
    const all = new Trainer(network, { loss: "crossEntropy" }).gradients(x, y);
    const freeze = layers.map((_, n) => n + 1);
    const some = new Trainer(network, { loss: "crossEntropy", freeze }).gradients(x, y);
    expect(some.loss).toBe(all.loss);
    let frozen = 0;
    for (const [name, { data }] of Object.entries(some.gradients)) {
      if (freeze.includes(Number(name.split(".")[0]))) {
        expect(data.every((value) => Object.is(value, 0)), name).toBe(true);
        frozen++;
      } else {
        expect(data, name).toEqual(all.gradients[name].data);
        expect(data.some((value) => value !== 0), name).toBe(true);
      }
    }
    expect(frozen).toBeGreaterThan(0);
  });

  test("through a frozen batchNorm are those through constants", async () => {
    using network = await Network.create({ input: 6, layers: [dense(5), batchNorm({ epsilon: 0.25 }), dense(3, "softmax")], seed: 4 });
    // Statistics of (0, ¾) and an epsilon of ¼: it does nothing at all then, and can be left out.
    network.setParameters({ "1.running_var": { data: new Float32Array(5).fill(0.75) } });
    using without = await Network.create({ input: 6, layers: [dense(5), dense(3, "softmax")], seed: 4 });
    const { "0.weight": w0, "0.bias": b0, "2.weight": w2, "2.bias": b2 } = network.parameters();
    without.setParameters({ "0.weight": w0, "0.bias": b0, "1.weight": w2, "1.bias": b2 });
    const frozen = new Trainer(network, { loss: "crossEntropy", freeze: [1] }).gradients(x, y);
    const plain = new Trainer(without, { loss: "crossEntropy" }).gradients(x, y);
    expect(frozen.loss).toBe(plain.loss);
    expect(frozen.gradients["0.weight"]).toEqual(plain.gradients["0.weight"]);
    expect(frozen.gradients["2.weight"]).toEqual(plain.gradients["1.weight"]);
  });
});

/** How often each operation stands in the step of a trainer. */
async function operationsOf(given: NetworkSpec, freeze: (number | string)[]): Promise<Map<Op, number>> {
  using network = await Network.create(given);
  const setup = createSetup(network, checkTrainerOptions({ loss: "crossEntropy", clipNorm: 1, freeze }, network.graph));
  const { step } = createTrainingPlan(network, setup, { capacity: 8, areLabels: true, areWeighted: false, accumulates: false });
  const counts = new Map<Op, number>();
  for (let n = 0; n < step.count; n++) {
    const op = network.engine.heap.i[step.address / 4 + n * RECORD_WORDS] as Op;
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  return counts;
}

describe("nothing is computed backwards", () => {
  const stack: NetworkSpec = { input: 6, layers: [dense(9, "gelu"), dense(8, "gelu"), dense(7, "gelu"), dense(3, "softmax")] };
  const cases: [freeze: number[], weights: number, inputs: number, activations: number][] = [
    [[], 4, 3, 3], [[0], 3, 2, 2], [[0, 1], 2, 1, 1], [[0, 1, 2], 1, 0, 0],
    // Frozen ones above the first that is trained pass gradients on.
    [[1], 3, 3, 3], [[3], 3, 3, 3], [[1, 2, 3], 1, 3, 3], [[0, 2], 2, 2, 2],
  ];
  test.each(cases)("for what is below the first layer that is trained: freeze %j", async (freeze, weights, inputs, activations) => {
    const operations = await operationsOf(stack, freeze);
    expect([Op.DenseWeightGradient, Op.DenseInputGradient, Op.ActivationBackward].map((op) => operations.get(op) ?? 0)).toEqual([weights, inputs, activations]);
    expect(operations.get(Op.DenseForward)).toBe(4);
  });

  test("in a trunk of other layers", async () => {
    const image: NetworkSpec = {
      input: [2, 6, 6], layers: [conv2d(4, 3, "gelu"), batchNorm(), maxPool2d(2), dropout(0.2), residual([conv2d(4, 3, "relu", { padding: 1 })]), flatten(), layerNorm(), dense(3, "softmax")],
    };
    const backward = [Op.ConvWeightGradient, Op.NormaliseSums, Op.NormaliseBackward, Op.MaxPoolGradient, Op.DropoutBackward, Op.LayerNormBackward, Op.ActivationBackward, Op.DenseInputGradient, Op.RunningMoments];
    const all = await operationsOf(image, []);
    for (const op of backward) expect(all.get(op) ?? 0, Op[op]).toBeGreaterThan(0);
    const head = await operationsOf(image, [0, 1, 4, 6]);
    for (const op of backward) expect(head.get(op) ?? 0, Op[op]).toBe(0);
    expect(head.get(Op.DenseWeightGradient)).toBe(1);
  });
});

test("training the head alone is training a network of the head on what the trunk gives, bit for bit", async () => {
  const head: LayerSpec[] = [dense(7, "tanh"), dense(3, "softmax")];
  const trunk: LayerSpec[] = [dense(9), batchNorm(), activation("relu"), residual([dense(9, "tanh")]), layerNorm()];
  const options: TrainerOptions = { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }), l2: 0.01 };
  using first = await Network.create({ input: 6, layers: [...trunk, dense(3, "softmax")], seed: 3 });
  // A trunk that has learned something, its statistics as well.
  await new Trainer(first, options).fit({ x, y }, { epochs: 3 });
  using whole = await Network.create({ input: 6, layers: [...trunk, ...head], seed: 5 });
  whole.setParameters(Object.fromEntries(Object.entries(first.parameters()).filter(([name]) => !name.startsWith("5."))));
  using bare = await Network.create({ input: 6, layers: trunk });
  bare.setParameters(Object.fromEntries(Object.entries(first.parameters()).filter(([name]) => !name.startsWith("5."))));
  using alone = await Network.create({ input: 9, layers: head, seed: 5 });
  const { "5.weight": w5, "5.bias": b5, "6.weight": w6, "6.bias": b6 } = whole.parameters();
  alone.setParameters({ "0.weight": w5, "0.bias": b5, "1.weight": w6, "1.bias": b6 });
  const features = bare.predict(x);
  for (const batchSize of [1, 7, 24]) {
    const [a, b] = [new Trainer(whole, { ...options, freeze: [0, 1, 2, 3, 4] }), new Trainer(alone, options)];
    const [one, other] = [await a.fit({ x, y }, { epochs: 3, batchSize }), await b.fit({ x: features, y }, { epochs: 3, batchSize })];
    expect(one.epochs.map(({ loss }) => loss)).toEqual(other.epochs.map(({ loss }) => loss));
    expect(Object.values(whole.parameters()).slice(-4)).toEqual(Object.values(alone.parameters()));
    expect(a.step(x, y)).toBe(b.step(features, y));
    expect(await a.evaluate({ x, y })).toEqual(await b.evaluate({ x: features, y }));
  }
});

test("several trainers train parts of a network by turns", async () => {
  using network = await Network.create(spec);
  const [body, head] = [new Trainer(network, { loss: "crossEntropy", freeze: ["head"] }), new Trainer(network, { loss: "crossEntropy", freeze: [0, 1, 3, 4, 5, 6] })];
  const before = datasOf(network);
  await head.fit({ x, y }, { epochs: 1 });
  const between = datasOf(network);
  await body.fit({ x, y }, { epochs: 3 });
  const after = datasOf(network);
  for (const name of Object.keys(before)) {
    const ofHead = name.startsWith("head.");
    expect(Buffer.from(between[name].buffer).equals(Buffer.from(before[name].buffer)), name).toBe(!ofHead);
    expect(Buffer.from(after[name].buffer).equals(Buffer.from(between[name].buffer)), name).toBe(ofHead);
  }
});

describe("refused, by name:", () => {
  const wrong: [freeze: unknown, code: string, says: RegExp][] = [
    [null, "type", /^options\.freeze: expected an array of numbers or names of layers, got null/], ["head", "type", /^options\.freeze: expected an array/],
    [0, "type", /^options\.freeze: expected an array/], [[null], "type", /^options\.freeze\[0\]: expected a number or a name of a layer, got null/],
    [[0, true], "type", /^options\.freeze\[1\]/], [[-1], "range", /^options\.freeze\[0\]: expected a whole number from 0 to 7, got -1/],
    [[8], "range", /^options\.freeze\[0\]/], [[0.5], "range", /^options\.freeze\[0\]/], [[NaN], "range", /^options\.freeze\[0\]/],
    [["tail"], "unknown", /^options\.freeze\[0\]: no layer is named "tail"; there are stem, 1, 2, trunk\.a\.layers\.0/], [["hea"], "unknown", /no layer is named "hea"/],
    [["head.weight"], "unknown", /no layer is named "head\.weight"/], [[""], "unknown", /no layer is named ""/],
    [[0, 1, 2, 3, 4, 5, 6, 7], "conflict", /^options\.freeze: expected at least one layer with parameters to be trained, got all of them/],
    [["stem", "1", "trunk", "5", "6", "head"], "conflict", /^options\.freeze: expected at least one layer/],
  ];
  test.each(wrong)("freeze %j", async (freeze, code, says) => {
    using network = await Network.create(spec);
    const { memory } = network.inspect();
    const error = await refused(() => new Trainer(network, { loss: "crossEntropy", freeze: freeze as string[] }));
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
    expect(network.inspect().memory).toBe(memory);
  });
});
