import { expect, test } from "vitest";
import { dense, flatten, gradientCheck, Network, type NetworkSpec, prelu, reshape, Trainer } from "../../src/index";
import { SeededNumbers } from "../support/numbers";
import { expectRefusal } from "../support/refusals";

const rowsOf = (numbers: SeededNumbers, rows: number, cols: number) => Array.from({ length: rows }, () => [...numbers.array(cols)]);
const channels = { parameters: "channels" } as const;

const specs: [string, NetworkSpec][] = [
  ["one slope", { input: 3, layers: [dense(11), prelu(), dense(2)], seed: 2 }],
  ["a slope a feature", { input: 3, layers: [dense(11), prelu(channels), dense(2)], seed: 2 }],
  ["one slope for a sequence", { input: 3, layers: [dense(12), reshape([4, 3]), prelu(), flatten(), dense(2)], seed: 2 }],
  ["a slope a feature of a sequence", { input: 3, layers: [dense(12), reshape([4, 3]), prelu(channels), flatten(), dense(2)], seed: 2 }],
  ["one slope for an image", { input: 3, layers: [dense(30), reshape([5, 3, 2]), prelu({ initial: -0.5 }), flatten(), dense(2)], seed: 2 }],
  ["a slope a channel", { input: 3, layers: [dense(30), reshape([5, 3, 2]), prelu({ ...channels, initial: 2 }), flatten(), dense(2)], seed: 2 }],
  ["first of all", { input: 3, layers: [prelu(channels), dense(2)], seed: 3 }],
];

test.each(specs)("its gradients are right: %s", async (_, spec) => {
  using network = await Network.create(spec);
  for (const rows of [1, 6]) {
    const numbers = new SeededNumbers(rows);
    const check = await gradientCheck(network, { x: rowsOf(numbers, rows, 3), y: rowsOf(numbers, rows, 2), loss: "squaredError" });
    expect(check.maxRelativeError).toBeLessThan(1e-6);
  }
});

test("bends at zero, where the slope is its weight", async () => {
  using network = await Network.create({ input: 4, layers: [prelu({ parameters: "channels", initial: 0.5 })] });
  expect([...network.predict([[2, 0, -1, -4]])]).toEqual([2, 0, -0.5, -2]);
  // dense gives 0 everywhere; the gradient below is dy · weight.
  using below = await Network.create({ input: 1, layers: [dense(1, "linear", { initializer: "zeros" }), prelu({ initial: 0.25 })] });
  using trainer = new Trainer(below, { loss: "squaredError", optimizer: "sgd" });
  expect([...trainer.gradients([[1]], [[-8]]).gradients["0.bias"].data]).toEqual([2]);
});

test("no penalty acts on its weights", async () => {
  using network = await Network.create({ input: 2, layers: [prelu()] });
  using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd", l2: 0.5 });
  trainer.step([[1, 2]], [[1, 2]]);
  expect(network.parameters()["0.weight"]).toEqual({ shape: [1], data: new Float32Array([0.25]) });
});

test.each([
  ["parameters by another name", { parameters: "each" }, "unknown", /^spec.layers\[0\].parameters: expected one of one, channels, got "each"/],
  ["parameters as a number", { parameters: 3 }, "type", /parameters: .* got 3/],
  ["initial NaN", { initial: NaN }, "range", /initial/],
  ["a misspelt option", { init: 0.1 }, "unknown", /init: no such option/],
] as const)("is refused: %s", async (name, options, code, says) => {
  await expectRefusal({ name, call: () => Network.create({ input: 3, layers: [prelu(options as object)] }), code, says }, undefined);
});
