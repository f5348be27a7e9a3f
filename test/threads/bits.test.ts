import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SHARED } from "../../assembly/records";
import { activation, type ActivationOption, dense, init, Network, type NetworkSpec, type TrainerOptions } from "../../src/index";
import { type Course, takeCourse } from "../support/course";
import { alwaysTogether, networkOn, TEAM_SIZES, together } from "../support/team";

// Every record that can be divided is, however small.
vi.mock("../../src/plan/record", async (original) => ({
  ...await original<typeof import("../../src/plan/record")>(),
  shared: (_work: number, words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  },
}));

/** Sizes that no team divides evenly, with more than one pass over a sum; and sizes that most do. */
const odd: NetworkSpec = { input: 65, layers: [dense(257, "gelu"), dense(131, "tanh", { bias: false }), dense(7, "softmax")], seed: 4 };
const even: NetworkSpec = { input: 64, layers: [dense(256, "relu"), dense(128, "sigmoid"), dense(8, "softmax")], seed: 5 };
/** Fewer rows, columns and panels than threads. */
const tiny: NetworkSpec = { input: 2, layers: [dense(3, "tanh"), dense(2, "softmax")], seed: 6 };

/** Batches of one, fewer than four, an odd number, those that are packed, and more than one pass takes; the last of each is partial. */
const BATCHES = [[1, 3], [3, 8], [33, 80], [128, 200], [300, 420]];

interface Case extends Course {
  title: string;
  spec: NetworkSpec;
}

const optimizers = ["sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamW"] as const;
const extras: Omit<TrainerOptions, "loss">[] = [{}, { l1: 1e-3, l2: 1e-2 }, { clipNorm: 0.5, clipValue: 0.05, l2: 1e-2 }];

const byOptimizer = optimizers.flatMap((optimizer, n) => extras.map((extra, m): Case => {
  const [batchSize, rows] = BATCHES[(n + 2 * m) % BATCHES.length];
  return {
    title: `${optimizer} ${JSON.stringify(extra)}, batches of ${batchSize}`, spec: (n + m) % 2 === 0 ? odd : even,
    options: { loss: "crossEntropy", optimizer, ...extra }, rows, batchSize, labels: true,
  };
}));

const losses: [TrainerOptions["loss"], ActivationOption][] = [
  ["squaredError", "linear"], ["meanSquaredError", "sigmoid"], ["meanAbsoluteError", "tanh"], [{ type: "huber", delta: 0.3 }, "linear"],
  ["binaryCrossEntropy", "sigmoid"], ["crossEntropy", "softmax"],
];
const byLoss = losses.map(([loss, last], n): Case => {
  const [batchSize, rows] = BATCHES[(n + 1) % BATCHES.length];
  return {
    title: `${JSON.stringify(loss)} of ${JSON.stringify(last)}, batches of ${batchSize}`,
    spec: { input: 19, layers: [dense(33, "swish"), dense(9), activation(last)], seed: n },
    options: { loss, optimizer: "adam" }, rows, batchSize,
  };
});

const activations: ActivationOption[] = [
  "sigmoid", "tanh", "relu", "leakyRelu", "elu", "selu", "softplus", "swish", "gelu", "geluTanh", "hardSigmoid", "softmax",
];
const byActivation = activations.map((hidden, n): Case => {
  const [batchSize, rows] = BATCHES[n % BATCHES.length];
  return {
    title: `${JSON.stringify(hidden)}, batches of ${batchSize}`, spec: { input: 13, layers: [dense(31, hidden), dense(3)], seed: n },
    options: { loss: "meanSquaredError", optimizer: "momentum" }, rows, batchSize,
  };
});

const cases: Case[] = [
  ...byOptimizer, ...byLoss, ...byActivation,
  ...BATCHES.map(([batchSize, rows]): Case => ({
    title: `a tiny network, batches of ${batchSize}`, spec: tiny, rows, batchSize, labels: true,
    options: { loss: "crossEntropy", optimizer: "adamW", clipNorm: 0.1 },
  })),
];

/** What one thread gives. */
const expected = new Map<Case, Awaited<ReturnType<typeof takeCourse>>>();

beforeAll(async () => {
  await init({ threads: 1 });
  for (const one of cases) {
    using network = await Network.create(one.spec);
    expect(network.inspect()).toMatchObject({ threads: 1, notes: [] });
    expected.set(one, await takeCourse(network, one));
  }
});
afterAll(() => vi.restoreAllMocks());

test("a core that isn't for teams gives the same bits as one that is, on one thread", async () => {
  await init();
  for (const one of cases.filter((_, n) => n % 5 === 0)) {
    using network = await Network.create(one.spec);
    expect(await takeCourse(network, one)).toEqual(expected.get(one));
  }
});

describe.each(TEAM_SIZES)("%i threads give the bits of one", (size) => {
  let count: { jobs: number };
  /** Keeps the team from going home between the networks. */
  let keeper: Network;

  beforeAll(async () => {
    count = alwaysTogether();
    keeper = await networkOn(size, tiny);
  });
  afterAll(() => {
    keeper.dispose();
    vi.restoreAllMocks();
  });

  test.each(cases.map((one) => [one.title, one] as const))("%s", async (_title, one) => {
    using network = await Network.create(one.spec);
    expect(network.engine).toBe(keeper.engine);
    expect(network.inspect().threads).toBe(size);
    expect(await together(network, count, () => takeCourse(network, one))).toEqual(expected.get(one));
  });
});
