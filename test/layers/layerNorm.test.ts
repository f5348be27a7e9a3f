import { expect, test } from "vitest";
import { conv2d, dense, flatten, gradientCheck, layerNorm, Network, type NetworkSpec, reshape } from "../../src/index";
import { SeededNumbers } from "../support/numbers";
import { expectRefusal } from "../support/refusals";

const rowsOf = (numbers: SeededNumbers, rows: number, cols: number) => Array.from({ length: rows }, () => [...numbers.array(cols)]);

const specs: [string, NetworkSpec][] = [
  ["between dense layers", { input: 3, layers: [dense(5), layerNorm(), dense(2, "tanh")], seed: 2 }],
  ["without weight and bias, with a large epsilon", { input: 3, layers: [dense(11), layerNorm({ affine: false, epsilon: 0.5 }), dense(2)], seed: 2 }],
  ["of a sequence", { input: 3, layers: [dense(12), reshape([4, 3]), layerNorm(), dense(2, "tanh"), flatten(), dense(2)], seed: 2 }],
  ["of an image", { input: 3, layers: [dense(30), reshape([5, 3, 2]), layerNorm(), flatten(), dense(2)], seed: 2 }],
  ["of an image between convolutions", {
    input: 3, layers: [dense(24), reshape([2, 3, 4]), conv2d(3, 2), layerNorm(), conv2d(2, 2), flatten(), dense(2)], seed: 2,
  }],
  ["first of all", { input: 3, layers: [layerNorm(), dense(2)], seed: 3 }],
  ["first and without parameters", { input: 3, layers: [layerNorm({ affine: false }), dense(2)], seed: 3 }],
];

test.each(specs)("its gradients are right: %s", async (_, spec) => {
  using network = await Network.create(spec);
  for (const rows of [1, 6]) {
    const numbers = new SeededNumbers(rows);
    const check = await gradientCheck(network, { x: rowsOf(numbers, rows, 3), y: rowsOf(numbers, rows, 2), loss: "squaredError" });
    expect(check.maxRelativeError).toBeLessThan(1e-6);
  }
});

test("its parameters have the shape of what is normalised", async () => {
  for (const [input, shape] of [[7, [7]], [[5, 3], [3]], [[2, 3, 4], [2, 3, 4]]] as const) {
    using network = await Network.create({ input, layers: [layerNorm()] });
    expect(Object.entries(network.parameters()).map(([name, one]) => [name, one.shape])).toEqual([["0.weight", shape], ["0.bias", shape]]);
  }
});

test("a long row far from zero is normalised", async () => {
  const x = Array.from(new SeededNumbers(4).array(4096), (v) => 1000 + v);
  using network = await Network.create({ input: 4096, layers: [layerNorm()] });
  const y = [...network.predict([x])];
  const mean = y.reduce((sum, v) => sum + v, 0) / 4096;
  // The inputs are rounded to 6e-5 there, the mean to half of it.
  expect(Math.abs(mean)).toBeLessThan(1e-4);
  expect(Math.abs(y.reduce((sum, v) => sum + v * v, 0) / 4096 - 1)).toBeLessThan(1e-4);
});

test("rows do not see one another", async () => {
  using network = await Network.create({ input: [2, 3], layers: [layerNorm()] });
  const x = rowsOf(new SeededNumbers(1), 3, 6);
  const all = network.predict(x);
  x.forEach((row, n) => expect(network.predict([row])).toEqual(all.slice(6 * n, 6 * n + 6)));
});

test.each([
  ["epsilon 0", { epsilon: 0 }, "range", /^spec.layers\[0\].epsilon: expected a finite number greater than 0 and at most 1, got 0/],
  ["affine as text", { affine: "no" }, "type", /affine: expected true or false, got "no"/],
  ["an option of batchNorm", { momentum: 0.1 }, "unknown", /momentum: no such option/],
] as const)("is refused: %s", async (name, options, code, says) => {
  await expectRefusal({ name, call: () => Network.create({ input: 3, layers: [layerNorm(options as object)] }), code, says }, undefined);
});
