import { describe, expect, test } from "vitest";
import type { NetworkSpec } from "../src/network/graph";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import { createReferenceEngine } from "../src/reference/engine";
import {
  adagrad, adam, adamW, momentum, nesterov, type OptimizerSpec, rmsprop, sgd,
} from "../src/training/optimizers";
import type { TrainerOptions } from "../src";
import { Trainer } from "../src/training/trainer";
import { SeededNumbers } from "./support/numbers";

const spec: NetworkSpec = {
  input: 7, layers: [dense(13, "tanh"), dense(9, "relu"), dense(5, "softmax", { bias: false })], seed: 11,
};
const ROWS = 83;
const x = new SeededNumbers(1).array(ROWS * 7);
const classes = Array.from({ length: ROWS }, (_, row) => (row * 3) % 5);
const optimizers: OptimizerSpec[] = [
  sgd({ learningRate: 0.1 }), momentum(), nesterov(), rmsprop(), adagrad({ learningRate: 0.05 }), adam({ learningRate: 0.01 }), adamW(),
];

/** Four epochs of shuffled batches of 16, the last of 3. */
async function train(network: Network, options: Partial<TrainerOptions> = {}): Promise<Uint8Array> {
  const trainer = new Trainer(network, { loss: "crossEntropy", ...options });
  await trainer.fit({ x, y: classes }, { epochs: 4, batchSize: 16 });
  trainer.dispose();
  return network.save();
}

describe("a training gives the same bytes", () => {
  test("in every run of one seed, and others for another seed", async () => {
    using first = await Network.create(spec);
    using second = await Network.create(spec);
    using third = await Network.create({ ...spec, seed: 12 });
    const bytes = await train(first);
    expect(Buffer.compare(await train(second), bytes)).toBe(0);
    await train(third);
    expect(third.parameters()["0.weight"].data).not.toEqual(first.parameters()["0.weight"].data);
  });

  test("by another shuffle of the same initial weights, others: the seed orders the rows as well", async () => {
    using first = await Network.create(spec);
    using second = await Network.create({ ...spec, seed: 12 });
    second.setParameters(first.parameters());
    await train(first);
    await train(second);
    expect(second.parameters()["0.weight"].data).not.toEqual(first.parameters()["0.weight"].data);
  });

  const options: Partial<TrainerOptions>[] = optimizers.flatMap((optimizer) => [
    { optimizer }, { optimizer, l1: 1e-3, l2: 1e-2 }, { optimizer, clipNorm: 0.5, clipValue: 0.1, l2: 1e-2 },
  ]);
  test.each(options)("on the core and on the reference engine: %j", async (one) => {
    using core = await Network.create(spec);
    expect(core.inspect().engine).toBe("wasm");
    const reference = Network.createOn(createReferenceEngine("float32"), spec);
    expect(Buffer.compare(await train(core, one), await train(reference, one))).toBe(0);
  });

  test("wherever in memory the network lies, and whoever trains beside it", async () => {
    using alone = await Network.create(spec);
    const bytes = await train(alone);
    using before = await Network.create({ input: 3, layers: [dense(300)], seed: 1 });
    using moved = await Network.create(spec);
    using after = await Network.create({ ...spec, seed: 99 });
    before.dispose();
    const [trained] = await Promise.all([train(moved), train(after)]);
    expect(Buffer.compare(trained, bytes)).toBe(0);
  });
});

describe("no result depends on how the work is cut:", () => {
  /** Wide enough for several panels, deep enough for more than one pass over a sum. */
  const wide: NetworkSpec = { input: 261, layers: [dense(43, "gelu"), dense(270, "sigmoid"), dense(11, "softmax")], seed: 3 };
  const inputs = new SeededNumbers(2).array(137 * 261);

  test("rows predicted one by one, in parts, or all at once", async () => {
    using network = await Network.create(wide);
    const whole = network.predict(inputs);
    for (const size of [1, 2, 3, 5, 8, 64, 136]) {
      const parts: number[] = [];
      for (let row = 0; row < 137; row += size) parts.push(...network.predict(inputs.subarray(row * 261, Math.min(137, row + size) * 261)));
      expect(Buffer.compare(new Uint8Array(Float32Array.from(parts).buffer), new Uint8Array(whole.buffer))).toBe(0);
    }
  });

  test.each(optimizers.flatMap((optimizer) => [{ optimizer, l2: 0 }, { optimizer, l2: 0.01 }]))(
    "the steps of an epoch one by one, or all by fit: %j",
    async (one) => {
      for (const batchSize of [1, 6, 70]) {
        using sliced = await Network.create(wide);
        using whole = await Network.create(wide);
        const labels = Array.from({ length: 137 }, (_, row) => (row * 7) % 11);
        const [a, b] = [sliced, whole].map((network) => new Trainer(network, { loss: "crossEntropy", ...one }));
        for (let row = 0; row < 137; row += batchSize) {
          const end = Math.min(137, row + batchSize);
          a.step(inputs.subarray(row * 261, end * 261), labels.slice(row, end));
        }
        await b.fit({ x: inputs, y: labels }, { epochs: 1, batchSize, shuffle: false });
        expect(Buffer.compare(whole.save(), sliced.save())).toBe(0);
        expect(b.steps).toBe(a.steps);
      }
    },
  );
});
