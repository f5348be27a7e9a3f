import { describe, expect, test } from "vitest";
import {
  adagrad, adam, adamW, batchNorm, type Data, dense, dropout, exponentialDecay, type FitOptions, momentum, nesterov, Network, type NetworkSpec,
  type OptimizerSpec, rmsprop, sgd, Trainer, type TrainerOptions,
} from "../src/index";
import { createExact, exactParameters, largestDifference } from "./support/exact";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// The gradients of several batches make one update: that of all their rows at once.

const INPUTS = 5;
const spec: NetworkSpec = { input: INPUTS, layers: [dense(7, "tanh"), dense(4, "swish"), dense(3, "softmax")], seed: 9 };
const numbers = new SeededNumbers(12);

interface Task {
  x: Float32Array;
  y: number[];
  weights?: number[];
}

function dataOf(rows: number, isWeighted = false): Task {
  const data = { x: numbers.array(rows * INPUTS), y: Array.from({ length: rows }, (_, row) => (row * 7) % 3) };
  return isWeighted ? { ...data, weights: data.y.map((_, row) => [0.5, 1, 3, 0, 2][row % 5]) } : data;
}

/** Rows from number `from` on, up to `end`. */
function part({ x, y, weights }: Task, from: number, end: number): Task {
  return { x: x.slice(from * INPUTS, end * INPUTS), y: y.slice(from, end), ...(weights ? { weights: weights.slice(from, end) } : {}) };
}

/** All parameters in 64 bits after a training in 64 bits. */
async function trainedExactly(options: Omit<TrainerOptions, "loss">, data: Data, fit: FitOptions): Promise<{ parameters: Float64Array[]; steps: number }> {
  using network = createExact(spec);
  const trainer = new Trainer(network, { loss: "crossEntropy", ...options });
  await trainer.fit(data, { shuffle: false, ...fit });
  return { parameters: Object.values(exactParameters(network)), steps: trainer.steps };
}

function distance(a: Float64Array[], b: Float64Array[]): number {
  return Math.max(...a.map((values, n) => largestDifference(values, b[n])));
}

const optimizers: OptimizerSpec[] = [
  sgd({ learningRate: 0.1 }), momentum({ learningRate: 0.1 }), nesterov({ learningRate: 0.1 }), rmsprop(), adagrad({ learningRate: 0.05 }), adam(), adamW(),
];
const extras: Omit<TrainerOptions, "loss">[] = [
  {}, { l1: 1e-3, l2: 0.01 }, { clipNorm: 0.1, clipValue: 0.05 }, { maxNorm: 0.5 }, { schedule: exponentialDecay({ factor: 0.8, per: "step" }) },
  { freeze: [0] }, { classWeights: [1, 4, 0.25] },
];

describe("k batches of b rows make the update of one batch of k · b", () => {
  // In 64 bits the two differ by the order of sums of a few dozen terms, some 1e-15, which Adam's division by a small root enlarges.
  const TOLERANCE = 1e-10;

  test.each(optimizers.map((optimizer, n) => ({ ...extras[n], optimizer })))("$optimizer.type", async (options) => {
    for (const isWeighted of [false, true]) {
      const data = dataOf(36, isWeighted);
      const whole = await trainedExactly(options, data, { epochs: 4, batchSize: 12 });
      for (const [batchSize, accumulate] of [[6, 2], [4, 3], [1, 12]]) {
        const parts = await trainedExactly(options, data, { epochs: 4, batchSize, accumulate });
        expect(distance(parts.parameters, whole.parameters)).toBeLessThan(TOLERANCE);
        expect([whole.steps, parts.steps]).toEqual([12, 12]);
      }
    }
  });

  test("also where the last batch is smaller, or the last update has fewer batches: rows count alike, not batches", async () => {
    for (const rows of [23, 21, 20, 13, 12, 5, 1]) {
      for (const isWeighted of [false, true]) {
        const data = dataOf(rows, isWeighted);
        const options = { optimizer: sgd({ learningRate: 0.5 }) };
        const whole = await trainedExactly(options, data, { epochs: 3, batchSize: 12 });
        const parts = await trainedExactly(options, data, { epochs: 3, batchSize: 4, accumulate: 3 });
        expect(distance(parts.parameters, whole.parameters)).toBeLessThan(TOLERANCE);
        expect(parts.steps).toBe(3 * Math.ceil(rows / 12));
      }
    }
  });

  test("up to the rounding of 32 bits", async () => {
    const data = dataOf(48, true);
    const [whole, parts] = await Promise.all([{ batchSize: 16 }, { batchSize: 4, accumulate: 4 }].map(async (fit) => {
      using network = await Network.create(spec);
      await new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 0.1 }) }).fit(data, { epochs: 5, shuffle: false, ...fit });
      return Object.values(network.parameters()).map((tensor) => Float64Array.from(tensor.data));
    }));
    // Fifteen updates, each of which rounds weights of about 1 by 2^-24 at most, and gradients by as much.
    expect(distance(parts, whole)).toBeLessThan(15 * 4 * 2 ** -24);
    expect(distance(parts, whole)).toBeGreaterThan(0);
  });
});

/** The same in 32 bits, with the gradients that the trainer gives: docs/numerics.md, operation for operation. */
function trainByHand(network: Network, data: Task, batchSize: number, accumulate: number, learningRate: number): void {
  const { fround } = Math;
  const flush = (value: number) => (Math.abs(value) < 2 ** -100 ? 0 : value);
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate }) });
  for (let from = 0; from < data.y.length; from += batchSize * accumulate) {
    const sums = new Map<string, Float32Array>();
    let total = 0;
    for (let batch = from; batch < Math.min(data.y.length, from + batchSize * accumulate); batch += batchSize) {
      const { x, y, weights } = part(data, batch, batch + batchSize);
      const weight = weights ? weights.reduce((sum, one) => sum + one, 0) : y.length;
      total += weight;
      for (const [name, { data: g }] of Object.entries(trainer.gradients(x, y, weights).gradients)) {
        const sum = sums.get(name) ?? new Float32Array(g.length);
        sums.set(name, sum.map((before, n) => flush(fround(before + fround(fround(weight) * g[n])))));
      }
    }
    const parameters = Object.entries(network.parameters()).map(([name, { data: w }]) => {
      const mean = sums.get(name)!.map((sum) => flush(fround(sum / (total > 0 ? fround(total) : 1))));
      return [name, { data: w.map((value, n) => flush(fround(value - fround(fround(learningRate) * mean[n])))) }] as const;
    });
    network.setParameters(Object.fromEntries(parameters));
  }
}

describe("fit with accumulation", () => {
  test("has the bits of a loop over gradients by hand", async () => {
    for (const [rows, batchSize, accumulate] of [[24, 4, 3], [23, 4, 3], [17, 5, 2], [9, 1, 4], [30, 7, 100]]) {
      for (const isWeighted of [false, true]) {
        const data = dataOf(rows, isWeighted);
        using byHand = await Network.create(spec);
        using fitted = await Network.create(spec);
        trainByHand(byHand, data, batchSize, accumulate, 0.3);
        const trainer = new Trainer(fitted, { loss: "crossEntropy", optimizer: sgd({ learningRate: 0.3 }) });
        await trainer.fit(data, { epochs: 1, batchSize, accumulate, shuffle: false });
        expect(fitted.parameters()).toEqual(byHand.parameters());
        expect(trainer.steps).toBe(Math.ceil(Math.ceil(rows / batchSize) / accumulate));
      }
    }
  });

  test("of one batch each is fit without", async () => {
    const data = dataOf(32);
    const [one, none] = await Promise.all([{ accumulate: 1 }, {}].map(async (fit) => {
      using network = await Network.create(spec);
      await new Trainer(network, { loss: "crossEntropy" }).fit(data, { batchSize: 8, ...fit });
      return network.parameters();
    }));
    expect(one).toEqual(none);
  });

  test("reports losses as without: of each row when its batch came", async () => {
    const data = dataOf(30, true);
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }) });
    const { epochs: [epoch] } = await trainer.fit(data, { epochs: 1, batchSize: 4, accumulate: 3 });
    // Sums in another order.
    expect(epoch.loss).toBeCloseTo((await trainer.evaluate(data)).loss, 6);
  });

  test("counts batches in its progress, and updates in trainer.steps", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    const seen: number[] = [];
    const onProgress = ({ step, steps }: { step: number; steps: number }) => {
      expect(steps).toBe(10);
      seen.push(step);
    };
    await trainer.fit(dataOf(40), { epochs: 2, batchSize: 4, accumulate: 4, onProgress });
    expect(seen.every((step) => step === 10 || step % 4 === 0)).toBe(true);
    expect(seen.filter((step) => step === 10)).toHaveLength(2);
    expect(trainer.steps).toBe(6);
  });

  test("draws a mask for each batch, and moves running statistics with each", async () => {
    const noisy: NetworkSpec = { input: INPUTS, layers: [dense(8), batchNorm(), dropout(0.4), dense(3, "softmax")], seed: 2 };
    const data = dataOf(40);
    // So small a rate changes no weight: what is left is what the batches do beside.
    const [a, b] = await Promise.all([1, 3].map(async (accumulate) => {
      using network = await Network.create(noisy);
      const before = network.parameters()["0.weight"].data;
      const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }) });
      const { epochs } = await trainer.fit(data, { epochs: 3, batchSize: 8, accumulate });
      expect(network.parameters()["0.weight"].data).toEqual(before);
      return { losses: epochs.map(({ loss }) => loss), mean: network.parameters()["1.running_mean"], variance: network.parameters()["1.running_var"] };
    }));
    expect(a.losses).toEqual(b.losses);
    expect([a.mean, a.variance]).toEqual([b.mean, b.variance]);
  });

  test("where all weights of an update are 0 changes nothing, but counts it", async () => {
    const data = dataOf(24);
    const weights = data.y.map((_, row) => (row < 8 ? 1 : 0));
    using all = await Network.create(spec);
    using first = await Network.create(spec);
    const optimizer = sgd({ learningRate: 0.2 });
    const trainer = new Trainer(all, { loss: "crossEntropy", optimizer });
    const { epochs: [epoch] } = await trainer.fit({ ...data, weights }, { epochs: 1, batchSize: 4, accumulate: 2, shuffle: false });
    const { epochs: [other] } = await new Trainer(first, { loss: "crossEntropy", optimizer }).fit(part({ ...data, weights }, 0, 8), { epochs: 1, batchSize: 4, accumulate: 2, shuffle: false });
    expect(all.parameters()).toEqual(first.parameters());
    expect(epoch.loss).toBe(other.loss);
    expect(trainer.steps).toBe(3);
  });

  const wrong: [value: unknown, code: string][] = [[0, "range"], [-1, "range"], [1.5, "range"], [65_537, "range"], [Infinity, "range"], [NaN, "range"], ["2", "type"], [null, "type"], [[2], "type"]];
  test.each(wrong)("of %s batches is refused", async (accumulate, code) => {
    using network = await Network.create(spec);
    const error = await refused(() => new Trainer(network, { loss: "crossEntropy" }).fit(dataOf(4), { accumulate: accumulate as number }));
    expect(error.message).toMatch(/^options\.accumulate: expected a whole number from 1 to 65536/);
    expect(error.code).toBe(code);
  });
});
