import { describe, expect, test } from "vitest";
import { adam, dense, type EpochReport, type FitOptions, Network, type Progress, type Rows, sgd, Trainer } from "../src/index";
import { SeededNumbers } from "./support/numbers";

const INPUTS = 4;
const ROWS = 50;
const numbers = new SeededNumbers(9);
const rows = Array.from({ length: ROWS }, () => Array.from(numbers.array(INPUTS), (value) => Math.round(value * 16) / 16));
const labels = rows.map(([a, b]) => (a! > 0 ? 1 : 0) + (b! > 0 ? 1 : 0));
const data = { x: rows, y: labels };

async function classifier(options: { seed?: number } = {}) {
  const network = await Network.create({ input: INPUTS, layers: [dense(8, "relu"), dense(3, "softmax")], seed: 4, ...options });
  return { network, trainer: new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.02 }) }) };
}

/** The parameters after a training, to be compared bit for bit. */
async function trained(train: (trainer: Trainer, network: Network) => unknown, options?: { seed: number }) {
  const { network, trainer } = await classifier(options);
  await train(trainer, network);
  const parameters = network.parameters();
  network.dispose();
  return parameters;
}

/** So much to do that no test waits for its end. */
async function endless() {
  const network = await Network.create({ input: 64, layers: [dense(256, "tanh"), dense(64)] });
  const trainer = new Trainer(network, { loss: "meanSquaredError", optimizer: sgd({ learningRate: 1e-3 }) });
  const big = { x: numbers.array(64 * 4000), y: numbers.array(64 * 4000) };
  return { network, trainer, fit: (options: FitOptions) => trainer.fit(big, { epochs: 100_000, ...options }) };
}

describe("fit", () => {
  test("learns, and its history says so", async () => {
    const { network, trainer } = await classifier();
    const history = await trainer.fit(data, { epochs: 60, batchSize: 8, validation: data });
    expect(history.stopped).toBe("completed");
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    const [first, last] = [history.epochs[0]!, history.epochs[59]!];
    expect(last.loss).toBeLessThan(first.loss / 3);
    expect(last.validation!.accuracy).toBeGreaterThan(0.95);
    expect(history.epochs.every(({ seconds }) => seconds >= 0 && seconds < 60)).toBe(true);
    expect(trainer.steps).toBe(60 * 7);
    network.dispose();
  });

  test("takes 10 epochs of batches of 32 unless told otherwise, and numbers them from 1 in each call", async () => {
    const { network, trainer } = await classifier();
    for (let call = 1; call <= 2; call++) {
      const { epochs } = await trainer.fit(data);
      expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(trainer.steps).toBe(call * 10 * 2);
    }
    network.dispose();
  });

  test("reports the mean over rows, not over batches: the last batch is smaller", async () => {
    const { network, trainer } = await classifier();
    trainer.learningRate = 1e-20;
    const { epochs: [epoch] } = await trainer.fit(data, { epochs: 1, batchSize: 32 });
    const evaluation = await trainer.evaluate(data);
    expect(epoch!.loss).toBeCloseTo(evaluation.loss, 6);
    network.dispose();
  });

  test("the validation of an epoch is what evaluate gives after it", async () => {
    const { network, trainer } = await classifier();
    for await (const { validation } of trainer.epochs(data, { epochs: 3, batchSize: 7, validation: data })) {
      const evaluation = await trainer.evaluate(data);
      expect(validation!.loss).toBeCloseTo(evaluation.loss, 6);
      expect(validation!.accuracy).toBe(evaluation.accuracy);
    }
    network.dispose();
  });

  test("without shuffling, is the same as steps over the rows in their order, the rest last", async () => {
    const steps = await trained((trainer) => {
      for (let epoch = 0; epoch < 3; epoch++) {
        for (let from = 0; from < ROWS; from += 16) trainer.step(rows.slice(from, from + 16), labels.slice(from, from + 16));
      }
    });
    expect(await trained((trainer) => trainer.fit(data, { epochs: 3, batchSize: 16, shuffle: false }))).toEqual(steps);
  });

  test("a batch size above the rows means all rows at once", async () => {
    const all = await trained((trainer) => trainer.fit(data, { epochs: 3, batchSize: ROWS, shuffle: false }));
    expect(await trained((trainer) => trainer.fit(data, { epochs: 3, batchSize: 2 ** 20, shuffle: false }))).toEqual(all);
  });

  test("shuffles anew in each epoch, decided by the seed, and takes every row once", async () => {
    const shuffled = (seed: number) => trained((trainer) => trainer.fit(data, { epochs: 2, batchSize: 8 }), { seed });
    const plain = (seed: number) => trained((trainer) => trainer.fit(data, { epochs: 2, batchSize: 8, shuffle: false }), { seed });
    expect(await shuffled(4)).toEqual(await shuffled(4));
    expect(await shuffled(4)).not.toEqual(await plain(4));
    // With a vanishing rate the loss of an epoch is the mean over the rows it took: each of them once, in whatever order.
    const { network, trainer } = await classifier();
    trainer.learningRate = 1e-20;
    const { epochs } = await trainer.fit(data, { epochs: 5, batchSize: 8 });
    const { loss } = await trainer.evaluate(data);
    for (const epoch of epochs) expect(epoch.loss).toBeCloseTo(loss, 6);
    network.dispose();
  });

  test("goes on where it stood: 2 + 3 epochs are 5, shuffled or not", async () => {
    for (const shuffle of [true, false]) {
      const options = { batchSize: 8, shuffle };
      const parts = await trained(async (trainer) => {
        await trainer.fit(data, { ...options, epochs: 2 });
        await trainer.fit(data, { ...options, epochs: 3 });
      });
      expect(await trained((trainer) => trainer.fit(data, { ...options, epochs: 5 }))).toEqual(parts);
    }
  });

  const oneHot = labels.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));
  const forms: [name: string, data: { x: Rows; y: Rows }][] = [
    ["flat typed arrays", { x: Float32Array.from(rows.flat()), y: Uint8Array.from(labels) }],
    ["flat plain arrays", { x: rows.flat(), y: labels }],
    ["rows of typed arrays", { x: rows.map((row) => Float64Array.from(row)), y: Int32Array.from(labels) }],
    ["labels as floats", { x: rows, y: Float64Array.from(labels) }],
  ];
  test.each(forms)("gives the same bits for %s", async (_name, form) => {
    const plain = await trained((trainer) => trainer.fit(data, { epochs: 3 }));
    expect(await trained((trainer) => trainer.fit(form, { epochs: 3 }))).toEqual(plain);
  });

  const rowForms: [name: string, y: Rows][] = [
    ["rows", oneHot], ["rows of typed arrays", oneHot.map((row) => Uint8Array.from(row))],
    ["a flat array", oneHot.flat()], ["a flat typed array", Uint8ClampedArray.from(oneHot.flat())],
  ];
  test.each(rowForms)("takes one-hot targets as %s, as good as labels", async (_name, y) => {
    const [asLabels, asRows] = await Promise.all([labels, y].map(async (targets) => {
      const { network, trainer } = await classifier();
      const { epochs } = await trainer.fit({ x: rows, y: targets }, { epochs: 5, validation: { x: rows, y: labels } });
      network.dispose();
      return epochs;
    }));
    expect(asRows!.map(({ loss }) => loss.toFixed(5))).toEqual(asLabels!.map(({ loss }) => loss.toFixed(5)));
    expect(asRows!.map(({ validation }) => validation!.accuracy)).toEqual(asLabels!.map(({ validation }) => validation!.accuracy));
  });

  test("one row and one epoch are a training", async () => {
    const { network, trainer } = await classifier();
    const { epochs } = await trainer.fit({ x: rows.slice(0, 1), y: [2] }, { epochs: 1 });
    expect([epochs.length, trainer.steps]).toEqual([1, 1]);
    network.dispose();
  });
});

describe("steps, fits and other trainers in turns", () => {
  test("a step, then fit, then a step go on with the same optimizer", async () => {
    const batch = (n: number) => [rows.slice(n, n + 8), labels.slice(n, n + 8)] as const;
    const first8 = { x: rows.slice(0, 8), y: labels.slice(0, 8) };
    const steps = await trained((trainer) => {
      for (const n of [16, 0, 0, 24]) trainer.step(...batch(n));
    });
    expect(await trained(async (trainer) => {
      trainer.step(...batch(16));
      await trainer.fit(first8, { epochs: 2, shuffle: false });
      trainer.step(...batch(24));
    })).toEqual(steps);
  });

  test("a learning rate set between and during fits counts from the next step on", async () => {
    const rate = (trainer: Trainer, value: number) => { trainer.learningRate = value; };
    const between = await trained(async (trainer) => {
      await trainer.fit(data, { epochs: 1 });
      rate(trainer, 0.1);
      await trainer.fit(data, { epochs: 2 });
    });
    const during = await trained((trainer) => trainer.fit(data, { epochs: 3, onEpoch: () => rate(trainer, 0.1) }));
    expect(during).toEqual(between);
    expect(during).not.toEqual(await trained((trainer) => trainer.fit(data, { epochs: 3 })));
  });

  test("several trainers take turns on a network, each with an optimizer of its own", async () => {
    const { network, trainer } = await classifier();
    const other = new Trainer(network, { loss: { type: "huber", delta: 0.5 }, optimizer: "rmsprop" });
    const oneHot = labels.flatMap((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));
    const { loss } = await trainer.evaluate(data);
    await trainer.fit(data, { epochs: 3 });
    await other.fit({ x: rows, y: oneHot }, { epochs: 3 });
    await trainer.fit(data, { epochs: 10 });
    expect([trainer.steps, other.steps]).toEqual([26, 6]);
    expect((await trainer.evaluate(data)).loss).toBeLessThan(loss);
    other.dispose();
    expect(trainer.step(rows, labels)).toBeGreaterThan(0);
    network.dispose();
  });
});

describe("time slices", () => {
  test("timers and immediates get many turns while fit runs, and a page could draw", async () => {
    const { network, fit } = await endless();
    const controller = new AbortController();
    let turns = 0;
    const ticker = setInterval(() => { turns++; }, 1);
    setTimeout(() => controller.abort(), 400);
    const { stopped } = await fit({ signal: controller.signal });
    clearInterval(ticker);
    expect(stopped).toBe("aborted");
    expect(turns).toBeGreaterThan(8);
    network.dispose();
  });

  test("also while large data are copied and evaluated", async () => {
    const { network, trainer } = await classifier();
    const large = { x: new Float32Array(INPUTS * 2_000_000), y: new Uint8Array(2_000_000) };
    let turns = 0;
    let running = true;
    const count = () => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await trainer.evaluate(large);
    running = false;
    expect(turns).toBeGreaterThan(10);
    network.dispose();
  });

  test("onProgress counts the steps of each epoch up to the last, in rising order", async () => {
    const { network, trainer } = await classifier();
    const seen: Progress[] = [];
    const many = { x: new Float32Array(INPUTS * 3001).fill(0.5), y: new Uint8Array(3001) };
    await trainer.fit(many, { epochs: 3, batchSize: 2, onProgress: (progress) => { seen.push(progress); } });
    for (const epoch of [1, 2, 3]) {
      const steps = seen.filter((progress) => progress.epoch === epoch).map(({ step }) => step);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      expect(steps.at(-1)).toBe(1501);
    }
    expect(seen.every((progress) => progress.steps === 1501 && progress.epochs === 3 && progress.loss > 0)).toBe(true);
    expect(seen.map(({ epoch }) => epoch)).toEqual(seen.map(({ epoch }) => epoch).sort());
    network.dispose();
  });
});

test("a report is plain data that the caller owns", async () => {
  const { network, trainer } = await classifier();
  const reports: EpochReport[] = [];
  const { epochs } = await trainer.fit(data, { epochs: 2, validation: data, onEpoch: (report) => { reports.push(report); } });
  expect(epochs).toEqual(reports);
  expect(JSON.parse(JSON.stringify(epochs))).toEqual(epochs);
  network.dispose();
});
