import { describe, expect, test } from "vitest";
import { dense, Network, Trainer } from "deltawasm";
import { Dataset } from "deltawasm/data";
import { refused } from "../support/refusals";

const rows = Array.from({ length: 40 }, (_, n) => [n / 40, (n * 7) % 40 / 40, 1]);
const labels = rows.map((_, n) => n % 4);

describe("a data set", () => {
  test("is the same of nested, flat and typed arrays, and of batches", async () => {
    const nested = Dataset.from({ x: rows, y: labels });
    expect([nested.rows, nested.inputs, nested.outputs, nested.areLabels]).toEqual([40, 3, 1, true]);
    expect(Dataset.from({ x: rows.flat(), y: labels })).toEqual(nested);
    expect(Dataset.from({ x: Float64Array.from(rows.flat()), y: Uint8Array.from(labels) })).toEqual(nested);
    expect(await Dataset.collect(nested.batches(7))).toEqual(nested);
    expect(await Dataset.collect((async function* () { yield* nested.batches(40); })())).toEqual(nested);
    expect(Dataset.from(nested)).toEqual(nested);
  });

  test("has rows of targets, and weights", () => {
    const { y, outputs, areLabels, weights } = Dataset.from({ x: rows, y: rows.map(([a]) => [a, -a]), weights: labels });
    expect([outputs, areLabels, y.length]).toEqual([2, false, 80]);
    expect(weights).toEqual(Float32Array.from(labels));
    expect(Dataset.from({ x: rows, y: rows.map(([a]) => a) }).y).toBeInstanceOf(Float32Array);
  });

  test("keeps targets that no class index can be", async () => {
    expect([...Dataset.from({ x: [[1], [2]], y: [3e9, 1] }).y]).toEqual([3e9, 1]);
    expect([...(await Dataset.collect([{ x: [[1]], y: [1] }, { x: [[2]], y: [3e9] }])).y]).toEqual([1, 3e9]);
  });

  test("copies what it is given", () => {
    const x = new Float32Array(4);
    const dataset = Dataset.from({ x, y: [0, 1] });
    x.fill(9);
    expect([...dataset.x]).toEqual([0, 0, 0, 0]);
  });

  test("is what fit and evaluate take, and trains as its arrays do", async () => {
    const losses = [];
    for (const data of [{ x: rows, y: labels }, Dataset.from({ x: rows, y: labels })]) {
      using network = await Network.create({ input: 3, layers: [dense(4, "softmax")], seed: 1 });
      const trainer = new Trainer(network, { loss: "crossEntropy" });
      const { epochs } = await trainer.fit(data, { epochs: 2, batchSize: 8 });
      losses.push([epochs[1].loss, (await trainer.evaluate(data)).loss]);
    }
    expect(losses[1]).toEqual(losses[0]);
  });

  test("is divided, stratified by its classes", () => {
    const dataset = Dataset.from({ x: rows, y: labels, weights: rows.map((_, n) => n) });
    const { training, validation, test: held } = dataset.split({ validation: 0.2, test: 0.1, seed: 4 });
    expect([training.rows, validation!.rows, held!.rows].reduce((a, b) => a + b)).toBe(40);
    for (let label = 0; label < 4; label++) expect(validation!.y.filter((one) => one === label)).toHaveLength(2);
    // A row stays together: its weight is its number.
    validation!.weights!.forEach((row, n) => expect([...validation!.x.subarray(n * 3, n * 3 + 3), validation!.y[n]]).toEqual([...Float32Array.from(rows[row]), labels[row]]));
    expect(dataset.split({ test: 0.5 }).validation).toBeUndefined();
    const rounds = [...dataset.kFold(4)];
    expect(rounds.map(({ validation: { rows: count } }) => count)).toEqual([10, 10, 10, 10]);
    expect(new Set(rounds.flatMap(({ validation: fold }) => [...fold.weights!])).size).toBe(40);
  });
});

test.each<[string, () => unknown, string, RegExp]>([
  ["nothing", () => Dataset.from(undefined as never), "type", /^data: expected an object/],
  ["no rows", () => Dataset.from({ x: [], y: [] }), "empty", /^data\.x: expected rows, got none/],
  ["text", () => Dataset.from({ x: [["a"]] as never, y: [0] }), "type", /^data\.x\[0\]: expected an array of 1 numbers|^data\.x\[0\]\[0\]: expected a number, got "a"/],
  ["rows of other lengths", () => Dataset.from({ x: [[1, 2], [1]], y: [0, 1] }), "shape", /^data\.x\[1\]: expected a row of 2 numbers, as the first has, got 1/],
  ["other targets than rows", () => Dataset.from({ x: rows, y: [[1], [2]] }), "shape", /^data\.y: expected 40 rows, as many as data\.x has, got 2/],
  ["other flat targets than rows", () => Dataset.from({ x: rows, y: [1, 2, 3] }), "shape", /^data\.y: expected numbers for 40 rows, got 3/],
  ["weights of other rows", () => Dataset.from({ x: rows, y: labels, weights: [1] }), "shape", /^data\.weights: expected 40 numbers/],
  ["batches of other forms", () => Dataset.collect([{ x: [[1]], y: [0] }, { x: [[1, 2]], y: [0] }]), "shape", /^batches: batch 2: expected rows of 1 inputs and 1 target, without weights, as the first batch has, got rows of 2/],
  ["flat inputs without targets", () => Dataset.from({ x: [1, 2], y: [] }), "empty", /^data\.x: expected rows, got none/],
  ["rows of nothing", () => Dataset.from({ x: [[], []], y: [0, 1] }), "empty", /^data\.x\[0\]: expected a row of numbers, got none/],
  ["a row that is null", () => Dataset.from({ x: [null, [1]] as never, y: [0, 1] }), "type", /^data\.x\[0\]: expected an array of numbers, got null/],
  ["weights that are null", () => Dataset.from({ x: [[1]], y: [0], weights: null as never }), "type", /^data\.weights: expected an array of 1 numbers, got null/],
  ["batches that are none", () => Dataset.collect(5 as never), "type", /^batches: expected an iterable of batches, got 5/],
  ["no row numbers", () => Dataset.from({ x: rows, y: labels }).subset(undefined as never), "type", /^indices: expected an array of row numbers, got undefined/],
  ["no batches", () => Dataset.collect([]), "empty", /^batches: expected at least one batch/],
  ["a row that isn't there", () => Dataset.from({ x: rows, y: labels }).subset([40]), "range", /^indices\[0\]: expected a whole number from 0 to 39, got 40/],
  ["classes of numbers", () => Dataset.from({ x: rows, y: rows }).split({ test: 0.5, stratify: true }), "conflict", /^options\.stratify: the targets are no class indices/],
])("refuses %s", async (_, call, code, words) => {
  const error = await refused(async () => call());
  expect(error.message).toMatch(words);
  expect(error.code).toBe(code);
});
