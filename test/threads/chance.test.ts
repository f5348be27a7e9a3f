import { afterEach, expect, test, vi } from "vitest";
import { SHARED } from "../../assembly/records";
import { alphaDropout, dense, dropout, flatten, gaussianNoise, init, Network, type NetworkSpec, Trainer } from "../../src/index";
import { type Course, digests, inputsOf, takeCourse, targetsOf } from "../support/course";
import { alwaysTogether, networkOn, together } from "../support/team";

// Every record that can be divided is, however small.
vi.mock("../../src/plan/record", async (original) => ({
  ...await original<typeof import("../../src/plan/record")>(),
  shared: (_work: number, words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  },
}));

afterEach(() => vi.restoreAllMocks());

/** Rows that begin at numbers of every remainder of four, and some that are drawn in parts. */
const spec: NetworkSpec = {
  input: 19,
  layers: [gaussianNoise(0.1), dense(33, "tanh"), dropout(0.3), dense(1027, "selu"), alphaDropout(0.1), dense(5), dropout(0.1), dense(4, "softmax")],
  seed: 8,
};
const course: Course = { options: { loss: "crossEntropy", optimizer: "adam" }, rows: 90, batchSize: 37, labels: true };

test.each([2, 3, 7])("what chance does is the same on %i threads as on one", async (size) => {
  await init({ threads: 1 });
  using alone = await Network.create(spec);
  const expected = await takeCourse(alone, course);
  const count = alwaysTogether();
  using network = await networkOn(size, spec);
  expect(await together(network, count, () => takeCourse(network, course))).toEqual(expected);
});

test.each([2, 3, 7])("augmented images are the same on %i threads as on one", async (size) => {
  const images: NetworkSpec = { input: [2, 7, 9], layers: [flatten(), dense(33, "tanh"), dense(4, "softmax")], seed: 8 };
  const augment = { rotate: 20, shift: 0.2, elastic: { alpha: 5, sigma: 1.5 }, noise: 0.1, flip: "both" } as const;
  const train = async (network: Network) => {
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: "adam" });
    const { epochs } = await trainer.fit({ x: inputsOf(network, 90), y: targetsOf(network, 90, true) as number[] }, { epochs: 3, batchSize: 37, augment });
    return { losses: epochs.map(({ loss }) => loss), parameters: digests(network.parameters()) };
  };
  await init({ threads: 1 });
  using alone = await Network.create(images);
  const expected = await train(alone);
  const count = alwaysTogether();
  using network = await networkOn(size, images);
  expect(await together(network, count, () => train(network))).toEqual(expected);
});
