import { describe, expect, test } from "vitest";
import {
  avgPool2d, conv2d, dense, flatten, globalAvgPool2d, gradientCheck, type LayerSpec, maxPool2d, Network, type NetworkSpec, reshape, Trainer,
} from "../../src/index";
import { createReferenceEngine } from "../../src/reference/engine";
import { createExact, largestDifference } from "../support/exact";
import { SeededNumbers } from "../support/numbers";

type Size = [height: number, width: number];

interface Window {
  kernel: Size;
  stride: Size;
  padding: Size;
  dilation: Size;
  ceilMode: boolean;
}

interface Input {
  shape: [channels: number, height: number, width: number];
  rows: number;
  x: Float32Array;
}

/** Pooling as PyTorch's pages tell it, number by number, with a number for each point of a window: NaN beside image and padding. */
function pool({ shape: [channels, height, width], rows, x }: Input, w: Window, reduce: (points: { value: number; isPadding: boolean }[]) => number): number[] {
  const sizes = ([height, width] as const).map((size, n) => {
    const steps = (size + 2 * w.padding[n] - w.dilation[n] * (w.kernel[n] - 1) - 1) / w.stride[n];
    const count = (w.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // "Sliding windows that would start in the right padded region are ignored."
    return w.ceilMode && (count - 1) * w.stride[n] >= size + w.padding[n] ? count - 1 : count;
  });
  const out: number[] = [];
  for (let image = 0; image < rows * channels; image++) {
    for (let oy = 0; oy < sizes[0]; oy++) {
      for (let ox = 0; ox < sizes[1]; ox++) {
        const points: { value: number; isPadding: boolean }[] = [];
        for (let ky = 0; ky < w.kernel[0]; ky++) {
          for (let kx = 0; kx < w.kernel[1]; kx++) {
            const py = oy * w.stride[0] - w.padding[0] + ky * w.dilation[0], px = ox * w.stride[1] - w.padding[1] + kx * w.dilation[1];
            const inside = py >= 0 && py < height && px >= 0 && px < width;
            if (inside) points.push({ value: x[image * height * width + py * width + px], isPadding: false });
            else if (py < height + w.padding[0] && px < width + w.padding[1]) points.push({ value: 0, isPadding: true });
          }
        }
        out.push(reduce(points));
      }
    }
  }
  return out;
}

const sum = (points: { value: number }[]) => points.reduce((total, { value }) => total + value, 0);
const onImage = <Point extends { isPadding: boolean }>(points: Point[]) => points.filter(({ isPadding }) => !isPadding);
const largest = (points: { value: number; isPadding: boolean }[]) => Math.max(...onImage(points).map(({ value }) => value));
const mean = (countIncludePad: boolean) => (points: { value: number; isPadding: boolean }[]) => (
  sum(points) / (countIncludePad ? points : onImage(points)).length
);

const numbers = new SeededNumbers(5);

function inputOf(shape: Input["shape"], rows: number): Input {
  return { shape, rows, x: numbers.array(rows * shape[0] * shape[1] * shape[2]) };
}

function randomCase(dilated: boolean): { input: Input; window: Window } {
  const two = (make: () => number): Size => [make(), make()];
  const kernel = two(() => 1 + numbers.below(4)), dilation = dilated ? two(() => 1 + numbers.below(2)) : [1, 1] as Size;
  const padding = kernel.map((size) => numbers.below(Math.floor(size / 2) + 1)) as Size;
  const least = kernel.map((size, n) => dilation[n] * (size - 1) + 1);
  const shape: Input["shape"] = [1 + numbers.below(18), least[0] + numbers.below(7), least[1] + numbers.below(7)];
  return {
    input: inputOf(shape, 1 + numbers.below(4)),
    window: { kernel, stride: two(() => 1 + numbers.below(3)), padding, dilation, ceilMode: numbers.below(2) === 1 },
  };
}

/** What a layer makes of an input, in 64-bit floats. */
function exactly(layer: LayerSpec, { shape, rows, x }: Input): Float64Array {
  const network = createExact({ input: shape, layers: [layer] });
  return network.predict(x, new Float64Array(rows * network.outputs));
}

describe("as computed number by number", () => {
  test("maxPool2d", () => {
    for (let n = 0; n < 60; n++) {
      const { input, window } = randomCase(true);
      expect([...exactly(maxPool2d(window.kernel, { ...window }), input)], JSON.stringify({ ...window, ...input.shape })).toEqual(pool(input, window, largest));
    }
  });

  test.each([[true], [false]])("avgPool2d, padding counts: %s", (countIncludePad) => {
    for (let n = 0; n < 40; n++) {
      const { input, window: { kernel, stride, padding, ceilMode } } = randomCase(false);
      const expected = pool(input, { kernel, stride, padding, ceilMode, dilation: [1, 1] }, mean(countIncludePad));
      const got = exactly(avgPool2d(kernel, { stride, padding, ceilMode, countIncludePad }), input);
      expect(largestDifference(got, expected), JSON.stringify({ kernel, stride, padding, ceilMode, ...input.shape })).toBeLessThan(1e-14);
    }
  });

  test("globalAvgPool2d", () => {
    for (const shape of [[1, 1, 1], [3, 1, 5], [9, 4, 3], [16, 7, 7]] as const) {
      const input = inputOf([...shape], 3), kernel: Size = [shape[1], shape[2]];
      const expected = pool(input, { kernel, stride: [1, 1], padding: [0, 0], dilation: [1, 1], ceilMode: false }, mean(true));
      expect(largestDifference(exactly(globalAvgPool2d(), input), expected)).toBeLessThan(1e-14);
    }
  });

  test("an image of one pixel passes", () => {
    const input = inputOf([5, 1, 1], 2);
    for (const layer of [maxPool2d(1), avgPool2d(1), globalAvgPool2d(), avgPool2d(3, { padding: 1, stride: 1, countIncludePad: false })]) {
      expect([...exactly(layer, input)]).toEqual([...input.x]);
    }
  });
});

test("the defaults: windows side by side, no padding, rounded down", () => {
  expect(maxPool2d(2)).toEqual({ type: "maxPool2d", kernel: 2 });
  const input = inputOf([2, 5, 7], 1);
  const one = { kernel: [2, 3] as Size, stride: [2, 3] as Size, padding: [0, 0] as Size, dilation: [1, 1] as Size, ceilMode: false };
  expect([...exactly(maxPool2d([2, 3]), input)]).toEqual(pool(input, one, largest));
  expect(createExact({ input: [2, 5, 7], layers: [avgPool2d([2, 3])] }).graph.outputShape).toEqual([2, 2, 2]);
});

// A dense layer before them asks for the gradient by what goes in.
const pools: [name: string, layer: LayerSpec][] = [
  ["maxPool2d of quarters", maxPool2d(2)],
  ["maxPool2d that overlaps", maxPool2d(3, { stride: 2, padding: 1 })],
  ["maxPool2d, dilated, rounded up", maxPool2d([2, 3], { stride: [1, 2], dilation: [3, 1], padding: [1, 0], ceilMode: true })],
  ["maxPool2d with gaps", maxPool2d(1, { stride: 3 })],
  ["avgPool2d", avgPool2d(2)],
  ["avgPool2d that overlaps", avgPool2d(3, { stride: [1, 2], padding: 1 })],
  ["avgPool2d, rounded up", avgPool2d([3, 2], { stride: 2, padding: [1, 1], ceilMode: true })],
  ["avgPool2d, padding not counted", avgPool2d(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false })],
  ["globalAvgPool2d", globalAvgPool2d()],
];

function behindDense(layer: LayerSpec, shape: readonly number[]): NetworkSpec {
  const size = shape.reduce((a, b) => a * b, 1);
  return { input: 4, layers: [dense(size, "tanh"), reshape(shape), layer, flatten(), dense(2)], seed: 4 };
}

describe.each(pools)("the gradient through %s", (_, layer) => {
  test.each([[[3, 5, 7]], [[9, 6, 4]]])("of %j agrees with differences", async (shape) => {
    using network = await Network.create(behindDense(layer, shape));
    const check = await gradientCheck(network, { x: numbers.array(3 * 4), y: numbers.array(3 * 2), loss: "meanSquaredError", samples: 60 });
    expect(check.maxRelativeError, JSON.stringify(check.worst)).toBeLessThan(1e-6);
  });

  test("has the same bits in both engines, after some steps", async () => {
    const spec = behindDense(layer, [11, 6, 5]);
    using network = await Network.create(spec);
    using twin = Network.createOn(createReferenceEngine("float32"), spec);
    const x = numbers.array(5 * 4), y = numbers.array(5 * 2);
    const losses = [network, twin].map((one) => {
      const trainer = new Trainer(one, { loss: "meanSquaredError", optimizer: "adam" });
      return Array.from({ length: 4 }, () => trainer.step(x, y));
    });
    expect(losses[0]).toEqual(losses[1]);
    expect(network.parameters()).toEqual(twin.parameters());
    expect(network.predict(x)).toEqual(twin.predict(x));
  });
});

test("the gradient of equal numbers goes to the first of a window", async () => {
  using network = await Network.create({ input: 1, layers: [dense(9), reshape([1, 3, 3]), maxPool2d(2, { stride: 1 })] });
  network.setParameters({ "0.weight": { data: new Float32Array(9) }, "0.bias": { data: [1, 1, 0, 1, 1, 1, 1, 1, 1] } });
  const { gradients } = new Trainer(network, { loss: "squaredError" }).gradients([[0]], [[0, 0, 0, 0]]);
  // Each window's output is 1, and so is its gradient; the second window's first 1 is the top one of the middle column.
  expect([...gradients["0.bias"].data]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0]);
});

test("a network that can't train below a pool keeps no index for it, and predictions are those of training", async () => {
  const layers = [maxPool2d(2), conv2d(3, 2, "relu"), maxPool2d(2, { ceilMode: true }), flatten(), dense(2)];
  using network = await Network.create({ input: [3, 9, 8], layers });
  const x = numbers.array(3 * 3 * 72), y = numbers.array(3 * 2);
  const trainer = new Trainer(network, { loss: "squaredError" });
  const loss = network.predict(x).reduce((total, value, n) => total + (value - y[n]) ** 2 / 2, 0) / 3;
  expect(trainer.step(x, y)).toBeCloseTo(loss, 5);
});

test.each<[layer: unknown, code: string, message: RegExp, input?: number[]]>([
  [maxPool2d(0), "range", /layers\[0\]\.kernel: .* got 0/],
  [maxPool2d("2" as never), "type", /layers\[0\]\.kernel: expected a whole number/],
  [maxPool2d(3, { padding: 2 }), "range", /layers\[0\]\.padding: expected at most half of the kernel \[3, 3\], got \[2, 2\]/],
  [maxPool2d(3, { padding: "same" as never }), "type", /layers\[0\]\.padding: expected a whole number or \[height, width\], got "same"/],
  [maxPool2d(3, { stride: [1, 0] }), "range", /layers\[0\]\.stride\[1\]/],
  [maxPool2d(3, { ceilMode: 1 as never }), "type", /layers\[0\]\.ceilMode: expected true or false, got 1/],
  [maxPool2d(2, { countIncludePad: true } as never), "unknown", /countIncludePad: no such option/],
  [maxPool2d(2, { padding: 1, dilation: 5, stride: 1 }), "shape", /layers\[0\]: a window with this padding and dilation has no point on the image \[2, 4, 4\]/],
  [maxPool2d(6), "shape", /layers\[0\]: a kernel that reaches over \[6, 6\] points doesn't fit an image \[2, 4, 4\]/],
  [maxPool2d(2), "shape", /layers\[0\]: expected an image/, [4]],
  [avgPool2d(2, { dilation: 2 } as never), "unknown", /dilation: no such option/],
  [avgPool2d(2, { countIncludePad: "no" as never }), "type", /layers\[0\]\.countIncludePad: expected true or false/],
  [avgPool2d([2, 3, 4] as never), "type", /layers\[0\]\.kernel/],
  [avgPool2d(5), "shape", /doesn't fit/],
  [globalAvgPool2d({ kernel: 2 } as never), "unknown", /kernel: no such option/],
  [globalAvgPool2d(), "shape", /layers\[0\]: expected an image/, [4, 4]],
])("%j is refused with the code %s", async (layer, code, message, input = [2, 4, 4]) => {
  const creation = Network.create({ input, layers: [layer as LayerSpec] });
  await expect(creation).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
});
