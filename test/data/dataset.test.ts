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
    expect(Dataset.from(nested.batches(7))).toEqual(nested);
    expect(Dataset.from([...nested.batches(7)])).toEqual(nested);
    expect(await Dataset.from((async function* () { yield* nested.batches(40); })())).toEqual(nested);
    expect(Dataset.from(nested)).toEqual(nested);
  });

  test("is the same of pairs, from an array, a map and a stream", async () => {
    const nested = Dataset.from({ x: rows, y: labels });
    const pairs = rows.map((row, n) => [row, labels[n]] as const);
    expect(Dataset.from(pairs)).toEqual(nested);
    expect(Dataset.from(new Map(pairs))).toEqual(nested);
    expect(await Dataset.from((async function* () { for (const [x, y] of pairs) yield [Float64Array.from(x), y] as const; })())).toEqual(nested);
    expect(Dataset.from([[[1, 2], [0, 1]], [[3, 4], [1, 0]]])).toEqual(Dataset.from({ x: [[1, 2], [3, 4]], y: [[0, 1], [1, 0]] }));
    expect(Dataset.from([[[1], 0.5], [[2], 1]])).toEqual(Dataset.from({ x: [[1], [2]], y: [0.5, 1] }));
  });

  test("takes classes by their names, and keeps them", async () => {
    const x = [[1], [2], [3], [4]];
    const dataset = Dataset.from({ x, y: ["pear", "apple", "pear", "fig"] });
    expect([dataset.classNames, [...dataset.y], dataset.areLabels, dataset.outputs]).toEqual([["apple", "fig", "pear"], [2, 0, 2, 1], true, 1]);
    expect(Dataset.from([[[1], "pear"], [[2], "apple"], [[3], "pear"], [[4], "fig"]])).toEqual(dataset);
    // Batches that have other classes each.
    expect(await Dataset.from((async function* () { yield { x: x.slice(0, 1), y: ["pear"] }; yield { x: x.slice(1), y: ["apple", "pear", "fig"] }; })())).toEqual(dataset);
    expect(Dataset.from({ x: [[1], [2], [3]], y: ["10", "9", "no"] }).classNames).toEqual(["9", "10", "no"]);
    // Those that were asked for, also where not all are there; a part keeps them all.
    const classNames = ["pear", "apple", "fig", "kiwi"];
    const asked = Dataset.from({ x, y: ["pear", "apple", "pear", "fig"] }, { classNames });
    expect([asked.classNames, [...asked.y]]).toEqual([classNames, [0, 1, 0, 2]]);
    expect(Dataset.from({ x, y: [0, 1, 0, 2] }, { classNames })).toEqual(asked);
    expect(Dataset.from(dataset, { classNames })).toEqual(asked);
    const part = asked.subset([1]);
    expect([part.classNames, [...part.y]]).toEqual([classNames, [1]]);
    expect(Dataset.from(part)).toEqual(part);
    expect(Dataset.from([asked, part]).y).toEqual(Int32Array.of(0, 1, 0, 2, 1));
    expect(Dataset.from([part, dataset]).classNames).toEqual(classNames);
    expect(Dataset.from([dataset, part]).classNames).toEqual(["apple", "fig", "kiwi", "pear"]);
    expect([...Dataset.from([dataset, part]).y]).toEqual([3, 0, 3, 1, 0]);
    expect(asked.split({ test: 0.25 }).training.classNames).toEqual(classNames);
  });

  test("that has targets of whole numbers keeps them when it is copied", () => {
    const dataset = Dataset.from({ x: [[1], [2]], y: [[3], [4]] });
    expect(Dataset.from(dataset)).toEqual(dataset);
    expect(dataset.areLabels).toBe(false);
  });

  test("has rows of targets, and weights", () => {
    const { y, outputs, areLabels, weights } = Dataset.from({ x: rows, y: rows.map(([a]) => [a, -a]), weights: labels });
    expect([outputs, areLabels, y.length]).toEqual([2, false, 80]);
    expect(weights).toEqual(Float32Array.from(labels));
    expect(Dataset.from({ x: rows, y: rows.map(([a]) => a) }).y).toBeInstanceOf(Float32Array);
  });

  test("keeps targets that no class index can be", () => {
    expect([...Dataset.from({ x: [[1], [2]], y: [3e9, 1] }).y]).toEqual([3e9, 1]);
    expect([...Dataset.from([{ x: [[1]], y: [1] }, { x: [[2]], y: [3e9] }]).y]).toEqual([1, 3e9]);
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
  ["nothing", () => Dataset.from(undefined as never), "type", /^data: expected \{ x, y \}, or an iterable of such batches or of pairs \[x, y\], got undefined/],
  ["no rows", () => Dataset.from({ x: [], y: [] }), "empty", /^data\.x: expected rows, got none/],
  ["text", () => Dataset.from({ x: [["a"]] as never, y: [0] }), "type", /^data\.x\[0\]: expected an array of 1 numbers|^data\.x\[0\]\[0\]: expected a number, got "a"/],
  ["rows of other lengths", () => Dataset.from({ x: [[1, 2], [1]], y: [0, 1] }), "shape", /^data\.x\[1\]: expected a row of 2 numbers, as the first has, got 1/],
  ["other targets than rows", () => Dataset.from({ x: rows, y: [[1], [2]] }), "shape", /^data\.y: expected 40 rows, as many as data\.x has, got 2/],
  ["other flat targets than rows", () => Dataset.from({ x: rows, y: [1, 2, 3] }), "shape", /^data\.y: expected numbers for 40 rows, got 3/],
  ["weights of other rows", () => Dataset.from({ x: rows, y: labels, weights: [1] }), "shape", /^data\.weights: expected 40 numbers/],
  ["batches of other forms", () => Dataset.from([{ x: [[1]], y: [0] }, { x: [[1, 2]], y: [0] }]), "shape", /^data\[1\]: expected rows of 1 inputs and 1 target, without weights, as data\[0\] has, got rows of 2/],
  ["flat inputs without targets", () => Dataset.from({ x: [1, 2], y: [] }), "empty", /^data\.x: expected rows, got none/],
  ["rows of nothing", () => Dataset.from({ x: [[], []], y: [0, 1] }), "empty", /^data\.x\[0\]: expected a row of numbers, got none/],
  ["a row that is null", () => Dataset.from({ x: [null, [1]] as never, y: [0, 1] }), "type", /^data\.x\[0\]: expected an array of numbers, got null/],
  ["weights that are null", () => Dataset.from({ x: [[1]], y: [0], weights: null as never }), "type", /^data\.weights: expected an array of 1 numbers, got null/],
  ["batches that are none", () => Dataset.from(5 as never), "type", /^data: expected \{ x, y \}, or an iterable .*, got 5/],
  ["text", () => Dataset.from("x,y" as never), "type", /^data: expected \{ x, y \}, or .*, got "x,y"/],
  ["a stream of text", () => Dataset.from((async function* () { yield "x,y" as never; })()), "type", /^data\[0\]: expected \{ x, y \}, got "x,y"/],
  ["rows without targets", () => Dataset.from([[1, 2], [3, 4]] as never), "type", /^data\[0\]: expected \{ x, y \} or a pair \[x, y\] of a row of numbers and its target, got a pair that begins with 1/],
  ["pairs of three", () => Dataset.from([[[1], 2, 3]] as never), "type", /^data\[0\]: expected .* pair \[x, y\] .*, got an array of 3/],
  ["pairs of batches", () => Dataset.from([[[[1], [2]], [0, 1]]] as never), "type", /^data\[0\]: expected \{ x, y \} or a pair .* begins with an array of 2/],
  ["pairs of other lengths", () => Dataset.from([[[1, 2], 0], [[1], 0]]), "shape", /^data\[1\]: expected rows of 2 inputs and 1 target, .* as data\[0\] has, got rows of 1 inputs/],
  ["a pair without a target", () => Dataset.from([[[1], null]] as never), "type", /^data\[0\]\[1\]: expected a number, the name of a class or a row of targets, got null/],
  ["a pair with text in its row", () => Dataset.from([[["1"], 0]] as never), "type", /^data\[0\]\[0\]\[0\]: expected a number, got "1"/],
  ["names and indices", () => Dataset.from({ x: [[1], [2]], y: ["a", 1] as never }), "type", /^data\.y\[1\]: expected the name of a class, as the first row has, got 1/],
  ["indices and names", () => Dataset.from({ x: [[1], [2]], y: [1, "a"] as never }), "type", /^data\.y\[1\]: expected a number, got "a"/],
  ["names in some batches", () => Dataset.from([[[1], "a"], [[2], 1]]), "shape", /^data\[1\]: expected rows of 1 inputs and the name of a class, .*, got rows of 1 inputs and 1 target/],
  ["other names than rows", () => Dataset.from({ x: [[1], [2]], y: ["a"] }), "shape", /^data\.y: expected 2 rows, as many as data\.x has, got 1/],
  ["the name of one class alone", () => Dataset.from({ x: [[1]], y: "a" as never }), "type", /^data\.y: expected an array of class indices, of names of classes or of rows of targets, got "a"/],
  ["an unknown class", () => Dataset.from({ x: [[1], [2]], y: ["a", "c"] }, { classNames: ["a", "b"] }), "label", /^data\.y\[1\]: expected a class of options\.classNames, "a", "b", got "c"/],
  ["an unknown class of a pair", () => Dataset.from([[[1], "c"]], { classNames: ["a", "b"] }), "label", /^data\[0\]\[1\]: expected a class of options\.classNames, "a", "b", got "c"/],
  ["an index beyond the names", () => Dataset.from({ x: [[1], [2]], y: [0, 2] }, { classNames: ["a", "b"] }), "label", /^data: row 1: expected a class index below 2, as many as options\.classNames are, got 2/],
  ["names for numbers", () => Dataset.from({ x: [[1], [2]], y: [0.5, 2] }, { classNames: ["a", "b"] }), "conflict", /^options\.classNames: the targets are no class indices/],
  ["a name twice", () => Dataset.from({ x: [[1]], y: ["a"] }, { classNames: ["a", "a"] }), "conflict", /^options\.classNames: expected texts of which each is another, got "a" twice/],
  ["a misspelt option", () => Dataset.from({ x: [[1]], y: ["a"] }, { classes: ["a"] } as never), "unknown", /^options\.classes: no such option; there is classNames/],
  ["no row numbers", () => Dataset.from({ x: rows, y: labels }).subset(undefined as never), "type", /^indices: expected an array of row numbers, got undefined/],
  ["no batches", () => Dataset.from([]), "empty", /^data: expected rows, got none/],
  ["no batches of a stream", () => Dataset.from((async function* () {})()), "empty", /^data: expected rows, got none/],
  ["a row that isn't there", () => Dataset.from({ x: rows, y: labels }).subset([40]), "range", /^indices\[0\]: expected a whole number from 0 to 39, got 40/],
  ["classes of numbers", () => Dataset.from({ x: rows, y: rows }).split({ test: 0.5, stratify: true }), "conflict", /^options\.stratify: the targets are no class indices/],
])("refuses %s", async (_, call, code, words) => {
  const error = await refused(async () => call());
  expect(error.message).toMatch(words);
  expect(error.code).toBe(code);
});
