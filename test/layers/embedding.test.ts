import { describe, expect, test } from "vitest";
import { embedding, embeddingLayer } from "../../src/network/layers/embedding";
import { createReferenceEngine } from "../../src/reference/engine";
import { LayerPlan } from "../support/layerPlan";
import { SeededNumbers } from "../support/numbers";

test.each([[5, 3, 4, 1], [9, 10, 1, 6], [3, 8, 7, 5], [40, 17, 12, 9]])(
  "embedding(%i, %i) on %i indices gives the rows of its table, and adds their gradients up",
  (count, size, length, rows) => {
    const engine = createReferenceEngine("float64"), numbers = new SeededNumbers(count);
    const plan = new LayerPlan(engine, embeddingLayer, embedding(count, size), { rows, input: [length], hasGradient: false });
    const { layout } = embeddingLayer.parameters(embedding(count, size), [[length]])[0];
    const [{ value, gradient }] = plan.parameters;
    const place = (index: number, col: number) => layout.place(index * size + col);
    for (let n = 0; n < count * size; n++) engine.heap.f[value / 4 + layout.place(n)] = numbers.uniform(-1, 1);
    const indices = Array.from({ length: rows * length }, () => numbers.below(count));
    plan.write(indices, plan.x);
    plan.forward();
    expect(plan.y.points).toBe(length);
    const y = plan.read(plan.y);
    indices.forEach((index, n) => {
      for (let c = 0; c < size; c++) expect(y[n * size + c]).toBe(engine.heap.f[value / 4 + place(index, c)]);
    });

    const dy = Array.from(y, () => numbers.uniform(-1, 1));
    // What an earlier step left is no part of the sum.
    engine.heap.f[gradient / 4] = 100;
    plan.write(dy, plan.y, plan.y.gradient);
    plan.backward();
    const expected = new Array<number>(layout.length).fill(0);
    indices.forEach((index, n) => {
      for (let c = 0; c < size; c++) expected[place(index, c)] += dy[n * size + c];
    });
    expect(plan.floats(gradient, layout.length)).toEqual(expected);
  },
);

describe("an embedding", () => {
  test("knows its shapes, its limit and its table", () => {
    const spec = embedding(100, 16, { name: "words" });
    expect(spec).toEqual({ type: "embedding", count: 100, size: 16, name: "words" });
    expect(embeddingLayer.shape("layers[0]", spec, [[20]])).toEqual([20, 16]);
    expect(embeddingLayer.indexLimit!(spec)).toBe(100);
    expect(embeddingLayer.parameters(spec, [[20]])).toMatchObject([
      { name: "weight", role: "weight", shape: [100, 16], fill: { kind: "normal", mean: 0, deviation: 1 } },
    ]);
  });

  test.each([
    ["range", { count: 0, size: 3 }, /^layers\[0\]\.count/], ["range", { count: 2 ** 24 + 1, size: 3 }, /^layers\[0\]\.count/],
    ["range", { count: 3, size: 1.5 }, /^layers\[0\]\.size/], ["type", { count: 3 }, /^layers\[0\]\.size/],
    ["unknown", { count: 3, size: 2, paddingIndex: 0 }, /^layers\[0\]\.paddingIndex/],
    ["unknown", { count: 3, size: 2, initializer: "he" }, /^layers\[0\]\.initializer/],
  ])("tells what is wrong: %s in %j", (code, options, message) => {
    expect(() => embeddingLayer.check("layers[0]", { type: "embedding", ...options } as never)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test("takes a row of indices alone", () => {
    for (const input of [[3, 4], [1, 2, 2]]) {
      expect(() => embeddingLayer.shape("layers[0]", embedding(5, 2), [input])).toThrow(expect.objectContaining({ code: "shape" }));
    }
  });
});
