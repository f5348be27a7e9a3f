import { describe, expect, test, vi } from "vitest";
import { Diagnosis, type Warning } from "../../src/diagnosis";
import { Curve } from "../../src/diagnosis/curve";
import { adam, batchNorm, dense, type DeltawasmError, dropout, type FitOptions, flatten, Network, prelu, residual, sgd, Trainer } from "../../src/index";
import { SeededNumbers } from "../support/numbers";

const numbers = new SeededNumbers(2);
const data = { x: numbers.array(4 * 60), y: Array.from({ length: 60 }, (_, row) => row % 3) };

async function createTrainer(learningRate = 0.01): Promise<Trainer> {
  const network = await Network.create({ input: 4, layers: [dense(8, "relu"), dense(3, "softmax")], seed: 5 });
  return new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate }) });
}

async function stepsOf(every: number | "epoch" | undefined, fit: FitOptions = {}): Promise<number[][]> {
  const trainer = await createTrainer();
  const diagnosis = new Diagnosis(every === undefined ? {} : { every });
  await trainer.fit(data, { epochs: 3, batchSize: 10, ...fit, diagnosis });
  trainer.network.dispose();
  return diagnosis.record.samples.map(({ step, epoch }) => [step, epoch]);
}

describe("samples are taken", () => {
  test("before the first step and after the last", async () => {
    expect(await stepsOf(undefined)).toEqual([[0, 1], [18, 3]]);
  });
  test("each so many steps", async () => {
    expect(await stepsOf(7)).toEqual([[0, 1], [7, 2], [14, 3], [18, 3]]);
  });
  test("before each epoch", async () => {
    expect(await stepsOf("epoch")).toEqual([[0, 1], [6, 2], [12, 3], [18, 3]]);
  });
  test("by steps of the optimizer, where several batches make one", async () => {
    expect(await stepsOf(2, { accumulate: 2 })).toEqual([[0, 1], [2, 1], [4, 2], [6, 3], [8, 3], [9, 3]]);
  });
  test("by the row as well", async () => {
    expect(await stepsOf(100, { batchSize: 1, epochs: 2 })).toEqual([[0, 1], [100, 2], [120, 2]]);
  });
});

describe("the record", () => {
  test("is plain data", async () => {
    const trainer = await createTrainer();
    const diagnosis = new Diagnosis({ every: 5 });
    expect(diagnosis.record).toEqual({ samples: [], warnings: [] });
    await trainer.fit(data, { epochs: 2, diagnosis });
    expect(JSON.parse(JSON.stringify(diagnosis.record))).toEqual(diagnosis.record);
    trainer.network.dispose();
  });

  test("is that of the last training", async () => {
    const trainer = await createTrainer();
    const diagnosis = new Diagnosis();
    await trainer.fit(data, { epochs: 2, batchSize: 30, diagnosis });
    const { record } = diagnosis;
    await trainer.fit(data, { epochs: 1, batchSize: 30, diagnosis });
    expect(diagnosis.record).not.toBe(record);
    expect(diagnosis.record.samples.map(({ step }) => step)).toEqual([4, 6]);
    trainer.network.dispose();
  });

  test("names layers as their parameters, blocks included, and leaves out what has none of its own", async () => {
    using network = await Network.create({
      input: [1, 2, 2], seed: 1,
      layers: [flatten(), dense(6, "linear", { name: "stem" }), batchNorm(), dropout(0.1), residual([dense(5, "tanh"), prelu(), dense(6)], { activation: "relu" }), dense(3, "softmax")],
    });
    const diagnosis = new Diagnosis();
    await new Trainer(network, { loss: "crossEntropy", freeze: ["stem"] }).fit(data, { epochs: 1, diagnosis });
    const { layers } = diagnosis.record.samples[0];
    expect(layers.map(({ layer, type, activation }) => `${layer} ${type} ${activation}`)).toEqual([
      "stem dense linear", "2 batchNorm linear", "4.layers.0 dense tanh", "4.layers.1 prelu linear", "4.layers.2 dense linear", "4 activation relu", "5 dense softmax",
    ]);
    // What is frozen has no gradient; what has no parameters neither.
    expect(layers.map(({ gradientNorm, updateRatio }) => [gradientNorm !== undefined, updateRatio !== undefined])).toEqual([
      [false, false], [true, true], [true, true], [true, true], [true, false], [false, false], [true, true],
    ]);
    expect(layers.at(-1)!.activations!.mean).toBeCloseTo(1 / 3, 5);
  });
});

describe("a training that diverges", () => {
  test("has its warning, which is told before fit rejects", async () => {
    const network = await Network.create({ input: 4, layers: [dense(8), dense(3, "softmax")], seed: 5 });
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e6 }) });
    const told: Warning[] = [];
    const diagnosis = new Diagnosis({ onWarning: (warning) => told.push(warning) });
    const error = await trainer.fit({ x: data.x.map((value) => value * 1e12), y: data.y }, { epochs: 3, diagnosis }).catch((reason: DeltawasmError) => reason);
    expect((error as DeltawasmError).code).toBe("diverged");
    expect(told.map(({ code }) => code)).toEqual(["unscaledInputs", "explodingGradients", "divergingLoss"]);
    expect(diagnosis.warnings).toEqual(told);
    expect(diagnosis.record.warnings[2].remedy).toMatch(/learning rate/);
    trainer.network.dispose();
  });

  test("by accident of something else has none", async () => {
    const trainer = await createTrainer();
    const diagnosis = new Diagnosis();
    const onEpoch = () => { throw new Error("mine"); };
    await expect(trainer.fit(data, { epochs: 3, diagnosis, onEpoch })).rejects.toThrow("mine");
    expect(diagnosis.warnings).toEqual([]);
    trainer.network.dispose();
  });
});

describe("onWarning", () => {
  const thousands = { x: data.x.map((value) => value * 1000), y: data.y };

  test("may end the training: the network keeps the steps that were done", async () => {
    const trainer = await createTrainer();
    const diagnosis = new Diagnosis({ onWarning: () => { throw new Error("enough"); } });
    await expect(trainer.fit(thousands, { epochs: 3, diagnosis })).rejects.toThrow("enough");
    expect(trainer.steps).toBeGreaterThan(0);
    await trainer.fit(data, { epochs: 1 });
    trainer.network.dispose();
  });

  test("may dispose of the network", async () => {
    const trainer = await createTrainer();
    const diagnosis = new Diagnosis({ onWarning: () => trainer.network.dispose() });
    await expect(trainer.fit(thousands, { epochs: 3, diagnosis })).rejects.toMatchObject({ code: "disposed" });
  });

  test("is called once for each kind", async () => {
    const trainer = await createTrainer();
    const onWarning = vi.fn();
    await trainer.fit(thousands, { epochs: 3, diagnosis: new Diagnosis({ every: 1, onWarning }) });
    expect(onWarning.mock.calls.filter(([{ code }]) => code === "unscaledInputs")).toHaveLength(1);
    trainer.network.dispose();
  });
});

describe("wrong options are refused", () => {
  const cases: [options: unknown, code: string, message: RegExp][] = [
    [{ every: 0 }, "range", /options\.every/], [{ every: 1.5 }, "range", /options\.every/], [{ every: "step" }, "type", /options\.every/],
    [{ onWarning: 1 }, "type", /options\.onWarning/], [{ evry: 1 }, "unknown", /options\.evry/], [7, "type", /options/],
  ];
  test.each(cases)("%o", (options, code, message) => {
    expect(() => new Diagnosis(options as object)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
  test("a diagnosis that is none", async () => {
    const trainer = await createTrainer();
    await expect(trainer.fit(data, { diagnosis: { record: {} } as never })).rejects.toMatchObject({ code: "type", message: expect.stringMatching(/options\.diagnosis/) });
    trainer.network.dispose();
  });
});

describe("losses", () => {
  /** What is said of epochs with such losses, from 1 on, where guessing costs 1. */
  const said = (training: number[], validation: (number | undefined)[] = [], byHeart = false) => {
    const losses = new Curve(1, 1, byHeart);
    return new Set(training.flatMap((loss, n) => Object.keys(losses.add({
      epoch: n + 1, loss, learningRate: 1, seconds: 0, ...(validation[n] === undefined ? {} : { validation: { loss: validation[n] } }),
    }))));
  };
  const falling = Array.from({ length: 30 }, (_, n) => 1 / (n + 1));
  const noise = Array.from({ length: 30 }, (_, n) => 1 + ((n * 7) % 5) / 50);

  test("that fall are fine, those of the validation too", () => {
    expect(said(falling, falling.map((loss) => loss * 1.3))).toEqual(new Set());
  });
  test("that jump, or rise epoch by epoch, diverge", () => {
    expect(said([0.5, 0.4, 3.5])).toEqual(new Set(["divergingLoss"]));
    expect(said([0.2, 0.3, 0.4, 0.5, 0.6, 0.7])).toEqual(new Set(["divergingLoss"]));
  });
  test("that jump where all is learned are noise, and so are small rises", () => {
    expect(said([0.5, 1e-3, 1e-6, 1e-2, 1e-5])).toEqual(new Set());
    expect(said([0.1, 0.11, 0.12, 0.13, 0.14, 0.15])).toEqual(new Set());
  });
  test("of a validation that rise for long are overfitting, and not those that rise for five epochs", () => {
    const validation = [0.8, 0.6, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
    expect(said(falling.slice(0, 8), validation)).toEqual(new Set());
    expect(said(falling.slice(0, 9), [...validation, 1.1])).toEqual(new Set(["overfitting"]));
  });
  test("of a validation that rise with those of the training are none", () => {
    expect(said(falling.map((_, n) => 0.4 + n / 100), falling.map((_, n) => 0.5 + n / 50))).toEqual(new Set());
  });
  test("of a validation that stay where they are, with noise, are none", () => {
    expect(said(falling, noise.map((factor) => 0.2 * factor))).toEqual(new Set());
  });
  test("of rows that are learnt by heart need not rise far", () => {
    const validation = falling.map((_, n) => (n < 6 ? 0.2 : 0.21));
    expect(said(falling, validation)).toEqual(new Set());
    expect(said(falling, validation, true)).toEqual(new Set(["overfitting"]));
  });
});

test("a training by plain SGD with a schedule and clipping is looked into as well", async () => {
  using network = await Network.create({ input: 4, layers: [dense(8, "relu"), dense(3, "softmax")], seed: 5 });
  const diagnosis = new Diagnosis({ every: 4 });
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 0.1 }), clipNorm: 1e-3, l2: 0.1 });
  await trainer.fit(data, { epochs: 2, batchSize: 10, diagnosis });
  // The gradient is that before clipping: it is larger than what clipping leaves.
  expect(diagnosis.record.samples[0].layers[0].gradientNorm).toBeGreaterThan(1e-2);
});
