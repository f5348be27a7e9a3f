import { expect, test } from "vitest";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import { adam } from "../src/training/optimizers";
import { Trainer } from "../src/training/trainer";

const x = [[0, 0], [0, 1], [1, 0], [1, 1]];
const y = [[0], [1], [1], [0]];
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

test.each(SEEDS)("XOR is learnt in 300 steps from seed %i: all four answers within 0.1", async (seed) => {
  using network = await Network.create({ input: 2, layers: [dense(8, "tanh"), dense(1, "sigmoid")], seed });
  const untrained = network.predict(x);
  expect(x.every((_, row) => Math.abs(untrained[row] - y[row][0]) < 0.1)).toBe(false);
  const trainer = new Trainer(network, { loss: "binaryCrossEntropy", optimizer: adam({ learningRate: 0.05 }) });
  for (let step = 0; step < 300; step++) trainer.step(x, y);
  const answers = network.predict(x);
  for (const [row, [target]] of y.entries()) expect(Math.abs(answers[row] - target)).toBeLessThan(0.1);
});
