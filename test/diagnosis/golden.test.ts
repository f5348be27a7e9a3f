import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { adam, conv2d, dense, flatten, type LayerSpec, Network, type NetworkSpec, sgd, Trainer } from "../../src/index";
import { Diagnosis, type LayerSample } from "../../src/diagnosis";
import { createReferenceEngine } from "../../src/reference/engine";

// What PyTorch sees of the same networks, in 64 bits: test/fixtures/make_diagnosis.py.

interface Expected {
  mean: number; deviation: number; smallest: number; largest: number; gradientNorm: number; weightNorm: number; updateRatio: number;
  dead?: number; saturated?: number;
}

interface Case {
  name: string;
  input: number | number[];
  layers: { type: "dense" | "conv2d" | "flatten"; units: number; activation: "relu" | "tanh" | "sigmoid" | "softmax" }[];
  parameters: Record<string, number[]>;
  x: number[][];
  y: number[];
  optimizers: Record<"sgd" | "adam", { loss: number; layers: Record<string, Expected> }[]>;
}

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/golden/diagnosis.json", import.meta.url), "utf8")) as { cases: Case[] };
const optimizers = { sgd: sgd({ learningRate: 0.1 }), adam: adam({ learningRate: 0.01 }) };

function specOf({ input, layers }: Case): NetworkSpec {
  const made = layers.map(({ type, units, activation }): LayerSpec => (
    type === "dense" ? dense(units, activation) : type === "conv2d" ? conv2d(units, 3, activation) : flatten()
  ));
  return { input, layers: made };
}

/** 32-bit training against a 64-bit one: its rounding grows over three steps, and Adam's first steps divide by small gradients. */
const TOLERANCE = 2e-4;

function compare(seen: LayerSample, expected: Expected): void {
  const near = (value: number | undefined, wanted: number, scale: number) => expect(Math.abs(value! - wanted)).toBeLessThanOrEqual(TOLERANCE * scale);
  const { activations } = seen;
  near(seen.gradientNorm, expected.gradientNorm, expected.gradientNorm + 1e-3);
  near(seen.weightNorm, expected.weightNorm, expected.weightNorm);
  near(seen.updateRatio, expected.updateRatio, expected.updateRatio);
  near(activations!.mean, expected.mean, expected.deviation);
  near(activations!.deviation, expected.deviation, expected.deviation);
  near(activations!.histogram.from, expected.smallest, expected.deviation);
  near(activations!.histogram.to, expected.largest, expected.deviation);
  expect(activations!.dead).toBe(expected.dead);
  if (expected.saturated === undefined) expect(activations!.saturated).toBe(undefined);
  else expect(activations!.saturated).toBeCloseTo(expected.saturated, 12);
}

describe.each(cases)("of a network with $name layers", (given) => {
  describe.each(["sgd", "adam"] as const)("under %s", (optimizer) => {
    test.each(["wasm", "reference"] as const)("PyTorch sees the same as %s", async (kind) => {
      const spec = specOf(given);
      using network = kind === "wasm" ? await Network.create(spec) : Network.createOn(createReferenceEngine("float32"), spec);
      network.setParameters(Object.fromEntries(Object.entries(given.parameters).map(([name, data]) => [name, { data }])));
      const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: optimizers[optimizer] });
      const diagnosis = new Diagnosis({ every: 1 });
      await trainer.fit({ x: given.x, y: given.y }, { epochs: 3, batchSize: given.x.length, shuffle: false, diagnosis });
      const { samples } = diagnosis.record;
      expect(samples.map(({ step, epoch, rows }) => [step, epoch, rows])).toEqual([0, 1, 2, 3].map((n) => [n, Math.min(n + 1, 3), given.x.length]));
      given.optimizers[optimizer].forEach(({ loss, layers }, n) => {
        expect(Math.abs(samples[n].loss - loss)).toBeLessThan(TOLERANCE * loss);
        expect(samples[n].layers.map(({ layer }) => layer)).toEqual(Object.keys(layers));
        for (const seen of samples[n].layers) compare(seen, layers[seen.layer]);
      });
    });
  });
});

test("a histogram counts every output once, where it belongs", async () => {
  const given = cases[0];
  using network = await Network.create(specOf(given));
  const diagnosis = new Diagnosis();
  await new Trainer(network, { loss: "crossEntropy" }).fit({ x: given.x, y: given.y }, { epochs: 1, batchSize: 7, shuffle: false, diagnosis });
  const { activations } = diagnosis.record.samples[0].layers[0];
  const { from, to, counts } = activations!.histogram;
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(given.x.length * given.layers[0].units);
  // Of relu: the smallest is 0, and at least the silent units are in the first bin.
  expect(from).toBe(0);
  expect(to).toBeGreaterThan(0);
  expect(counts[0]).toBeGreaterThanOrEqual(activations!.dead! * given.layers[0].units * given.x.length);
});
