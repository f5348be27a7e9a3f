import { describe, expect, test } from "vitest";
import {
  conv2d, dense, depthwiseConv2d, type DepthwiseConv2dOptions, flatten, gradientCheck, type LayerSpec, Network, type NetworkSpec, reshape, Trainer,
} from "../../src/index";
import { createReferenceEngine } from "../../src/reference/engine";
import { createExact, exactParameters, largestDifference } from "../support/exact";
import { SeededNumbers } from "../support/numbers";

const numbers = new SeededNumbers(9);
type Size = [height: number, width: number];

/** The sum of each window of each channel, number by number; the options as pairs, the padding that above and to the left. */
function convolve(
  x: Float32Array, shape: readonly number[], rows: number, out: readonly number[], w: ArrayLike<number>, bias: ArrayLike<number> | undefined,
  { multiplier, kernel, stride, before, dilation }: { multiplier: number; kernel: Size; stride: Size; before: Size; dilation: Size },
): number[] {
  const [channels, height, width] = shape, result: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < channels * multiplier; o++) {
      const image = (row * channels + Math.floor(o / multiplier)) * height * width;
      for (let oy = 0; oy < out[1]; oy++) {
        for (let ox = 0; ox < out[2]; ox++) {
          let sum = bias ? bias[o] : 0;
          for (let ky = 0; ky < kernel[0]; ky++) {
            for (let kx = 0; kx < kernel[1]; kx++) {
              const py = oy * stride[0] - before[0] + ky * dilation[0], px = ox * stride[1] - before[1] + kx * dilation[1];
              if (py >= 0 && py < height && px >= 0 && px < width) sum += x[image + py * width + px] * w[(o * kernel[0] + ky) * kernel[1] + kx];
            }
          }
          result.push(sum);
        }
      }
    }
  }
  return result;
}

test("as computed number by number", () => {
  for (let n = 0; n < 60; n++) {
    const two = (make: () => number): Size => [make(), make()];
    const kernel = two(() => 1 + numbers.below(4)), stride = two(() => 1 + numbers.below(3)), dilation = two(() => 1 + numbers.below(3));
    const before = two(() => numbers.below(4)), multiplier = 1 + numbers.below(4), bias = n % 2 === 0, rows = 1 + numbers.below(3);
    const least = kernel.map((size, axis) => Math.max(1, dilation[axis] * (size - 1) + 1 - 2 * before[axis]));
    const shape = [1 + numbers.below(18), least[0] + numbers.below(7), least[1] + numbers.below(7)];
    const network = createExact({
      input: shape, layers: [depthwiseConv2d(kernel, "linear", { stride, dilation, padding: before, multiplier, bias, biasInitializer: "normal" })], seed: n,
    });
    const { "0.weight": weight, "0.bias": biases } = exactParameters(network), x = numbers.array(rows * shape[0] * shape[1] * shape[2]);
    const got = network.predict(x, new Float64Array(rows * network.outputs));
    const expected = convolve(x, shape, rows, network.graph.outputShape, weight, biases, { multiplier, kernel, stride, before, dilation });
    expect(largestDifference(got, expected), JSON.stringify({ kernel, stride, dilation, before, multiplier, shape })).toBeLessThan(1e-13);
  }
});

test("padding \"same\" keeps the size, the odd zero below and to the right", () => {
  const network = createExact({ input: [3, 5, 6], layers: [depthwiseConv2d([2, 4], "linear", { padding: "same", dilation: [3, 1] })] });
  expect(network.graph.outputShape).toEqual([3, 5, 6]);
  const x = numbers.array(2 * 90), got = network.predict(x, new Float64Array(2 * 90));
  const expected = convolve(x, [3, 5, 6], 2, [3, 5, 6], exactParameters(network)["0.weight"], undefined, {
    multiplier: 1, kernel: [2, 4], stride: [1, 1], before: [1, 1], dilation: [3, 1],
  });
  expect(largestDifference(got, expected)).toBeLessThan(1e-13);
});

test("is conv2d with a group for each channel", async () => {
  const options = { stride: 2, padding: 1 } as const;
  using depthwise = await Network.create({ input: [6, 8, 9], layers: [depthwiseConv2d(3, "tanh", { ...options, multiplier: 2 })], seed: 3 });
  using grouped = await Network.create({ input: [6, 8, 9], layers: [conv2d(12, 3, "tanh", { ...options, groups: 6 })] });
  expect(depthwise.parameters()["0.weight"].shape).toEqual([12, 1, 3, 3]);
  grouped.setParameters(depthwise.parameters());
  const x = numbers.array(4 * 6 * 72);
  expect(largestDifference(depthwise.predict(x), grouped.predict(x))).toBeLessThan(1e-6);
});

const options: [name: string, kernel: number | Size, activation: "tanh" | "softplus" | "linear", options: DepthwiseConv2dOptions][] = [
  ["nothing else", 3, "tanh", {}],
  ["padding", 3, "linear", { padding: 1, biasInitializer: "normal" }],
  ["stride and dilation", [3, 2], "softplus", { stride: [2, 3], dilation: [1, 2], padding: [2, 1] }],
  ["same padding, without bias", [2, 4], "linear", { padding: "same", bias: false }],
  ["a multiplier", 2, "tanh", { multiplier: 3 }],
  ["a multiplier, stride and padding", 3, "softplus", { multiplier: 2, stride: 2, padding: 1 }],
  ["a stride larger than the kernel", 2, "linear", { stride: 3 }],
];

/** Dense layers around it ask for all of its gradients. */
function between(layer: LayerSpec, shape: readonly number[]): NetworkSpec {
  const size = shape.reduce((a, b) => a * b, 1);
  return { input: 4, layers: [dense(size, "tanh"), reshape(shape), layer, flatten(), dense(2)], seed: 4 };
}

describe.each(options)("with %s", (_, kernel, activation, given) => {
  const layer = depthwiseConv2d(kernel, activation, given);

  test.each([[[3, 5, 7]], [[9, 6, 4]]])("gradients of an input of %j agree with differences", async (shape) => {
    using network = await Network.create(between(layer, shape));
    const check = await gradientCheck(network, { x: numbers.array(3 * 4), y: numbers.array(3 * 2), loss: "meanSquaredError", samples: 50 });
    expect(check.maxRelativeError, JSON.stringify(check.worst)).toBeLessThan(1e-6);
  });

  test("training has the same bits in both engines", async () => {
    const spec = between(layer, [11, 6, 5]);
    using network = await Network.create(spec);
    using twin = Network.createOn(createReferenceEngine("float32"), spec);
    const x = numbers.array(5 * 4), y = numbers.array(5 * 2);
    const losses = [network, twin].map((one) => {
      const trainer = new Trainer(one, { loss: "meanSquaredError", optimizer: "adam", l2: 0.01 });
      return Array.from({ length: 4 }, () => trainer.step(x, y));
    });
    expect(losses[0]).toEqual(losses[1]);
    expect(network.parameters()).toEqual(twin.parameters());
    expect(network.predict(x)).toEqual(twin.predict(x));
  });
});

test("the loss takes the pre-activations of a last layer with softmax or sigmoid", async () => {
  const layers = [depthwiseConv2d(2, "sigmoid", { multiplier: 2 })];
  using network = await Network.create({ input: [3, 3, 3], layers });
  const y = numbers.array(2 * 24, 0, 1), x = numbers.array(2 * 27);
  expect((await gradientCheck(network, { x, y, loss: "binaryCrossEntropy" })).maxRelativeError).toBeLessThan(1e-6);
});

test.each<[layer: unknown, code: string, message: RegExp, input?: number[]]>([
  [depthwiseConv2d(0), "range", /layers\[0\]\.kernel/],
  [depthwiseConv2d(3, "relu6" as never), "unknown", /layers\[0\]\.activation/],
  [depthwiseConv2d(3, "relu", { multiplier: 0 }), "range", /layers\[0\]\.multiplier: expected a whole number from 1 to 1024, got 0/],
  [depthwiseConv2d(3, "relu", { bias: 0 as never }), "type", /layers\[0\]\.bias: expected true or false/],
  [depthwiseConv2d(3, "relu", { padding: "same", stride: 2 }), "conflict", /layers\[0\]\.padding: "same" goes with a stride of 1/],
  [depthwiseConv2d(3, "relu", { padding: "full" as never }), "unknown", /layers\[0\]\.padding/],
  [depthwiseConv2d(3, "relu", { groups: 2 } as never), "unknown", /groups: no such option/],
  [depthwiseConv2d(3, "relu", { initializer: "he" as never }), "unknown", /layers\[0\]\.initializer/],
  [depthwiseConv2d(5), "shape", /layers\[0\]: a kernel that reaches over \[5, 5\] points doesn't fit/],
  [depthwiseConv2d(3), "shape", /layers\[0\]: expected an image/, [16]],
])("%j is refused with the code %s", async (layer, code, message, input = [2, 4, 4]) => {
  const creation = Network.create({ input, layers: [layer as LayerSpec] });
  await expect(creation).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
});

test("maxNorm limits the weights of each channel", async () => {
  using network = await Network.create({ input: [9, 4, 4], layers: [depthwiseConv2d(3, "linear", { multiplier: 2, initializer: "normal" })], seed: 1 });
  const trainer = new Trainer(network, { loss: "squaredError", optimizer: { type: "sgd", learningRate: 1 }, maxNorm: 0.5 });
  trainer.step(numbers.array(2 * 144), numbers.array(2 * 72));
  const { data } = network.parameters()["0.weight"];
  const norms = Array.from({ length: 18 }, (_, c) => Math.hypot(...data.subarray(c * 9, c * 9 + 9)));
  expect(Math.max(...norms)).toBeLessThan(0.5 + 1e-6);
  expect(Math.max(...norms)).toBeGreaterThan(0.5 - 1e-6);
});
