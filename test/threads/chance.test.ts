import { afterEach, expect, test, vi } from "vitest";
import { SHARED } from "../../assembly/records";
import { alphaDropout, dense, dropout, gaussianNoise, init, Network, type NetworkSpec } from "../../src/index";
import { type Course, takeCourse } from "../support/course";
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
