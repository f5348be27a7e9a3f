import { expect, test } from "vitest";
import { dense, flatten, gradientCheck, maxout, Network, type NetworkSpec, reshape, Trainer } from "../../src/index";
import { SeededNumbers } from "../support/numbers";
import { expectRefusal } from "../support/refusals";

const rowsOf = (numbers: SeededNumbers, rows: number, cols: number) => Array.from({ length: rows }, () => [...numbers.array(cols)]);

const specs: [string, NetworkSpec][] = [
  ["two pieces", { input: 3, layers: [dense(7), maxout(5, 2), dense(2)], seed: 2 }],
  ["more pieces than a panel has columns", { input: 3, layers: [dense(7), maxout(3, 9), dense(2)], seed: 2 }],
  ["whole panels, no bias", { input: 3, layers: [dense(7), maxout(8, 3, { bias: false }), dense(2)], seed: 2 }],
  ["of a sequence", { input: 3, layers: [dense(12), reshape([4, 3]), maxout(6, 2), flatten(), dense(2)], seed: 2 }],
  ["first and last", { input: 3, layers: [maxout(4, 3), maxout(2, 2)], seed: 3 }],
];

test.each(specs)("its gradients are right: %s", async (_, spec) => {
  using network = await Network.create(spec);
  for (const rows of [1, 6]) {
    const numbers = new SeededNumbers(rows);
    const check = await gradientCheck(network, { x: rowsOf(numbers, rows, 3), y: rowsOf(numbers, rows, 2), loss: "squaredError" });
    expect(check.maxRelativeError).toBeLessThan(1e-6);
  }
});

test("is the largest of its pieces, piece after piece in its weight", async () => {
  using network = await Network.create({ input: 1, layers: [maxout(2, 3)] });
  network.setParameters({ "0.weight": { shape: [6, 1], data: [1, 0, -1, 2, 0, -2] }, "0.bias": { shape: [6], data: [0, 0, 0, 0, 0.5, 0] } });
  expect([...network.predict([[3], [-3], [0.25]])]).toEqual([3, 6, 3, 6, 0.5, 0.5]);
});

test("of equal pieces the first is trained", async () => {
  using network = await Network.create({ input: 1, layers: [maxout(1, 3)] });
  network.setParameters({ "0.weight": { shape: [3, 1], data: [1, 2, 2] }, "0.bias": { shape: [3], data: [0, 0, 0] } });
  using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
  expect([...trainer.gradients([[1]], [[0]]).gradients["0.bias"].data]).toEqual([0, 2, 0]);
});

test("signals keep their size through many layers of two pieces", async () => {
  using network = await Network.create({ input: 64, layers: Array.from({ length: 8 }, () => maxout(64, 2)), seed: 5 });
  const x = rowsOf(new SeededNumbers(2), 40, 64);
  const meanSquare = (values: readonly number[]) => values.reduce((sum, v) => sum + v * v, 0) / values.length;
  const ratio = meanSquare([...network.predict(x)]) / meanSquare(x.flat());
  expect(ratio).toBeGreaterThan(0.3);
  expect(ratio).toBeLessThan(3);
});

const create = (layer: unknown, input: number | number[] = 3) => () => Network.create({ input, layers: [layer as ReturnType<typeof maxout>] });

test.each([
  ["no units", create(maxout(0, 2)), "range", /^spec.layers\[0\].units: .* got 0/],
  ["a single piece", create(maxout(2, 1)), "range", /^spec.layers\[0\].pieces: expected a whole number from 2 to 1048576, got 1/],
  ["pieces left out", create({ type: "maxout", units: 2 }), "type", /pieces: .* got undefined/],
  ["too many in all", create(maxout(2 ** 19, 4)), "range", /expected units · pieces of at most 1048576, got 524288 · 4/],
  ["a bias that is a number", create(maxout(2, 2, { bias: 1 as unknown as boolean })), "type", /bias: expected true or false/],
  ["an unknown initialiser", create(maxout(2, 2, { initializer: "he" as "zeros" })), "unknown", /initializer/],
  ["an image", create(maxout(2, 2), [2, 3, 4]), "shape", /got the image \[2, 3, 4\]/],
  ["a misspelt option", create({ ...maxout(2, 2), unit: 2 }), "unknown", /unit: no such option/],
] as const)("is refused: %s", async (name, call, code, says) => {
  await expectRefusal({ name, call, code, says }, undefined);
});
