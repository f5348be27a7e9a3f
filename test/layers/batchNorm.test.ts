import { describe, expect, test } from "vitest";
import { activation, batchNorm, dense, flatten, gradientCheck, Network, type NetworkSpec, reshape, Trainer } from "../../src/index";
import { createExact, shiftParameter } from "../support/exact";
import { SeededNumbers } from "../support/numbers";
import { expectRefusal } from "../support/refusals";

const rowsOf = (numbers: SeededNumbers, rows: number, cols: number) => Array.from({ length: rows }, () => [...numbers.array(cols)]);

/** A dense layer below, so that the gradient by the input counts. */
const inner = (size: number, shape: number[], options = {}): NetworkSpec => ({
  input: 3, seed: 2,
  layers: [dense(size), ...(shape.length > 1 ? [reshape(shape)] : []), batchNorm(options), ...(shape.length > 1 ? [flatten()] : []), dense(2, "tanh")],
});

const specs: [string, NetworkSpec][] = [
  ["between dense layers", inner(5, [5])],
  ["without weight and bias, with a large epsilon", inner(11, [11], { affine: false, epsilon: 0.5 })],
  ["of a sequence", inner(12, [4, 3])],
  ["of an image", inner(30, [5, 3, 2])],
  ["first of all", { input: 3, layers: [batchNorm(), dense(2)], seed: 3 }],
  ["first and without parameters", { input: 3, layers: [batchNorm({ affine: false }), dense(2)], seed: 3 }],
  ["twice", { input: 3, layers: [dense(4), batchNorm({ name: "one" }), batchNorm(), dense(2)], seed: 4 }],
];

test.each(specs)("its gradients are right: %s", async (_, spec) => {
  using network = await Network.create(spec);
  for (const rows of [2, 7]) {
    const numbers = new SeededNumbers(rows);
    const check = await gradientCheck(network, { x: rowsOf(numbers, rows, 3), y: rowsOf(numbers, rows, 2), loss: "squaredError" });
    expect(check.maxRelativeError).toBeLessThan(1e-6);
  }
});

test("frozen, it takes its running statistics, changes nothing, and passes gradients on as through constants", async () => {
  const numbers = new SeededNumbers(8);
  const spec: NetworkSpec = { input: 3, layers: [dense(5, "tanh"), batchNorm({ name: "norm" }), dense(2)], seed: 2 };
  const exact = createExact(spec);
  const x = rowsOf(numbers, 6, 3), y = rowsOf(numbers, 6, 2);
  const norm = Object.fromEntries(["weight", "bias", "running_mean", "running_var"].map((name) => [`norm.${name}`, { shape: [5], data: numbers.array(5, 0.5, 1.5) }]));
  exact.setParameters(norm);
  // Predictions take the running statistics as well: half the square of their distance is the loss.
  const lossNow = () => {
    const outputs = exact.predict(x, new Float64Array(12));
    return y.flat().reduce((sum, target, n) => sum + 0.5 * (outputs[n] - target) ** 2, 0) / 6;
  };
  const trainer = new Trainer(exact, { loss: "squaredError", optimizer: "sgd", freeze: ["norm"] });
  const { loss, gradients } = trainer.gradients(x, y);
  expect(Math.abs(loss - lossNow())).toBeLessThan(1e-7);
  for (const name of ["0.weight", "0.bias"]) {
    for (let index = 0; index < gradients[name].data.length; index++) {
      const h = 1e-4;
      shiftParameter(exact, name, index, h);
      const above = lossNow();
      shiftParameter(exact, name, index, -2 * h);
      const slope = (above - lossNow()) / (2 * h);
      shiftParameter(exact, name, index, h);
      // gradients() gives 32-bit floats, and the difference is of second order.
      expect(Math.abs(gradients[name].data[index] - slope)).toBeLessThan(1e-6);
    }
  }
  using network = await Network.create(spec);
  network.setParameters(norm);
  using frozen = new Trainer(network, { loss: "squaredError", optimizer: "sgd", freeze: ["norm"] });
  await frozen.fit({ x, y }, { epochs: 3, batchSize: 4 });
  for (const [name, { data }] of Object.entries(norm)) expect(network.parameters()[name].data).toEqual(data);
});

describe("running statistics", () => {
  test("after an epoch are those of its batches; a last one of a single row leaves the variance", async () => {
    const numbers = new SeededNumbers(5);
    const [rows, batchSize, momentum] = [9, 4, 0.2];
    const x = rowsOf(numbers, rows, 3).map((row) => row.map((v) => 3 * v + 2)), y = rowsOf(numbers, rows, 2);
    using network = await Network.create({ input: 3, layers: [batchNorm({ momentum }), dense(2)] });
    using trainer = new Trainer(network, { loss: "squaredError", optimizer: "adam" });
    await trainer.fit({ x, y }, { epochs: 1, batchSize, shuffle: false });
    const { "0.running_mean": mean, "0.running_var": variance } = network.parameters();
    for (let c = 0; c < 3; c++) {
      let [m, v] = [0, 1];
      for (let from = 0; from < rows; from += batchSize) {
        const column = x.slice(from, from + batchSize).map((row) => row[c]);
        const average = column.reduce((sum, value) => sum + value, 0) / column.length;
        m = (1 - momentum) * m + momentum * average;
        if (column.length > 1) v = (1 - momentum) * v + momentum * column.reduce((sum, value) => sum + (value - average) ** 2, 0) / (column.length - 1);
      }
      expect(mean.data[c]).toBeCloseTo(m, 6);
      expect(variance.data[c]).toBeCloseTo(v, 6);
    }
  });

  test("stay as they are where gradients are asked for, in evaluations, and in a step that is not taken", async () => {
    const numbers = new SeededNumbers(6);
    const x = rowsOf(numbers, 4, 3), y = rowsOf(numbers, 4, 2);
    using network = await Network.create({ input: 3, layers: [dense(4), batchNorm(), dense(2)] });
    using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
    const before = network.parameters();
    trainer.gradients(x, y);
    await trainer.evaluate({ x, y });
    network.predict(x);
    const far = y.map((row) => row.map(() => 1e30));
    await expectRefusal({ name: "far targets", call: () => trainer.step(x, far), code: "diverged", says: /./ }, undefined);
    expect(network.parameters()).toEqual(before);
    trainer.step(x, y);
    expect(network.parameters()["1.running_mean"].data).not.toEqual(before["1.running_mean"].data);
  });

  test("stay finite: a step whose variance would not be is refused, or leaves them where an activation hides it from the loss", async () => {
    const x = [[1e20], [-1e20], [3e20]], y = [[1], [2], [3]];
    using network = await Network.create({ input: 1, layers: [batchNorm(), dense(1)] });
    using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
    const before = network.parameters();
    await expectRefusal({ name: "far inputs", call: () => trainer.step(x, y), code: "diverged", says: /./ }, undefined);
    expect(network.parameters()).toEqual(before);
    using hiding = await Network.create({ input: 1, layers: [batchNorm({ affine: false, momentum: 1 }), activation("relu"), dense(1)] });
    using other = new Trainer(hiding, { loss: "squaredError", optimizer: "sgd" });
    for (const far of [1e19, 1e20, 3e38]) {
      try { other.step([[far], [-far], [0]], y); } catch (error) { expect(error).toMatchObject({ code: "diverged" }); }
      for (const { data } of Object.values(hiding.parameters())) expect(data.every(Number.isFinite)).toBe(true);
    }
  });

  test("that can't be are refused", async () => {
    using network = await Network.create({ input: 2, layers: [batchNorm()] });
    const before = network.parameters();
    const set = () => network.setParameters({ "0.running_var": { data: [1, -0.5] } });
    expect(set).toThrow(/^parameters\["0\.running_var"\]\.data: expected numbers from 0 on, got -0\.5 at 1$/);
    expect(network.parameters()).toEqual(before);
  });

  test("are saved with a network, and predictions take them", async () => {
    const numbers = new SeededNumbers(7);
    const x = rowsOf(numbers, 6, 3), y = rowsOf(numbers, 6, 2);
    using network = await Network.create({ input: 3, layers: [dense(4), batchNorm(), dense(2)] });
    using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
    await trainer.fit({ x, y }, { epochs: 2, batchSize: 3 });
    using loaded = await Network.load(network.save());
    expect(loaded.predict(x)).toEqual(network.predict(x));
    // Each row by itself, as no moments of a batch would give them.
    const [first] = [network.predict([x[0]])];
    expect(first).toEqual(network.predict(x).slice(0, 2));
  });
});

test("a batch of one row gives the bias, and no gradient goes below", async () => {
  using network = await Network.create({ input: 3, layers: [dense(4), batchNorm(), dense(2)] });
  network.setParameters({ "1.bias": { shape: [4], data: [1, -2, 3, 0.5] } });
  using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
  const { loss, gradients } = trainer.gradients([[1, 2, 3]], [[0, 0]]);
  const { loss: other } = trainer.gradients([[-4, 0, 9]], [[0, 0]]);
  expect(loss).toBe(other);
  expect([...gradients["0.weight"].data].every((g) => g === 0)).toBe(true);
  expect([...gradients["1.bias"].data].some((g) => g !== 0)).toBe(true);
});

const create = (options: unknown) => () => Network.create({ input: 3, layers: [batchNorm(options as object)] });

test.each([
  ["momentum below 0", { momentum: -0.1 }, "range", /^spec.layers\[0\].momentum: .* at least 0 and at most 1, got -0.1/],
  ["momentum above 1", { momentum: 1.1 }, "range", /momentum/],
  ["momentum null", { momentum: null }, "type", /momentum: .* got null/],
  ["epsilon 0", { epsilon: 0 }, "range", /epsilon: expected a finite number greater than 0 and at most 1, got 0/],
  ["epsilon as text", { epsilon: "1e-5" }, "type", /epsilon/],
  ["affine as a number", { affine: 1 }, "type", /affine: expected true or false, got 1/],
  ["a misspelt option", { eps: 1e-5 }, "unknown", /eps: no such option/],
] as const)("is refused: %s", async (name, options, code, says) => {
  await expectRefusal({ name, call: create(options), code, says }, undefined);
});
