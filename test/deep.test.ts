import { describe, expect, test } from "vitest";
import { adam, dense, type LayerSpec, Network, residual, Trainer, type TrainerOptions } from "../src/index";
import { SeededNumbers } from "./support/numbers";

// Why deep networks have shortcuts: through forty sigmoid layers no gradient comes back, through twenty residual blocks it does. Hochreiter
// 1991; Bengio, Simard, Frasconi 1994; He, Zhang, Ren, Sun 2016.

const UNITS = 64, BLOCKS = 20, CLASSES = 4, INPUTS = 4;
const numbers = new SeededNumbers(71);

/** Points in a ball, by the quarter of a curved plane that they lie in: no straight line parts them. */
function quarters(rows: number) {
  const x = Array.from({ length: rows }, () => Array.from(numbers.array(INPUTS)));
  const y = x.map(([a, b, c]) => (a * b > 0 ? 2 : 0) + (c > a * a - 0.3 ? 1 : 0));
  return { x, y };
}
const data = quarters(512), unseen = quarters(256);

const options: TrainerOptions = { loss: "crossEntropy", optimizer: adam({ learningRate: 1e-3 }) };
const EPOCHS = 12;

/** Trains a stack; losses and accuracies, and the norms of the gradients of all weights before and after, from the first layer on. */
async function train(layers: LayerSpec[]) {
  using network = await Network.create({ input: INPUTS, layers: [...layers, dense(CLASSES, "softmax")], seed: 6 });
  const trainer = new Trainer(network, options);
  const norms = () => Object.entries(trainer.gradients(data.x, data.y).gradients)
    .filter(([name]) => name.endsWith("weight")).map(([, tensor]) => Math.hypot(...tensor.data));
  const [before, normsBefore] = [await trainer.evaluate(data), norms()];
  await trainer.fit(data, { epochs: EPOCHS, batchSize: 32 });
  expect(trainer.steps).toBe(EPOCHS * 16);
  return { before, normsBefore, after: await trainer.evaluate(data), held: await trainer.evaluate(unseen), normsAfter: norms() };
}

/** What one answer for all would be right about. */
const CHANCE = Math.max(...Array.from({ length: CLASSES }, (_, c) => data.y.filter((label) => label === c).length)) / data.y.length;

describe("with the same optimizer and the same steps", () => {
  test("twenty residual blocks of 64 units learn", async () => {
    const block = () => residual([dense(UNITS, "relu"), dense(UNITS)]);
    const { before, after, held, normsBefore, normsAfter } = await train([dense(UNITS, "relu"), ...Array.from({ length: BLOCKS }, block)]);
    expect(after.loss).toBeLessThan(before.loss / 5);
    expect(after.accuracy).toBeGreaterThan(0.9);
    expect(held.accuracy).toBeGreaterThan(0.85);
    // The gradient of the first block is as that of the last.
    expect(normsBefore[2] / normsBefore.at(-2)!).toBeGreaterThan(0.3);
    expect(normsAfter.every((norm) => norm > normsAfter.at(-1)! / 100)).toBe(true);
  });

  test("as many sigmoid layers don't: nothing comes back to the first of them", async () => {
    const { before, after, held, normsBefore, normsAfter } = await train(Array.from({ length: 1 + 2 * BLOCKS }, () => dense(UNITS, "sigmoid")));
    // Each layer takes the gradient times a sigmoid's slope, which is ¼ at most.
    for (const norms of [normsBefore, normsAfter]) expect(Math.max(...norms.slice(0, 10)) / norms.at(-1)!).toBeLessThan(1e-6);
    expect(normsBefore[0] / normsBefore.at(-1)!).toBeLessThan(1e-20);
    expect(after.loss).toBeGreaterThan(before.loss * 0.8);
    expect(after.accuracy).toBeLessThan(CHANCE + 0.05);
    expect(held.accuracy).toBeLessThan(CHANCE + 0.05);
  });
});
