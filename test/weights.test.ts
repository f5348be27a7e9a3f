import { describe, expect, test } from "vitest";
import {
  adam, type ActivationName, type Data, dense, type Labels, type LossOption, Network, type NetworkSpec, type Rows, sgd, Trainer, type TrainerOptions,
} from "../src/index";
import { createExact, exactParameters, largestDifference } from "./support/exact";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// How much rows count: losses and gradients are Σ w · … / Σ w over the rows of a batch.

const INPUTS = 4;
const numbers = new SeededNumbers(21);
const specOf = (last: ActivationName, outputs = 3): NetworkSpec => ({ input: INPUTS, layers: [dense(6, "tanh"), dense(outputs, last)], seed: 5 });
const inputsOf = (rows: number) => Array.from({ length: rows }, () => Array.from(numbers.array(INPUTS)));
const labelsOf = (rows: number) => Array.from({ length: rows }, () => numbers.below(3));
/** Rows of probabilities, which any loss takes as targets. */
const sharesOf = (rows: number) => Array.from({ length: rows }, () => {
  const [a, b] = [numbers.uniform(0, 0.5), numbers.uniform(0, 0.5)];
  return [a, b, 1 - a - b];
});

const losses: [title: string, loss: LossOption, spec: NetworkSpec, targets: (rows: number) => Rows][] = [
  ["crossEntropy of class indices", "crossEntropy", specOf("softmax"), labelsOf],
  ["crossEntropy of rows", { type: "crossEntropy", labelSmoothing: 0.1 }, specOf("softmax"), sharesOf],
  ["binaryCrossEntropy", "binaryCrossEntropy", specOf("sigmoid"), sharesOf],
  ["squaredError", "squaredError", specOf("linear"), sharesOf],
  ["meanSquaredError", "meanSquaredError", specOf("tanh"), sharesOf],
  ["meanAbsoluteError", "meanAbsoluteError", specOf("linear"), sharesOf],
  ["huber", { type: "huber", delta: 0.3 }, specOf("linear"), sharesOf],
];

/** The loss of a batch and its gradients by all parameters, all in 64 bits: from a step of rate 1. */
function exactGradients(spec: NetworkSpec, options: TrainerOptions, x: Rows, y: Rows, weights?: number[]): { loss: number; gradients: Float64Array } {
  using network = createExact(spec);
  const flat = () => Float64Array.from(Object.values(exactParameters(network)).flatMap((values) => [...values]));
  const before = flat();
  const loss = new Trainer(network, { ...options, optimizer: sgd({ learningRate: 1 }) }).step(x, y, weights);
  const after = flat();
  return { loss, gradients: before.map((value, n) => value - after[n]) };
}

/** A weight of w/2^53 is lost in the difference of two parameters of about 1, and in the sums of a few rows. */
const EXACT = 1e-14;

describe.each(losses)("%s", (_title, loss, spec, targets) => {
  const ROWS = 9;
  const x = inputsOf(ROWS), y = targets(ROWS);

  test("and its gradients are weighted means of those of the rows", () => {
    const weights = x.map((_, row) => [0.25, 3, 1, 0, 7.5][row % 5]);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const rows = x.map((row, n) => exactGradients(spec, { loss }, [row], [y[n]] as Rows));
    const batch = exactGradients(spec, { loss }, x, y, weights);
    const mean = (values: number[]) => values.reduce((sum, value, n) => sum + weights[n] * value, 0) / total;
    expect(Math.abs(batch.loss - mean(rows.map((row) => row.loss)))).toBeLessThan(EXACT);
    const expected = batch.gradients.map((_, n) => mean(rows.map(({ gradients }) => gradients[n])));
    expect(largestDifference(batch.gradients, expected)).toBeLessThan(EXACT);
  });

  test("counts a row of weight n as n rows", () => {
    const weights = x.map((_, row) => [2, 0, 1, 5][row % 4]);
    const repeat = <T>(rows: ArrayLike<T>) => weights.flatMap((weight, n) => Array.from({ length: weight }, () => rows[n]));
    const weighted = exactGradients(spec, { loss }, x, y, weights);
    const repeated = exactGradients(spec, { loss }, repeat(x), repeat(y as ArrayLike<unknown>) as Rows);
    expect(Math.abs(weighted.loss - repeated.loss)).toBeLessThan(EXACT);
    expect(largestDifference(weighted.gradients, repeated.gradients)).toBeLessThan(EXACT);
  });

  test("has the same bits without weights, where all are 1, and where all are a power of two", async () => {
    const results = [];
    for (const weight of [undefined, 1, 4, 2 ** -20, 2 ** 29]) {
      using network = await Network.create(spec);
      results.push(new Trainer(network, { loss }).gradients(x, y, weight === undefined ? undefined : x.map(() => weight)));
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test("has the same bits without a row as with its weight 0, whatever is in it", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss });
    const weights = x.map((_, row) => (row % 3 === 1 ? 0 : 1 + row));
    const kept = <T>(rows: ArrayLike<T>) => Array.from(rows).filter((_, row) => weights[row] > 0);
    const wild = x.map((row, n) => (weights[n] > 0 ? row : row.map((value) => value * 1e18)));
    expect(trainer.gradients(wild, y, weights)).toEqual(trainer.gradients(kept(x), kept(y as ArrayLike<unknown>) as Rows, kept(weights)));
  });

  test("evaluates to the weighted mean, over several batches as well, and counts what is right by rows", async () => {
    using network = await Network.create(spec);
    using exact = createExact(spec);
    exact.setParameters(network.parameters());
    const many = inputsOf(300), manyTargets = targets(300);
    const weights = many.map((_, row) => [0, 0.5, 2][row % 3]);
    const trainer = new Trainer(network, { loss }), exactTrainer = new Trainer(exact, { loss });
    const evaluation = await trainer.evaluate({ x: many, y: manyTargets, weights });
    let sum = 0;
    for (const [n, row] of many.entries()) sum += weights[n] * (await exactTrainer.evaluate({ x: [row], y: [manyTargets[n]] as Rows })).loss;
    // Losses of rows have 24 bits.
    expect(evaluation.loss / (sum / 250)).toBeCloseTo(1, 6);
    expect(evaluation.accuracy).toBe((await trainer.evaluate({ x: many, y: manyTargets })).accuracy);
  });
});

const spec = specOf("softmax");
const ROWS = 50;
const x = inputsOf(ROWS), y = labelsOf(ROWS);
const weights = x.map((_, row) => [0.5, 1, 0, 3][row % 4]);

/** The parameters after a training. */
async function trained(data: Data, options: Partial<TrainerOptions> = {}, given = spec): Promise<Record<string, unknown>> {
  using network = await Network.create(given);
  const trainer = new Trainer(network, { loss: given === spec ? "crossEntropy" : "binaryCrossEntropy", ...options });
  const { epochs } = await trainer.fit(data, { epochs: 3, batchSize: 8, shuffle: false, validation: data });
  return { parameters: network.parameters(), losses: epochs.map(({ loss }) => loss) };
}

describe("fit with weights", () => {
  test("has the bits of steps with weights, the rows of a batch by themselves", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    for (let epoch = 0; epoch < 3; epoch++) {
      for (let from = 0; from < ROWS; from += 8) trainer.step(x.slice(from, from + 8), y.slice(from, from + 8), weights.slice(from, from + 8));
    }
    expect((await trained({ x, y, weights })).parameters).toEqual(network.parameters());
  });

  test("takes the weights along with the rows when it shuffles", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }) });
    const { epochs } = await trainer.fit({ x, y, weights }, { epochs: 3, batchSize: 8, validation: { x, y, weights } });
    // Each row counts as its weight says, whatever batch it comes in.
    for (const { loss, validation } of epochs) expect(loss).toBeCloseTo(validation!.loss, 6);
    expect(epochs[0].loss).not.toBeCloseTo((await trainer.evaluate({ x, y })).loss, 4);
  });

  test("where all are 1 has the bits of fit without, also one row at a time by plain SGD", async () => {
    for (const batchSize of [1, 8]) {
      const results = [];
      for (const given of [{}, { weights: x.map(() => 1) }]) {
        using network = await Network.create(spec);
        await new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 0.1 }) }).fit({ x, y, ...given }, { epochs: 2, batchSize });
        results.push(network.parameters());
      }
      expect(results[1]).toEqual(results[0]);
    }
  });

  test("of any type of array has the same bits", async () => {
    const plain = await trained({ x, y, weights });
    for (const form of [Float32Array.from(weights), Float64Array.from(weights)]) expect(await trained({ x, y, weights: form })).toEqual(plain);
    const whole = weights.map(Math.ceil);
    expect(await trained({ x, y, weights: Uint8Array.from(whole) })).toEqual(await trained({ x, y, weights: whole }));
  });
});

describe("classWeights", () => {
  const classWeights = [0.3, 2, 1];

  test("have the bits of weights by the rows' classes, and multiply those that are given", async () => {
    const byClass = y.map((label) => Math.fround(classWeights[label]));
    expect(await trained({ x, y }, { classWeights })).toMatchObject({ ...await trained({ x, y, weights: byClass }) });
    const both = weights.map((weight, row) => Math.fround(weight * classWeights[y[row]]));
    expect((await trained({ x, y, weights }, { classWeights })).parameters).toEqual((await trained({ x, y, weights: both })).parameters);
  });

  test("of rows of probabilities are mixed as those", async () => {
    const shares = sharesOf(ROWS);
    const mixed = shares.map((row) => row.reduce((sum, share, c) => sum + Math.fround(share) * classWeights[c], 0));
    expect((await trained({ x, y: shares }, { classWeights })).parameters).toEqual((await trained({ x, y: shares, weights: mixed })).parameters);
  });

  test("of a single sigmoid are two: of 0 and of 1", async () => {
    const sides = x.map((_, row) => [row % 3 === 0 ? 1 : 0]);
    const byClass = sides.map(([side]) => (side ? 5 : 0.5));
    const one = specOf("sigmoid", 1);
    expect((await trained({ x, y: sides }, { classWeights: [0.5, 5] }, one)).parameters).toEqual((await trained({ x, y: sides, weights: byClass }, {}, one)).parameters);
  });

  test("are nothing to evaluations", async () => {
    using network = await Network.create(spec);
    const [plain, weighted] = [new Trainer(network, { loss: "crossEntropy" }), new Trainer(network, { loss: "crossEntropy", classWeights })];
    expect(await weighted.evaluate({ x, y })).toEqual(await plain.evaluate({ x, y }));
    expect(weighted.gradients(x, y).loss).not.toBe(plain.gradients(x, y).loss);
    const { epochs: [{ validation }] } = await weighted.fit({ x, y }, { epochs: 1, validation: { x, y } });
    expect(validation!.loss).toBeCloseTo((await plain.evaluate({ x, y })).loss, 6);
  });

  test("make up for a class that is rare", async () => {
    const rare = x.map(([a, b], row) => (a + b > 0.5 && row % 3 === 0 ? 1 : a > 0 ? 0 : 2));
    const found = async (options: Partial<TrainerOptions>) => {
      using network = await Network.create(spec);
      await new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }), ...options }).fit({ x, y: rare }, { epochs: 40 });
      const outputs = network.predict(x);
      return rare.filter((label, row) => label === 1 && outputs[row * 3 + 1] > Math.max(outputs[row * 3], outputs[row * 3 + 2])).length;
    };
    expect(await found({ classWeights: [1, 10, 1] })).toBeGreaterThan(await found({}));
  });
});

describe("a batch whose weights are all 0", () => {
  test("has a loss of 0 and gradients of 0", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1 }) });
    const { loss, gradients } = trainer.gradients(x, y, x.map(() => 0));
    expect(loss).toBe(0);
    for (const { data } of Object.values(gradients)) expect(data.every((value) => Object.is(value, 0))).toBe(true);
    const before = network.parameters();
    expect(trainer.step(x, y, x.map(() => 0))).toBe(0);
    expect(network.parameters()).toEqual(before);
  });

  test("is a batch of an epoch like any other", async () => {
    const early = x.map((_, row) => (row < 16 ? 0 : 1));
    const { parameters, losses: [loss] } = await trained({ x, y, weights: early }, { optimizer: sgd({ learningRate: 0.1 }) }) as { parameters: unknown; losses: number[] };
    const late = await trained({ x: x.slice(16), y: y.slice(16) }, { optimizer: sgd({ learningRate: 0.1 }) }) as { parameters: unknown; losses: number[] };
    expect(parameters).toEqual(late.parameters);
    expect(loss).toBe(late.losses[0]);
  });
});

describe("refused, by name:", () => {
  const few = { x: x.slice(0, 3), y: y.slice(0, 3) };
  const wrong: [weights: unknown, code: string, says: string][] = [
    [null, "type", "expected an array of 3 numbers, one a row, got null"], [1, "type", "expected an array of 3 numbers"], ["111", "type", "expected an array of 3 numbers"],
    [{ length: 3 }, "type", "expected an array of 3 numbers"], [new BigInt64Array(3), "type", "expected an array of 3 numbers"],
    [[1, 2], "shape", "expected 3 numbers, one a row, got 2"], [[], "shape", "expected 3 numbers, one a row, got 0"], [[1, 2, 3, 4], "shape", "expected 3 numbers, one a row, got 4"],
    [[1, "2", 3], "type", "row 1: expected a number, got \"2\""], [[[1], [1], [1]], "type", "row 0: expected a number"], [[1, 1, null], "type", "row 2: expected a number, got null"],
    [new Array<number>(3), "type", "row 0: expected a number, got undefined"], [[1, -1, 1], "range", "row 1: expected a number from 0 to 1e9, got -1"],
    [[NaN, 1, 1], "range", "row 0: expected a number from 0 to 1e9, got NaN"], [[1, 1, Infinity], "range", "row 2"], [[2e9, 1, 1], "range", "row 0"],
  ];
  test.each(wrong)("weights %o", async (given, code, says) => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    const before = trainer.save();
    const calls: [name: string, call: (rows: number[] | undefined) => unknown][] = [
      ["weights", (rows) => trainer.step(few.x, few.y, rows)], ["weights", (rows) => trainer.gradients(few.x, few.y, rows)],
      ["data.weights", (rows) => trainer.fit({ ...few, weights: rows! })], ["data.weights", (rows) => trainer.evaluate({ ...few, weights: rows! })],
      ["options.validation.weights", (rows) => trainer.fit(few, { validation: { ...few, weights: rows! } })],
    ];
    for (const [name, call] of calls) {
      const error = await refused(() => call(given as number[]));
      expect(error.message).toContain(`${name}: ${says}`);
      expect(error.code).toBe(code);
    }
    expect(Buffer.compare(trainer.save(), before)).toBe(0);
  });

  test("data in which no row counts", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    // 1e-46 is 0 in 32 bits.
    for (const nothing of [[0, 0, 0], [1e-46, 0, -0]]) {
      for (const call of [() => trainer.fit({ ...few, weights: nothing }), () => trainer.evaluate({ ...few, weights: nothing }), () => trainer.fit(few, { validation: { ...few, weights: nothing } })]) {
        const error = await refused(call);
        expect(error.message).toMatch(/weights: expected at least one row that counts, got weights of 0 throughout/);
        expect(error.code).toBe("range");
      }
    }
    const classless = new Trainer(network, { loss: "crossEntropy", classWeights: [1, 0, 0] });
    await expect(classless.fit({ x: few.x, y: [1, 2, 1] as Labels })).rejects.toMatchObject({ code: "range" });
  });

  const wrongClasses: [options: Partial<TrainerOptions>, code: string, says: RegExp][] = [
    [{ classWeights: [1, 2] }, "shape", /^options\.classWeights: expected 3 numbers, one a class, got 2/],
    [{ classWeights: null as never }, "type", /^options\.classWeights: expected an array of 3 numbers, one a class, got null/],
    [{ classWeights: new Float32Array(3) as never }, "type", /^options\.classWeights: expected an array/],
    [{ classWeights: [1, "2" as never, 3] }, "type", /^options\.classWeights\[1\]: expected a finite number/],
    [{ classWeights: [1, -2, 3] }, "range", /^options\.classWeights\[1\]/], [{ classWeights: [NaN, 2, 3] }, "range", /^options\.classWeights\[0\]/],
    [{ classWeights: [1, 2, 1e10] }, "range", /^options\.classWeights\[2\]/], [{ classWeights: [0, 0, 0] }, "range", /^options\.classWeights: expected at least one class that counts/],
    [{ classWeights: [1, 1, 1], loss: "meanSquaredError" }, "conflict", /^options\.classWeights: classes are those of crossEntropy/],
  ];
  test.each(wrongClasses)("%j", async (options, code, says) => {
    using network = await Network.create(spec);
    const error = await refused(() => new Trainer(network, { loss: "crossEntropy", ...options }));
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
  });

  test("class weights of several sigmoids", async () => {
    using network = await Network.create(specOf("sigmoid", 2));
    await expect(refused(() => new Trainer(network, { loss: "binaryCrossEntropy", classWeights: [1, 2] }))).resolves.toMatchObject({ code: "conflict" });
  });
});
