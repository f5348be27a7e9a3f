import { describe, expect, test } from "vitest";
import { activation, avgPool2d, conv2d, dense, type LayerSpec, Network, residual } from "../../src/index";

/** The parameters of a block on some input, in the beginning. */
async function startOf(input: number | number[], layers: LayerSpec[]): Promise<Record<string, Float32Array>> {
  using network = await Network.create({ input, layers: [residual(layers)], seed: 4 });
  return Object.fromEntries(Object.entries(network.parameters()).map(([name, { data }]) => [name, data]));
}
const isZero = (numbers: Float32Array) => numbers.every((value) => value === 0);

describe("a residual block", () => {
  test("begins as its shortcut, where a linear layer ends it", async () => {
    const start = await startOf(6, [dense(9, "relu"), dense(6)]);
    expect(isZero(start["0.layers.0.weight"])).toBe(false);
    expect(isZero(start["0.layers.1.weight"])).toBe(true);
    using network = await Network.create({ input: [2, 4, 4], layers: [residual([conv2d(2, 3, "tanh", { padding: 1 }), conv2d(2, 1)])] });
    const x = Float32Array.from({ length: 32 }, (_, n) => n - 16);
    expect(network.predict(x)).toEqual(x);
  });

  test("begins with the layer's own weights, where these are said or an activation follows", async () => {
    expect(isZero((await startOf(6, [dense(6, "linear", { initializer: "heNormal" })]))["0.layers.0.weight"])).toBe(false);
    expect(isZero((await startOf(6, [dense(6, "relu")]))["0.layers.0.weight"])).toBe(false);
    expect(isZero((await startOf(6, [dense(6), activation("relu")]))["0.layers.0.weight"])).toBe(false);
  });

  test("has a projection where shapes differ, which begins as any layer", async () => {
    const start = await startOf([3, 8, 7], [conv2d(5, 3, "linear", { padding: 1, stride: 2 })]);
    expect(Object.keys(start)).toEqual(["0.layers.0.weight", "0.layers.0.bias", "0.projection.weight", "0.projection.bias"]);
    expect(start["0.projection.weight"]).toHaveLength(15);
    expect(isZero(start["0.projection.weight"])).toBe(false);
  });

  test("is refused where no projection can be", async () => {
    const create = () => Network.create({ input: [3, 8, 7], layers: [residual([conv2d(5, [3, 1])])] });
    await expect(create()).rejects.toMatchObject({ code: "shape", message: expect.stringMatching(/^spec.layers\[0\]: /) });
    // The projection would need a stride of 2,000.
    const far = () => Network.create({ input: [1, 2000, 1], layers: [residual([avgPool2d([1000, 1]), conv2d(2, [2, 1])])] });
    await expect(far()).rejects.toMatchObject({ code: "shape", message: expect.stringMatching(/^spec.layers\[0\]: no projection makes/) });
  });
});
