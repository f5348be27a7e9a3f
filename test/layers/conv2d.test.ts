import { describe, expect, test } from "vitest";
import type { LayerSpec } from "../../src/network/layers";
import { activation } from "../../src/network/layers/activation";
import { type Conv2dOptions, conv2d } from "../../src/network/layers/conv2d";
import { dense } from "../../src/network/layers/dense";
import { flatten } from "../../src/network/layers/flatten";
import { type Pair, windowCount, windowGeometry } from "../../src/network/layers/window";
import { reshape } from "../../src/network/layers/reshape";
import { Network } from "../../src/network/network";
import { createReferenceEngine } from "../../src/reference/engine";
import { gradientCheck } from "../../src/training/gradientCheck";
import { Trainer } from "../../src/training/trainer";
import { SeededNumbers } from "../support/numbers";

/** As in gradients.test.ts: a difference quotient is off by far less, a wrong derivative by far more. */
const RELATIVE = 1e-6;

const biasInitializer = { type: "uniform", low: -0.5, high: 0.5 } as const;

const kinds: [name: string, image: [number, number, number], kernel: Pair, channels: number, options: Conv2dOptions][] = [
  ["of the inside", [2, 5, 4], 3, 3, {}],
  ["with padding", [3, 4, 5], [3, 2], 9, { padding: [1, 2] }],
  ["that keeps the size, with an even kernel", [1, 4, 5], [2, 4], 2, { padding: "same" }],
  ["with strides", [4, 7, 6], 3, 5, { stride: [2, 3], padding: 1 }],
  ["with a stride that leaves points out", [2, 5, 6], 1, 4, { stride: 3 }],
  ["with dilation", [2, 7, 6], [3, 2], 8, { dilation: [2, 3], padding: 1, stride: [1, 2] }],
  ["in groups", [6, 4, 4], 2, 9, { groups: 3, padding: 1 }],
  ["a group a channel", [3, 5, 5], 3, 3, { groups: 3, stride: 2, padding: 1 }],
  ["without a bias", [2, 3, 3], 2, 4, { bias: false }],
  ["of single points", [5, 3, 2], 1, 6, {}],
  ["of a single point", [9, 1, 1], 1, 3, {}],
];

describe.each(kinds)("a convolution %s", (_name, image, kernel, channels, options) => {
  const [c, h, w] = image, size = c * h * w;
  const rows = 3;
  const data = (numbers: SeededNumbers, width: number) => Array.from({ length: rows }, () => Array.from({ length: width }, () => numbers.uniform(-1, 1)));
  const given = options.bias === false ? options : { ...options, biasInitializer };

  async function expectRight(spec: { input: number | readonly number[]; layers: LayerSpec[]; seed: number }, inputs: number) {
    const numbers = new SeededNumbers(spec.seed);
    const x = data(numbers, inputs), y = data(numbers, 3), loss = "meanSquaredError";
    using core = await Network.create(spec);
    const { maxRelativeError, worst } = await gradientCheck(core, { x, y, loss, samples: 60 });
    expect(maxRelativeError, JSON.stringify(worst)).toBeLessThan(RELATIVE);
    const twin = Network.createOn(createReferenceEngine("float32"), spec);
    const [a, b] = [core, twin].map((network) => new Trainer(network, { loss, optimizer: { type: "sgd", learningRate: 0.1 } }));
    for (let step = 0; step < 3; step++) expect(a.step(x, y)).toBe(b.step(x, y));
    expect(Buffer.compare(core.save(), twin.save())).toBe(0);
    expect(core.predict(x)).toEqual(twin.predict(x));
  }

  test("has the right gradients below and above other layers, and the core the bits of the reference", async () => {
    for (const [n, f] of (["linear", "tanh", "gelu"] as const).entries()) {
      const layers = [dense(size, "tanh", { biasInitializer }), reshape(image), conv2d(channels, kernel, f, given), flatten(), dense(3)];
      await expectRight({ input: 4, layers, seed: n + 1 }, 4);
    }
  });

  test("has them as the first layer, and below another convolution", async () => {
    await expectRight({ input: image, layers: [conv2d(channels, kernel, "tanh", given), flatten(), dense(3)], seed: 5 }, size);
    const layers = [conv2d(channels, kernel, "linear", given), activation("tanh"), conv2d(2, 1, "swish", { biasInitializer }), flatten(), dense(3)];
    await expectRight({ input: image, layers, seed: 6 }, size);
  });
});

test("a convolution has PyTorch's shapes and default initialisers", async () => {
  using network = await Network.create({ input: [4, 9, 8], layers: [conv2d(6, [3, 2], "relu", { groups: 2, stride: 2, padding: [1, 0], name: "conv" })] });
  expect(network.graph.outputShape).toEqual([6, 5, 4]);
  const { "conv.weight": weight, "conv.bias": bias } = network.parameters();
  expect([weight.shape, bias.shape]).toEqual([[6, 2, 3, 2], [6]]);
  // He: ±√(6 / fanIn).
  const largest = Math.max(...weight.data.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 12));
  expect(largest).toBeGreaterThan(0.8 * Math.sqrt(6 / 12));
});

test("the last activation of a convolution is left to the loss", async () => {
  using network = await Network.create({ input: [1, 3, 3], layers: [conv2d(1, 3, "sigmoid")] });
  const { maxRelativeError } = await gradientCheck(network, { x: [[1, 2, 3, 4, 5, 6, 7, 8, 9]], y: [[1]], loss: "binaryCrossEntropy" });
  expect(maxRelativeError).toBeLessThan(RELATIVE);
});

test.each([
  ["a vector as its input", 9, conv2d(2, 3), "shape", "expected an image"],
  ["a kernel larger than the image", [1, 4, 4], conv2d(2, [3, 7], "linear", { padding: 1 }), "shape", "over [3, 7] points doesn't fit an image [1, 4, 4] that is [6, 6]"],
  ["channels that groups don't divide", [3, 4, 4], conv2d(4, 3, "linear", { groups: 2 }), "shape", "2 groups divide, got an image of 3 channels"],
  ["channels of its own that groups don't divide", [4, 4, 4], conv2d(3, 3, "linear", { groups: 2 }), "conflict", "expected a divisor of the 3 channels, got 2"],
  ["same padding with a stride", [1, 4, 4], conv2d(4, 3, "linear", { padding: "same", stride: 2 }), "conflict", "\"same\" goes with a stride of 1, got stride [2, 2]"],
  ["another word for padding", [1, 4, 4], conv2d(4, 3, "linear", { padding: "valid" as "same" }), "unknown", "expected a whole number, [height, width] or \"same\""],
  ["a kernel of three numbers", [1, 4, 4], conv2d(4, [1, 2, 3] as never), "type", "spec.layers[0].kernel: expected a whole number"],
  ["a stride of 0", [1, 4, 4], conv2d(4, 3, "linear", { stride: [1, 0] }), "range", "spec.layers[0].stride[1]: expected a whole number from 1"],
  ["half a point of padding", [1, 4, 4], conv2d(4, 3, "linear", { padding: 0.5 }), "range", "spec.layers[0].padding: expected a whole number from 0"],
  ["an unknown option", [1, 4, 4], conv2d(4, 3, "linear", { strides: 2 } as never), "unknown", "spec.layers[0].strides"],
] as const)("%s is refused", async (_name, input, layer, code, message) => {
  await expect(Network.create({ input, layers: [layer] })).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
});

test("windows are counted as PyTorch counts them, rounded down and up", () => {
  const count = (size: number, kernel: number, stride: number, padding: number, ceil: boolean) => windowCount(size, windowGeometry({ kernel, stride, padding }), 0, ceil);
  expect([count(7, 2, 2, 0, false), count(7, 2, 2, 0, true)]).toEqual([3, 4]);
  expect([count(6, 3, 2, 1, false), count(6, 3, 2, 1, true)]).toEqual([3, 4]);
  // The fourth would begin in the padding behind.
  expect(count(5, 2, 3, 1, true)).toBe(2);
  expect(count(6, 2, 3, 1, true)).toBe(3);
});
