import { beforeAll, describe, expect, test } from "vitest";
import { adam, batchNorm, dense, dropout, momentum, Network, type NetworkSpec, reduceOnPlateau, Trainer, type TrainerOptions } from "../../src/index";
import { fuzzFile, unsealed } from "../support/fuzz";
import { SeededNumbers } from "../support/numbers";

// The files of trainers, altered: each is refused, or gives a trainer that trains.

const trainings: [NetworkSpec, TrainerOptions][] = [
  [
    { input: 3, layers: [dense(4, "relu"), batchNorm(), dropout(0.1), dense(2, "softmax")], seed: 5 },
    { loss: "crossEntropy", optimizer: adam(), schedule: reduceOnPlateau({ patience: 1 }), classWeights: [1, 2] },
  ],
  [{ input: 1, layers: [dense(2)] }, { loss: "huber", optimizer: momentum(), freeze: [] }],
];
let files: Uint8Array[];

beforeAll(async () => {
  const numbers = new SeededNumbers(8);
  files = await Promise.all(trainings.map(async ([spec, options]) => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, options);
    const y = options.loss === "crossEntropy" ? [0, 1, 1, 0, 1] : Array.from(numbers.array(5 * network.outputs));
    await trainer.fit({ x: numbers.array(5 * network.inputs), y }, { epochs: 3, batchSize: 2, earlyStopping: { monitor: "loss", patience: 2 } });
    return trainer.save();
  }));
});

/** Expects whole parameters; takes a step, which may find that the numbers are too large; and gives the memory back. */
function expectTrainer(trainer: Trainer): void {
  const { network } = trainer;
  try {
    if (!Object.values(network.parameters()).every(({ data }) => data.every(Number.isFinite))) expect.fail("a parameter is not finite");
    if (!trainer.save().length) expect.fail("a trainer doesn't save");
    trainer.step([new Float32Array(network.inputs).fill(0.5)], [Array.from({ length: network.outputs }, (_, n) => (n === 0 ? 1 : 0))]);
  } catch (error) {
    if ((error as { code?: string }).code !== "diverged") throw error;
  } finally {
    network.dispose();
  }
}

describe("an altered trainer's file", () => {
  test("is refused, whatever was altered", async () => {
    for (const [n, file] of files.entries()) {
      const { loaded, refused } = await fuzzFile({
        file, donors: files, load: (bytes) => Trainer.load(bytes), check: expectTrainer, isSealed: true, count: 2000, seed: 500 + n,
      });
      expect(loaded).toBe(0);
      expect(refused).toBeGreaterThan(1900);
    }
  });

  test("without a checksum is refused as a file, or holds a trainer that trains; and nothing is left in memory", async () => {
    using witness = await Network.create({ input: 1, layers: [dense(1)] });
    const { used } = witness.inspect().core;
    const open = files.map(unsealed);
    const reasons = new Set<string>();
    for (const [n, file] of open.entries()) {
      const outcomes = await fuzzFile({
        file, donors: open, load: (bytes) => Trainer.load(bytes), check: expectTrainer, isSealed: false, count: 3000, seed: 600 + n,
      });
      expect(outcomes.loaded).toBeGreaterThan(50);
      expect(outcomes.refused).toBeGreaterThan(1500);
      for (const reason of outcomes.reasons.keys()) reasons.add(reason);
    }
    expect(reasons.size).toBeGreaterThan(60);
    expect(witness.engine.networks).toBe(1);
    expect(witness.inspect().core.used).toBe(used);
  });
});
