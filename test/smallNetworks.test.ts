import { afterAll, describe, expect, test } from "vitest";
import { type ActivationName, dense, init, type LossName, Network, sgd, Trainer } from "../src/index";
import { SeededNumbers } from "./support/numbers";

// Networks of a few units that learn from one row at a time take one operation a step (SmallStep): the bits of the separate ones, which
// `step` takes.

afterAll(() => init());

const ROWS = 29;
const activations: ActivationName[] = [
  "linear", "sigmoid", "tanh", "relu", "leakyRelu", "elu", "selu", "softplus", "swish", "gelu", "geluTanh", "hardSigmoid",
];
const sizes = [[2, 3, 1], [1, 1], [64, 8], [5, 8, 8], [7, 4, 5, 2], [3, 8, 1, 4], [12, 6, 7, 3]];
const losses: { loss: LossName; last: ActivationName }[] = [
  { loss: "squaredError", last: "sigmoid" }, { loss: "meanSquaredError", last: "linear" }, { loss: "meanAbsoluteError", last: "tanh" },
  { loss: "huber", last: "gelu" }, { loss: "binaryCrossEntropy", last: "sigmoid" }, { loss: "crossEntropy", last: "softmax" },
];

function create(units: number[], hidden: ActivationName, last: ActivationName): Promise<Network> {
  const layers = units.slice(1).map((n, layer) => dense(n, layer === units.length - 2 ? last : hidden, { bias: layer !== 1 }));
  return Network.create({ input: units[0], layers, seed: 3 });
}

describe.each(losses)("one row at a time by SGD on $loss", ({ loss, last }) => {
  test.each(activations)("with %s: fit of the core and of the reference, and single steps, give the same bits", async (hidden) => {
    for (const units of sizes) {
      const outputs = units.at(-1)!;
      if (loss === "crossEntropy" && outputs < 2) continue;
      const numbers = new SeededNumbers(units.length + outputs);
      const x = numbers.array(ROWS * units[0]);
      // Zeros and what counts as zero are among the inputs.
      for (let n = 0; n < x.length; n += 5) x[n] = [0, 1e-31][n % 2];
      const areLabels = loss === "crossEntropy" && units.length % 2 === 0;
      const shares = () => Array.from({ length: outputs }, (_, c) => (c === 0 ? 1 : 0));
      const y = areLabels
        ? Array.from({ length: ROWS }, () => numbers.below(outputs))
        : Array.from({ length: ROWS }, () => (loss === "crossEntropy" ? shares() : [...numbers.array(outputs, 0, 1)]));
      const learn = async (engine: "wasm" | "reference", byStep: boolean) => {
        await init({ engine, threads: 1 });
        using network = await create(units, hidden, last);
        const trainer = new Trainer(network, { loss, optimizer: sgd({ learningRate: 0.05 }) });
        const seen: number[] = [];
        if (byStep) {
          for (let row = 0; row < 2 * ROWS; row++) {
            const n = row % ROWS;
            seen.push(trainer.step(x.subarray(n * units[0], (n + 1) * units[0]), [y[n]] as number[] | number[][]));
          }
          const mean = (from: number) => seen.slice(from, from + ROWS).reduce((sum, value) => sum + value, 0) / ROWS;
          return { losses: [mean(0), mean(ROWS)], steps: trainer.steps, file: Buffer.from(network.save()) };
        }
        const { epochs } = await trainer.fit({ x, y: y as number[] | number[][] }, { epochs: 2, batchSize: 1, shuffle: false });
        return { losses: epochs.map((epoch) => epoch.loss), steps: trainer.steps, file: Buffer.from(network.save()) };
      };
      const core = await learn("wasm", false);
      expect(core).toEqual(await learn("reference", false));
      expect(core).toEqual(await learn("wasm", true));
    }
  });
});

test("a shuffled epoch, and a loss that is not finite, end as with the separate operations", async () => {
  const x = new SeededNumbers(1).array(ROWS * 4);
  const results = [];
  for (const engine of ["wasm", "reference"] as const) {
    await init({ engine, threads: 1 });
    using network = await create([4, 8, 3], "linear", "linear");
    const trainer = new Trainer(network, { loss: "squaredError", optimizer: sgd({ learningRate: 0.01 }) });
    const y = new SeededNumbers(2).array(ROWS * 3);
    const { epochs } = await trainer.fit({ x, y }, { epochs: 3, batchSize: 1 });
    const before = Buffer.from(network.save());
    trainer.learningRate = 1e6;
    const error = await trainer.fit({ x, y }, { epochs: 3, batchSize: 1 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "diverged" });
    expect(Buffer.from(network.save()).equals(before)).toBe(true);
    results.push({ epochs: epochs.map(({ loss }) => loss), before, message: (error as Error).message });
  }
  expect(results[0]).toEqual(results[1]);
});
