import { describe, expect, test } from "vitest";
import type { LayerType } from "../../src/network/layers/layer";
import { alphaDropout, alphaDropoutLayer } from "../../src/network/layers/alphaDropout";
import { dropout, dropoutLayer } from "../../src/network/layers/dropout";
import { gaussianNoise, gaussianNoiseLayer } from "../../src/network/layers/gaussianNoise";
import { createReferenceEngine } from "../../src/reference/engine";
import { LayerPlan, type Surroundings } from "../support/layerPlan";
import { SeededNumbers } from "../support/numbers";

/** With fixed seeds a test of chance always ends the same way; five deviations would fail one seed in two million. */
const DEVIATIONS = 5;

interface Kind {
  name: string;
  type: LayerType<unknown>;
  spec: unknown;
  nothing: unknown;
}

const kinds: Kind[] = [
  { name: "dropout", type: dropoutLayer as LayerType<unknown>, spec: dropout(0.3), nothing: dropout(0) },
  { name: "alphaDropout", type: alphaDropoutLayer as LayerType<unknown>, spec: alphaDropout(0.3), nothing: alphaDropout(0) },
  { name: "gaussianNoise", type: gaussianNoiseLayer as LayerType<unknown>, spec: gaussianNoise(0.3), nothing: gaussianNoise(0) },
];

const planOf = (kind: { type: LayerType<unknown>; spec: unknown }, around: Surroundings, precision: "float32" | "float64" = "float32") => (
  new LayerPlan(createReferenceEngine(precision), kind.type, kind.spec, around)
);

const numbers = new SeededNumbers(3);
const shapes: Surroundings["input"][] = [[1], [7], [16], [3, 5], [4, 3, 2]];

/** What comes out for x. */
function pass(plan: LayerPlan<unknown>, x: ArrayLike<number>, n: number): number[] {
  plan.setState({ pass: n });
  plan.write(x, plan.x);
  plan.forward();
  return plan.read(plan.y);
}

describe.each(kinds)("$name", (kind) => {
  test("is nothing in predictions, and where there is no chance", () => {
    for (const plan of [planOf(kind, { rows: 3, input: [5], training: false }), planOf({ ...kind, spec: kind.nothing }, { rows: 3, input: [5] })]) {
      expect([plan.y, plan.forwardCount, plan.backwardCount]).toEqual([plan.x, 0, 0]);
    }
  });

  test("takes the place of its input where that is free, and leaves it alone where it isn't", () => {
    for (const input of shapes) {
      const [free, saved, first] = [{}, { isSaved: true }, { isSaved: true, hasGradient: false }].map((around) => planOf(kind, { rows: 5, input, ...around }));
      expect(free.y).toBe(free.x);
      expect(first.backwardCount).toBe(0);
      const x = numbers.array(5 * free.x.points * free.x.cols);
      const [y, ...others] = [free, saved, first].map((plan) => pass(plan, x, 2));
      expect(others).toEqual([y, y]);
      for (const plan of [saved, first]) expect(plan.read(plan.x)).toEqual([...x]);
      expect(y).not.toEqual([...x]);
    }
  });

  test("has the gradient of what it did", () => {
    for (const input of shapes) {
      for (const isSaved of [false, true]) {
        const plan = planOf(kind, { rows: 5, input, isSaved }, "float64");
        const count = 5 * plan.x.points * plan.x.cols;
        const [x, dy] = [0, 1].map(() => Float64Array.from(numbers.array(count)));
        pass(plan, x, 7);
        plan.write(dy, plan.y, plan.y.gradient);
        plan.backward();
        const dx = plan.read(plan.x, plan.x.gradient), h = 1e-3;
        // It is linear in x, so the quotient is off by rounding alone.
        for (let n = 0; n < count; n++) {
          const [above, below] = [h, -h].map((shift) => pass(plan, x.map((value, k) => (k === n ? value + shift : value)), 7));
          expect(Math.abs(dx[n] - above.reduce((sum, value, k) => sum + (dy[k] * (value - below[k])) / (2 * h), 0))).toBeLessThan(1e-11);
        }
      }
    }
  });

  test("does the same in the same pass, and something else in the next, for another layer and with another seed", () => {
    const around = { rows: 20, input: [10], isSaved: true }, x = new Float32Array(200).fill(1);
    const plan = planOf(kind, around);
    const first = pass(plan, x, 1);
    expect(pass(plan, x, 1)).toEqual(first);
    expect(pass(plan, x, 2)).not.toEqual(first);
    for (const random of [{ seed: 2, stream: 5 }, { seed: 1, stream: 6 }, { seed: 1 + 2 ** 40, stream: 5 }]) {
      expect(pass(planOf(kind, { ...around, random }), x, 1)).not.toEqual(first);
    }
    expect(pass(planOf(kind, { ...around, random: { seed: 1, stream: 5 } }), x, 1)).toEqual(first);
  });
});

test("a row meets the same whatever rows come after it", () => {
  for (const kind of kinds) {
    const [few, many] = [3, 8].map((rows) => pass(planOf(kind, { rows, input: [5, 3] }), new Float32Array(rows * 15).fill(1), 1));
    expect(many.slice(0, few.length)).toEqual(few);
  }
});

describe("what is kept and dropped", () => {
  const count = 200 * 301;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const normal = pass(planOf({ type: gaussianNoiseLayer as LayerType<unknown>, spec: gaussianNoise(1) }, { rows: 200, input: [301], random: { seed: 9, stream: 1 } }), new Float32Array(count), 0);

  test.each([0.1, 0.5, 0.8])("dropout(%d) gives 0 or x / (1 − rate)", (rate) => {
    const y = pass(planOf({ type: dropoutLayer as LayerType<unknown>, spec: dropout(rate) }, { rows: 200, input: [301] }), normal, 1);
    const scale = Math.fround(1 / (1 - rate));
    expect(y.every((value, n) => value === 0 || value === Math.fround(normal[n] * scale))).toBe(true);
    const kept = y.filter((value) => value !== 0).length;
    expect(Math.abs(kept - count * (1 - rate))).toBeLessThan(DEVIATIONS * Math.sqrt(count * rate * (1 - rate)));
  });

  // As torch.nn.functional.alpha_dropout: with α = 1.7580993408473766, a = ((α² p + 1)(1 − p))^−½, x·a + αap where kept, −αa + αap where not.
  test.each([0.05, 0.3, 0.5])("alphaDropout(%d) gives what PyTorch's formula does, and keeps mean and variance", (rate) => {
    const y = pass(planOf({ type: alphaDropoutLayer as LayerType<unknown>, spec: alphaDropout(rate) }, { rows: 200, input: [301] }), normal, 1);
    const alpha = 1.7580993408473766, a = 1 / Math.sqrt((alpha * alpha * rate + 1) * (1 - rate));
    let dropped = 0;
    y.forEach((value, n) => {
      const isDropped = Math.abs(value - (alpha * a * rate - alpha * a)) < 1e-6;
      if (isDropped) dropped++;
      else expect(Math.abs(value - (normal[n] * a + alpha * a * rate))).toBeLessThan(1e-5);
    });
    expect(Math.abs(dropped - count * rate)).toBeLessThan(DEVIATIONS * Math.sqrt(count * rate * (1 - rate)));
    expect(Math.abs(mean(y))).toBeLessThan(DEVIATIONS / Math.sqrt(count));
    // The fourth moment of y is at most that of a normal number here.
    expect(Math.abs(mean(y.map((value) => value * value)) - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(3 / count));
  });

  test("gaussianNoise adds normal numbers of its deviation", () => {
    const y = pass(planOf({ type: gaussianNoiseLayer as LayerType<unknown>, spec: gaussianNoise(0.25) }, { rows: 200, input: [301] }), new Float32Array(count).fill(3), 1);
    expect(Math.abs(mean(y) - 3)).toBeLessThan((DEVIATIONS * 0.25) / Math.sqrt(count));
    const variance = mean(y.map((value) => (value - 3) ** 2)) / 0.25 ** 2;
    expect(Math.abs(variance - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(2 / count));
  });
});

describe("options", () => {
  const refused = (kind: { check(where: string, spec: never): void }, spec: unknown, code: string, message: RegExp) => {
    expect(() => kind.check("layers[1]", spec as never)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  };

  test.each([["dropout", dropoutLayer], ["alphaDropout", alphaDropoutLayer]])("of %s that are wrong are told", (type, layer) => {
    for (const rate of [1, -0.1, NaN, Infinity]) refused(layer, { type, rate }, "range", /^layers\[1\]\.rate: expected a finite number at least 0 and less than 1/);
    refused(layer, { type, rate: "0.5" }, "type", /^layers\[1\]\.rate/);
    refused(layer, { type, rates: 0.5 }, "unknown", /^layers\[1\]\.rates/);
    layer.check("layers[1]", { type, name: "drop" } as never);
    expect([dropout(), alphaDropout(), dropout(0.2, { name: "a" })]).toEqual([
      { type: "dropout", rate: 0.5 }, { type: "alphaDropout", rate: 0.5 }, { type: "dropout", rate: 0.2, name: "a" },
    ]);
  });

  test("of gaussianNoise that are wrong are told", () => {
    for (const deviation of [-1, NaN, 1e19]) refused(gaussianNoiseLayer, { type: "gaussianNoise", deviation }, "range", /^layers\[1\]\.deviation/);
    refused(gaussianNoiseLayer, { type: "gaussianNoise" }, "type", /^layers\[1\]\.deviation/);
    refused(gaussianNoiseLayer, { type: "gaussianNoise", deviation: 1, mean: 0 }, "unknown", /^layers\[1\]\.mean/);
  });
});
