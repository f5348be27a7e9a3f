import { describe, expect, test } from "vitest";
import type { NetworkSpec } from "../../src/network/graph";
import { add, concat, graph } from "../../src/network/functional";
import type { LayerSpec } from "../../src/network/layers";
import { alphaDropout } from "../../src/network/layers/alphaDropout";
import { dense } from "../../src/network/layers/dense";
import { dropout } from "../../src/network/layers/dropout";
import { embedding } from "../../src/network/layers/embedding";
import { flatten } from "../../src/network/layers/flatten";
import { gaussianNoise } from "../../src/network/layers/gaussianNoise";
import { reshape } from "../../src/network/layers/reshape";
import { Network } from "../../src/network/network";
import { createReferenceEngine } from "../../src/reference/engine";
import { gradientCheck } from "../../src/training/gradientCheck";
import { Trainer } from "../../src/training/trainer";
import { SeededNumbers } from "../support/numbers";

/** As in gradients.test.ts: a wrong derivative is off by far more. */
const RELATIVE = 1e-6;

const chances: [title: string, layer: (strength: number) => LayerSpec][] = [
  ["dropout", (strength) => dropout(strength)], ["alphaDropout", (strength) => alphaDropout(strength)],
  ["gaussianNoise", (strength) => gaussianNoise(strength)],
];

/** On the input, behind an output that its activation's derivative needs, behind one that it doesn't, on images, and in branches. */
const networks: [title: string, input: number, spec: (chance: (strength: number) => LayerSpec) => NetworkSpec][] = [
  ["on the input", 5, (chance) => ({ input: 5, layers: [chance(0.3), dense(7, "tanh"), dense(2)] })],
  ["behind an activation", 3, (chance) => ({ input: 3, layers: [dense(9, "tanh"), chance(0.4), dense(5, "gelu"), chance(0.1), dense(2)] })],
  ["behind a plain layer, and twice", 3, (chance) => ({ input: 3, layers: [dense(17), chance(0.4), chance(0.2), dense(2)] })],
  ["at the end", 3, (chance) => ({ input: 3, layers: [dense(6, "sigmoid"), dense(2), chance(0.5)] })],
  ["on images", 4, (chance) => ({ input: 4, layers: [dense(30, "tanh"), reshape([5, 3, 2]), chance(0.3), flatten(), dense(2)] })],
  ["in branches", 4, (chance) => graph(4, (x) => {
    const h = x.to(dense(6, "tanh"));
    return concat(add(h.to(chance(0.3)), h), h.to(chance(0.2), dense(3))).to(chance(0.3), dense(2));
  })],
  ["in branches, the last of which it is", 4, (chance) => graph(4, (x) => {
    const h = x.to(dense(6));
    const other = h.to(dense(6, "tanh"));
    const noisy = h.to(chance(0.3));
    return add(noisy.to(dense(6)), noisy, other).to(dense(2));
  })],
];

function batchOf(rows: number, inputs: number, seed = rows): { x: number[][]; y: number[][] } {
  const numbers = new SeededNumbers(seed);
  const row = (length: number) => Array.from({ length }, () => numbers.uniform(-1.5, 1.5));
  return { x: Array.from({ length: rows }, () => row(inputs)), y: Array.from({ length: rows }, () => row(2)) };
}

describe.each(chances)("%s", (_title, chance) => {
  describe.each(networks)("%s", (_where, inputs, spec) => {
    test("has the right gradients", async () => {
      for (const rows of [1, 6]) {
        using network = await Network.create({ ...spec(chance), seed: 4 });
        const check = await gradientCheck(network, { ...batchOf(rows, inputs), loss: "squaredError", samples: Infinity });
        expect(check.maxRelativeError, JSON.stringify(check.worst)).toBeLessThan(RELATIVE);
      }
    });

    test("trains to the same bits in the core and the reference, and is nothing in predictions and evaluations", async () => {
      const { x, y } = batchOf(11, inputs);
      const given = { ...spec(chance), seed: 2 ** 40 + 5 };
      using core = await Network.create(given);
      const without = await Network.create({ ...spec(() => ({ type: "dropout", rate: 0 })), seed: 2 ** 40 + 5 });
      without.setParameters(core.parameters());
      expect(core.predict(x)).toEqual(without.predict(x));
      const loss = "squaredError", optimizer = { type: "sgd", learningRate: 0.01 } as const;
      const twin = Network.createOn(createReferenceEngine("float32"), given);
      const trainers = [core, twin].map((network) => new Trainer(network, { loss, optimizer }));
      expect(await trainers[0].evaluate({ x, y })).toEqual(await new Trainer(without, { loss, optimizer }).evaluate({ x, y }));
      const losses = trainers.map((trainer) => Array.from({ length: 4 }, () => trainer.step(x, y)));
      expect(losses[1]).toEqual(losses[0]);
      const histories = await Promise.all(trainers.map((trainer) => trainer.fit({ x, y }, { epochs: 3, batchSize: 4 })));
      expect(histories[1].epochs.map(({ loss: mean }) => mean)).toEqual(histories[0].epochs.map(({ loss: mean }) => mean));
      expect(Buffer.compare(core.save(), twin.save())).toBe(0);
      without.dispose();
    });
  });

  test("is another in each step of a training, and with another seed", async () => {
    const { x, y } = batchOf(20, 3);
    const lossesWith = async (seed: number) => {
      using network = await Network.create({ input: 3, layers: [dense(40, "tanh", { initializer: { type: "constant", value: 0.1 } }), chance(0.5), dense(2)], seed });
      // Nothing learns, so losses differ by chance alone.
      const trainer = new Trainer(network, { loss: "squaredError", optimizer: { type: "sgd", learningRate: 1e-30 } });
      return Array.from({ length: 5 }, () => trainer.step(x, y));
    };
    const [first, again, other] = [await lossesWith(1), await lossesWith(1), await lossesWith(2)];
    expect(again).toEqual(first);
    expect(new Set([...first, ...other]).size).toBe(10);
  });
});

describe("embedding", () => {
  const spec = (initializer?: "glorotUniform" | "orthogonal"): NetworkSpec => ({
    input: 6, layers: [embedding(11, 5, initializer ? { initializer } : {}), dense(4, "tanh"), flatten(), dense(2)], seed: 3,
  });
  const indices = (rows: number) => {
    const numbers = new SeededNumbers(rows);
    return Array.from({ length: rows }, () => Array.from({ length: 6 }, () => numbers.below(11)));
  };

  test("has the right gradients", async () => {
    for (const rows of [1, 7]) {
      for (const given of [spec(), { ...spec("glorotUniform"), layers: [embedding(11, 5), flatten(), dense(2)] }]) {
        using network = await Network.create(given);
        const check = await gradientCheck(network, { x: indices(rows), y: batchOf(rows, 1).y, loss: "squaredError", samples: Infinity });
        expect(check.maxRelativeError, JSON.stringify(check.worst)).toBeLessThan(RELATIVE);
      }
    }
  });

  test("starts normal, or as it is told", async () => {
    using network = await Network.create({ input: 3, layers: [embedding(400, 30), flatten(), dense(1)] });
    const { data, shape } = network.parameters()["0.weight"];
    expect(shape).toEqual([400, 30]);
    const mean = data.reduce((sum, v) => sum + v, 0) / data.length, variance = data.reduce((sum, v) => sum + v * v, 0) / data.length;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(data.length));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / data.length));
    using orthogonal = await Network.create(spec("orthogonal"));
    const q = orthogonal.parameters()["0.weight"].data;
    for (let a = 0; a < 5; a++) {
      for (let b = 0; b < 5; b++) {
        const dot = Array.from({ length: 11 }, (_, row) => q[row * 5 + a] * q[row * 5 + b]).reduce((sum, v) => sum + v, 0);
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    }
  });

  test("trains to the same bits in the core and the reference, with every update and where it is frozen", async () => {
    for (const optimizer of ["sgd", "adamW"] as const) {
      for (const freeze of [[], [0]]) {
        for (const clipNorm of [undefined, 0.5]) {
          using core = await Network.create(spec());
          const twin = Network.createOn(createReferenceEngine("float32"), spec());
          const options = { loss: "squaredError", optimizer, freeze, ...(clipNorm ? { clipNorm } : {}) } as const;
          const before = core.parameters()["0.weight"].data.slice();
          const data = { x: indices(10), y: batchOf(10, 1).y };
          for (const network of [core, twin]) {
            const trainer = new Trainer(network, options);
            trainer.step(data.x, data.y);
            await trainer.fit(data, { epochs: 2, batchSize: 4 });
          }
          expect(Buffer.compare(core.save(), twin.save())).toBe(0);
          expect(before.every((value, n) => value === core.parameters()["0.weight"].data[n])).toBe(freeze.length > 0);
          expect(core.predict(data.x)).toEqual(twin.predict(data.x));
        }
      }
    }
  });

  test("moves the rows that are named, and no others", async () => {
    using network = await Network.create({ input: 2, layers: [embedding(5, 3), flatten(), dense(2)] });
    const before = network.parameters()["0.weight"].data.slice();
    new Trainer(network, { loss: "squaredError", optimizer: "sgd" }).step([[1, 3], [3, 3]], [[1, 2], [2, 1]]);
    const after = network.parameters()["0.weight"].data;
    const moved = [0, 1, 2, 3, 4].map((row) => [0, 1, 2].some((c) => before[row * 3 + c] !== after[row * 3 + c]));
    expect(moved).toEqual([false, true, false, true, false]);
  });

  test("refuses indices that it has no row for, and a place behind another layer", async () => {
    using network = await Network.create({ input: 2, layers: [embedding(5, 3), flatten(), dense(2)] });
    for (const wrong of [5, -1, 0.5]) expect(() => network.predict([[0, wrong]])).toThrow(expect.objectContaining({ name: "DeltawasmError" }));
    using large = await Network.create({ input: 1, layers: [embedding(2 ** 24 - 2, 1)] });
    expect(() => large.predict([2 ** 24 - 1])).toThrow("from 0 to 16777213, got 16777215");
    await expect(Network.create({ input: 2, layers: [dense(2), embedding(5, 3)] })).rejects.toMatchObject({ code: "conflict" });
  });
});
