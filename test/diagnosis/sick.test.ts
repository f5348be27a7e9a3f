import { describe, expect, test } from "vitest";
import { readDigits } from "../../examples/digits/data";
import { Diagnosis, type WarningCode } from "../../src/diagnosis";
import {
  adam, type Data, dense, type DenseOptions, embedding, type FitOptions, flatten, batchNorm, type LayerSpec, momentum, Network, type NetworkSpec, sgd,
  Trainer, type TrainerOptions,
} from "../../src/index";
import { SeededNumbers } from "../support/numbers";

// Trainings that are ill, and what is said of them.

const { pixels, labels } = readDigits();
const digits = (from: number, to: number): Data => ({ x: pixels.subarray(from * 64, to * 64), y: labels.subarray(from, to) });

interface Sick {
  input?: NetworkSpec["input"];
  layers: LayerSpec[];
  options?: Partial<TrainerOptions>;
  data?: Data;
  fit?: FitOptions;
  seed?: number;
}

async function codesOf({ input = 64, layers, options, data = digits(0, 600), fit, seed = 1 }: Sick): Promise<WarningCode[]> {
  using network = await Network.create({ input, layers, seed });
  const diagnosis = new Diagnosis();
  const training = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.003 }), ...options }).fit(data, { epochs: 12, ...fit, diagnosis });
  await training.catch((error: { code?: string }) => { if (error.code !== "diverged") throw error; });
  return diagnosis.warnings.map(({ code }) => code);
}

const head = dense(10, "softmax");
const bias = (value: number): DenseOptions => ({ biasInitializer: { type: "constant", value } });
const wide = (deviation: number): DenseOptions => ({ initializer: { type: "normal", deviation } });

/** As the California housing data: degrees, years, counts, an income; the price in dollars. */
function housing(rows: number): Data {
  const numbers = new SeededNumbers(12);
  const x = Array.from({ length: rows }, () => [
    numbers.uniform(-124, -114), numbers.uniform(32, 42), numbers.uniform(1, 52), numbers.uniform(2, 39_000), numbers.uniform(1, 6000),
    numbers.uniform(3, 35_000), numbers.uniform(1, 6000), numbers.uniform(0.5, 15),
  ]);
  return { x, y: x.map((row) => [row[7] * 40_000 + numbers.uniform(-20_000, 20_000)]) };
}

describe("gradients that vanish", () => {
  test.each([1, 2, 3])("in 30 plain sigmoid layers, seed %i", async (seed) => {
    expect(await codesOf({ layers: [...Array.from({ length: 30 }, () => dense(32, "sigmoid")), head], seed })).toEqual(["vanishingGradients"]);
  });

  test("after a few steps of a training, at its end", async () => {
    expect(await codesOf({ layers: [...Array.from({ length: 20 }, () => dense(16, "sigmoid")), head], fit: { epochs: 1 } })).toEqual(["vanishingGradients"]);
  });
});

describe("a loss that diverges", () => {
  test.each(["relu", "tanh", "gelu", "sigmoid"] as const)("with %s at a learning rate of 100", async (activation) => {
    for (const optimizer of [sgd({ learningRate: 100 }), momentum({ learningRate: 100 }), adam({ learningRate: 100 })]) {
      const codes = await codesOf({ layers: [dense(32, activation), dense(32, activation), head], options: { optimizer } });
      expect(codes[0]).toBe("divergingLoss");
      // Units that died of it, or are saturated.
      expect(["deadUnits", "saturatedUnits", "explodingGradients", undefined]).toContain(codes[1]);
      expect(codes.length).toBeLessThan(3);
    }
  });

  test("in a regression", async () => {
    const numbers = new SeededNumbers(4);
    const x = numbers.array(200 * 3);
    const data = { x, y: Array.from({ length: 200 }, (_, n) => x[3 * n] - x[3 * n + 1]) };
    const codes = await codesOf({ input: 3, layers: [dense(16, "relu"), dense(1)], options: { loss: "meanSquaredError", optimizer: sgd({ learningRate: 100 }) }, data });
    expect(codes).toContain("divergingLoss");
  });
});

describe("gradients that explode", () => {
  test("in a deep network of large weights", async () => {
    const layers = [...Array.from({ length: 10 }, () => dense(32, "relu", wide(1.5))), head];
    const codes = await codesOf({ layers, options: { optimizer: sgd({ learningRate: 1e-9 }) } });
    expect(codes).toContain("explodingGradients");
    expect(codes).not.toContain("vanishingGradients");
  });
});

describe("inputs that are not scaled", () => {
  test.each([sgd({ learningRate: 0.001 }), adam()])("as measured, of houses, under $type", async (optimizer) => {
    const codes = await codesOf({ input: 8, layers: [dense(32, "relu"), dense(1)], options: { loss: "meanSquaredError", optimizer }, data: housing(400) });
    expect(codes[0]).toBe("unscaledInputs");
    expect(codes).toEqual(expect.not.arrayContaining(["overfitting", "vanishingGradients", "saturatedUnits"]));
  });

  const rows = 200;
  const numbers = new SeededNumbers(9);
  const table = (columns: ((n: number) => number)[]) => Array.from({ length: rows }, (_, n) => columns.map((column) => column(n)));
  const normal = () => numbers.uniform(-1.7, 1.7);
  const cases: [what: string, x: number[][], isUnscaled: boolean, layers?: LayerSpec[]][] = [
    ["grey values up to 255", table(Array.from({ length: 9 }, () => () => numbers.below(256))), true],
    ["grey values up to 1", table(Array.from({ length: 9 }, () => () => numbers.below(256) / 255)), false],
    ["a column that is a thousandth of another", table([normal, () => normal() / 1000]), true],
    ["a year", table([normal, () => 1990 + numbers.below(30)]), true],
    ["millionths", table([() => normal() * 1e-6, () => normal() * 1e-6]), true],
    ["numbers around 15", table([() => 15 + normal() / 10, () => 15 + normal() / 10]), true],
    ["mean 0 and deviation 1", table([normal, normal, normal]), false],
    ["a few units", table([() => 3 + normal(), () => 5 + 2 * normal(), () => numbers.below(8)]), false],
    ["one-hot columns beside numbers", table([normal, (n) => Number(n % 3 === 0), (n) => Number(n === 7), () => 0, () => 1]), false],
    ["large numbers that batchNorm scales", table([() => 1000 * normal(), normal]), false, [batchNorm(), dense(4, "tanh"), dense(2, "softmax")]],
    ["indices", table([() => numbers.below(500), () => numbers.below(500)]), false, [embedding(500, 4), flatten(), dense(2, "softmax")]],
  ];
  test.each(cases)("%s", async (_, x, isUnscaled, layers = [dense(4, "tanh"), dense(2, "softmax")]) => {
    const data = { x, y: x.map((row, n) => Number(row[0] > x[(n + 1) % rows][0])) };
    const codes = await codesOf({ input: x[0].length, layers, data, fit: { epochs: 1 } });
    expect(codes.includes("unscaledInputs")).toBe(isUnscaled);
  });
});

describe("overfitting", () => {
  test.each([1, 2, 3])("of 20 rows by a million parameters, seed %i", async (seed) => {
    const codes = await codesOf({
      layers: [dense(1000, "relu"), dense(900, "relu"), head], options: { optimizer: adam() }, data: digits(0, 20), fit: { epochs: 60, validation: digits(1000, 1300) }, seed,
    });
    expect(codes).toEqual(["overfitting"]);
  });

  test("of targets that mean nothing", async () => {
    const numbers = new SeededNumbers(21);
    const noise = (rows: number) => ({ x: numbers.array(rows * 6), y: Array.from({ length: rows }, () => numbers.below(2)) });
    const codes = await codesOf({ input: 6, layers: [dense(64, "tanh"), dense(64, "tanh"), dense(2, "softmax")], data: noise(60), fit: { epochs: 150, batchSize: 8, validation: noise(100) } });
    expect(codes).toEqual(["overfitting"]);
  });
});

describe("units that die", () => {
  test.each([-4, -10, -100])("of biases of %i", async (value) => {
    expect(await codesOf({ layers: [dense(64, "relu", bias(value)), dense(32, "relu"), head] })).toEqual(["deadUnits"]);
  });

  test.each([1, 2, 3])("of a learning rate that is too large, seed %i", async (seed) => {
    expect(await codesOf({ layers: [dense(64, "relu"), dense(32, "relu"), head], options: { optimizer: adam({ learningRate: 0.3 }) }, seed })).toContain("deadUnits");
  });

  test("but not leaky ones", async () => {
    expect(await codesOf({ layers: [dense(64, "leakyRelu", bias(-4)), dense(32, "leakyRelu"), head] })).not.toContain("deadUnits");
  });
});

describe("units that are saturated", () => {
  test.each([["tanh", 1], ["tanh", 3], ["sigmoid", 3], ["sigmoid", 10]] as const)("%s with weights of a deviation of %i", async (activation, deviation) => {
    expect(await codesOf({ layers: [dense(64, activation, wide(deviation)), dense(32, activation, wide(deviation)), head] })).toEqual(["saturatedUnits"]);
  });
});
