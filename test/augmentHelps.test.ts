import { expect, test } from "vitest";
import { readDigits, SIZE, split } from "../examples/digits/data";
import { adamW, type AugmentOptions, dense, dropout, flatten, Network, oneCycle, Trainer } from "../src/index";

// 200 scans of handwritten digits to learn from, 1,597 to be judged by: another split and other first weights for each seed.

const SEEDS = [1, 2, 3, 4];
/** With images that are always new there is more to learn: in a third of these epochs nothing is gained. */
const EPOCHS = 300;
const BATCH = 32;

/** The share of the scans that a network misreads. */
async function errorOf(seed: number, augment?: AugmentOptions): Promise<number> {
  const { training, test: judged } = split(readDigits(), 0.889, seed);
  using network = await Network.create({
    input: [1, SIZE, SIZE], layers: [flatten(), dense(128, "relu"), dropout(0.2), dense(10, "softmax")], seed,
  });
  const steps = EPOCHS * Math.ceil(training.labels.length / BATCH);
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adamW({ learningRate: 0.005, weightDecay: 0.01 }), schedule: oneCycle({ steps }) });
  await trainer.fit({ x: training.pixels, y: training.labels }, { epochs: EPOCHS, batchSize: BATCH, ...(augment ? { augment } : {}) });
  return 1 - (await trainer.evaluate({ x: judged.pixels, y: judged.labels })).accuracy!;
}

test("a network that has seen few images misreads fewer where they are augmented", async () => {
  let [plain, augmented] = [0, 0];
  for (const seed of SEEDS) {
    const [without, by] = [await errorOf(seed), await errorOf(seed, { shift: 0.1, rotate: 10, scale: 0.1 })];
    expect(by).toBeLessThan(without);
    plain += without;
    augmented += by;
  }
  // 6.15 % and 3.94 %, the same in every run. Of 1,597 scans the standard error of each is 0.6 %, and 0.3 % of four.
  expect(augmented).toBeLessThan(0.8 * plain);
});
