import { describe, expect, test } from "vitest";
import { dense, memoryNeeded, type MemoryQuestion, Network, type NetworkSpec, Trainer } from "../src/index";
import { SeededNumbers } from "./support/numbers";

const specs: Record<string, NetworkSpec> = {
  tiny: { input: 2, layers: [dense(3, "sigmoid"), dense(1, "sigmoid")] },
  middle: { input: 100, layers: [dense(64, "gelu"), dense(10, "softmax")] },
  shared: { input: 300, layers: [dense(128, "relu"), dense(33, "tanh"), dense(5, "softmax")] },
};
const ROWS = 150;

describe("memoryNeeded says what training will take", () => {
  const questions: [name: string, spec: keyof typeof specs, question: MemoryQuestion][] = [
    ["SGD on single rows", "tiny", { loss: "squaredError", optimizer: "sgd", batchSize: 1, rows: ROWS }],
    ["Adam, class indices", "middle", { loss: "crossEntropy", batchSize: 32, rows: ROWS }],
    ["rows of probabilities, clipped", "middle", { loss: "crossEntropy", labels: false, clipNorm: 1, rows: ROWS, batchSize: 100 }],
    ["a team of threads", "shared", { loss: "crossEntropy", optimizer: "momentum", batchSize: 128, rows: ROWS }],
    ["batches larger than the data", "shared", { loss: "crossEntropy", optimizer: "rmsprop", batchSize: 4096, rows: ROWS }],
  ];

  test.each(questions)("%s", async (_name, spec, { batchSize = 32, rows = 0, labels, ...options }) => {
    const needed = memoryNeeded(specs[spec], { batchSize, rows, ...(labels === undefined ? {} : { labels }), ...options });
    using network = await Network.create(specs[spec]);
    const trainer = new Trainer(network, options);
    const numbers = new SeededNumbers(1);
    const areLabels = labels ?? options.loss === "crossEntropy";
    const y = areLabels
      ? Array.from({ length: rows }, () => numbers.below(network.outputs))
      : Array.from({ length: rows }, () => Array.from({ length: network.outputs }, (_, c) => (c === 0 ? 1 : 0)));
    let during = 0;
    await trainer.fit({ x: numbers.array(rows * network.inputs), y }, { epochs: 1, batchSize, onProgress: () => { during = network.inspect().memory; } });
    // Each of the four blocks ends at a whole cache line.
    expect(during - needed.core).toBeGreaterThanOrEqual(0);
    expect(during - needed.core).toBeLessThan(4 * 64);
    expect(needed.parameters).toBe(network.inspect().parameters);
    expect(needed.core).toBe(needed.network + needed.trainer + needed.plan + needed.data);
    expect(needed.total).toBe(needed.core + needed.copies);
  });

  test("also where it is more than there is, and then creating says so", async () => {
    const spec: NetworkSpec = { input: 30_000, layers: [dense(40_000), dense(1)] };
    expect(memoryNeeded(spec, { loss: "squaredError", optimizer: "adam" }).core).toBeGreaterThan(4 * 2 ** 30);
    await expect(Network.create(spec)).rejects.toMatchObject({ code: "memory" });
  });

  const wrong: [name: string, spec: unknown, question: unknown, code: string, says: RegExp][] = [
    ["no spec", undefined, { loss: "squaredError" }, "type", /^spec/],
    ["no options", specs.tiny, undefined, "type", /^options: expected an object/],
    ["an unknown option", specs.tiny, { loss: "squaredError", batch: 3 }, "unknown", /^options\.batch/],
    ["half a row", specs.tiny, { loss: "squaredError", rows: 0.5 }, "range", /^options\.rows/],
    ["no batch", specs.tiny, { loss: "squaredError", batchSize: 0 }, "range", /^options\.batchSize/],
    ["a loss that doesn't fit", specs.tiny, { loss: "crossEntropy" }, "conflict", /^options\.loss/],
  ];
  test.each(wrong)("refuses %s", (_name, spec, question, code, says) => {
    let error: unknown;
    try {
      memoryNeeded(spec as NetworkSpec, question as MemoryQuestion);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
  });
});
