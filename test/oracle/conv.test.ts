import { describe, expect, test } from "vitest";
import { ConvProduct, ConvTurn, ConvWeightGradient, Op, WINDOW_WORDS } from "../../assembly/records";
import { pairOf, windowGeometry, windowGrid, type WindowOptions } from "../../src/network/layers/window";
import { panelsLength } from "../../src/plan/builder";
import {
  type Convolution, convolutionTerms, forwardWindow, gradientScratch, inputGradientWindows, productScratch,
} from "../../src/plan/convolution";
import { record } from "../../src/plan/record";
import { finiteValues, ordinary, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create(1 << 24);

/** Two rounds, so that what the first leaves behind is met by the second. */
const ROUNDS = 2;

interface Case extends WindowOptions {
  image: readonly [channels: number, height: number, width: number];
  outputs: number;
  groups?: number;
  batch?: number;
  /** An image of one channel as users give it: point beside point. */
  line?: boolean;
  withBias?: boolean;
}

function convolution({ image: [inputs, height, width], outputs, groups = 1, ...options }: Case): Convolution {
  const geometry = windowGeometry(options);
  return { image: [height, width], grid: windowGrid("case", geometry, [inputs, height, width]), inputs, outputs, groups, ...geometry };
}

/** A tensor of points by columns, or of points side by side. */
function tensor(batch: number, points: number, cols: number, values: Values, line = false) {
  const point = line ? 1 : padTo(8, cols), row = line ? padTo(8, points) : points * point;
  const address = line ? oracle.matrix(batch, points, row, values) : oracle.matrix(batch * points, cols, point, values);
  return { address, point, row };
}

/** Weights of all groups. */
function weights(groups: number, terms: number, cols: number, values: Values): number {
  const length = panelsLength(terms, cols);
  if (groups === 1) return oracle.panels(terms, cols, values);
  const stride = padTo(4, terms) * 8, address = oracle.reserve(groups * length);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < cols; o++) {
      for (let k = 0; k < terms; k++) oracle.write(address, g * length + (o >> 3) * stride + k * 8 + (o & 7), values(oracle.numbers));
    }
  }
  return address;
}

function layOut(one: Case, values: Values, toX: Values, toZ: Values) {
  const c = convolution(one), { batch = 1, line } = one;
  const { groups, inputs, outputs } = c, terms = convolutionTerms(c);
  const points = c.image[0] * c.image[1], windows = c.grid[0] * c.grid[1];
  const x = tensor(batch, points, inputs, toX, line), z = tensor(batch, windows, outputs, toZ);
  const scratch = (floats: number[]) => floats.map((count) => oracle.scratch(count));
  const window = oracle.integers([...forwardWindow(c, x, z.point)]);
  return { c, x, z, terms, groups, channels: inputs / groups, cols: outputs / groups, points, windows, window, scratch, w: () => weights(groups, terms, outputs / groups, values) };
}

const forward = (one: Case, values: Values): Int32Array[] => {
  const { c, x, z, groups, channels, cols, windows, window, scratch, w } = layOut(one, values, values, ordinary);
  const [pack, places, zeros, sums] = scratch(productScratch(channels, cols, groups));
  return [record(Op.ConvProduct, ConvProduct, {
    y: z.address, x: x.address, w: w(), bias: one.withBias === false ? 0 : oracle.vector(c.outputs, values), windows: window, count: 1, groups,
    pack, places, zeros, sums,
  }, windows)];
};

const weightGradient = (one: Case, values: Values): Int32Array[] => {
  const { c, x, z, groups, channels, windows, window, scratch, w } = layOut(one, ordinary, values, values);
  const [pack, places, zeros, strip] = scratch(gradientScratch(channels));
  return [record(Op.ConvWeightGradient, ConvWeightGradient, {
    dw: w(), dbias: one.withBias === false ? 0 : oracle.vector(c.outputs, ordinary), x: x.address, dz: z.address, lddz: z.point, window, groups,
    pack, places, zeros, strip,
  }, windows)];
};

const inputGradient = (one: Case, values: Values): Int32Array[] => {
  const { c, x, z, groups, channels, cols, points, scratch, w } = layOut({ ...one, line: false }, values, ordinary, values);
  const { windows, count, length } = inputGradientWindows(c, z, x);
  const [pack, places, zeros, sums] = scratch(productScratch(cols, channels, groups, c.stride));
  const block = { windows: oracle.integers([...windows]), count, groups }, turned = oracle.reserve(length);
  return [
    record(Op.ConvTurn, ConvTurn, { to: turned, w: w(), ...block, taps: c.kernel[0] * c.kernel[1] }),
    record(Op.ConvProduct, ConvProduct, { y: x.address, x: z.address, w: turned, bias: 0, ...block, pack, places, zeros, sums }, points),
  ];
};

type Build = (one: Case, values: Values) => Int32Array[];

function expectEqual(build: Build, one: Case, values: Values = ordinary): void {
  oracle.clear();
  oracle.setState({ rows: one.batch ?? 1 });
  const { differences } = oracle.run(build(one, values), ROUNDS);
  expect({ ...one, differences }).toEqual({ ...one, differences: [] });
}

/** Every stride, padding and dilation with kernels of several shapes, on images of odd sizes. */
function* windowCases(): Generator<Case> {
  for (const kernel of [1, 2, 3, [1, 4], [5, 2]] as const) {
    for (const stride of [1, 2, 3, [2, 1], [4, 6]] as const) {
      for (const [n, padding] of ([0, 1, [2, 3]] as const).entries()) {
        for (const dilation of [1, 2, [3, 4]] as const) {
          const [kh, kw] = pairOf(kernel), [dh, dw] = pairOf(dilation), [ph, pw] = pairOf(padding);
          const [height, width] = [7, 9];
          if (dh * (kh - 1) >= height + 2 * ph || dw * (kw - 1) >= width + 2 * pw) continue;
          yield { image: [[3, 4, 1, 8][(kh + n) % 4], height, width], outputs: [5, 8, 2, 9][(kw + n) % 4], kernel, stride, padding, dilation, batch: 2 };
        }
      }
    }
  }
}

describe.each([["forward", forward], ["the weight gradient", weightGradient], ["the input gradient", inputGradient]] as [string, Build][])(
  "%s of a convolution equals the reference bit for bit, and leaves padding and neighbours alone",
  (_name, build) => {
    test("for every stride, padding and dilation", () => {
      for (const one of windowCases()) expectEqual(build, one);
    });

    test("for every tail of channels", () => {
      for (let size = 1; size <= 18; size++) {
        expectEqual(build, { image: [size, 4, 5], outputs: 3, kernel: 3, padding: 1, withBias: size % 2 === 0 });
        expectEqual(build, { image: [5, 5, 4], outputs: size, kernel: [2, 3], padding: [0, 1], withBias: size % 2 === 1 });
      }
      for (const [inputs, outputs] of [[20, 24], [32, 64], [33, 31], [40, 17], [64, 33]]) {
        expectEqual(build, { image: [inputs, 5, 5], outputs, kernel: 3, padding: 1, batch: 2 });
      }
    });

    test("where sums take several passes, and targets several blocks", () => {
      expectEqual(build, { image: [70, 4, 4], outputs: 9, kernel: 3, padding: 1 });
      expectEqual(build, { image: [72, 3, 5], outputs: 70, kernel: 3, padding: 1, batch: 3 });
      expectEqual(build, { image: [1, 3, 3], outputs: 300, kernel: 3, padding: 1 });
      expectEqual(build, { image: [300, 2, 2], outputs: 8, kernel: 2, padding: 1 });
      expectEqual(build, { image: [3, 13, 11], outputs: 8, kernel: 3, padding: 1, batch: 4 });
      expectEqual(build, { image: [4, 15, 17], outputs: 8, kernel: 3, stride: 2, padding: 1, batch: 5 });
      for (const batch of [1, 2, 3, 5, 8, 33]) expectEqual(build, { image: [4, 4, 4], outputs: 8, kernel: 3, batch });
    });

    test("where a kernel covers more than the image, and where its windows are in the padding alone", () => {
      expectEqual(build, { image: [3, 2, 3], outputs: 4, kernel: 5, padding: 2, batch: 3 });
      expectEqual(build, { image: [4, 3, 2], outputs: 9, kernel: [7, 5], padding: 3, stride: 2 });
      expectEqual(build, { image: [2, 3, 3], outputs: 3, kernel: 2, padding: 4, stride: 3 });
      expectEqual(build, { image: [5, 1, 1], outputs: 6, kernel: 1, batch: 7 });
      expectEqual(build, { image: [5, 1, 1], outputs: 6, kernel: 1, stride: 2, batch: 70 });
      expectEqual(build, { image: [5, 1, 6], outputs: 6, kernel: [1, 3], padding: [0, 1] });
    });

    test("for an even kernel that keeps the size", () => {
      expectEqual(build, { image: [4, 5, 6], outputs: 8, kernel: [2, 4], padding: "same", batch: 2 });
      expectEqual(build, { image: [3, 5, 6], outputs: 3, kernel: [4, 2], padding: "same", dilation: [1, 3] });
    });

    test("for groups of channels, whole panels and others", () => {
      for (const [inputs, outputs, groups] of [[4, 4, 4], [6, 3, 3], [16, 16, 2], [12, 20, 4], [3, 9, 3], [24, 8, 2], [8, 32, 8], [10, 15, 5]]) {
        expectEqual(build, { image: [inputs, 5, 6], outputs, groups, kernel: 3, padding: 1, batch: 2 });
        expectEqual(build, { image: [inputs, 6, 5], outputs, groups, kernel: 2, stride: 2 });
      }
    });

    test.each(Object.keys(finiteValues) as (keyof typeof finiteValues)[])("for %s numbers, with a bias and without", (kind) => {
      for (const withBias of [true, false]) {
        for (const [inputs, outputs, groups] of [[4, 8, 1], [3, 5, 1], [4, 6, 2]]) {
          expectEqual(build, { image: [inputs, 5, 5], outputs, groups, kernel: 3, padding: 1, withBias, batch: 2 }, finiteValues[kind]);
        }
      }
    });
  },
);

describe.each([["forward", forward], ["the weight gradient", weightGradient]] as [string, Build][])("%s of an image whose points lie side by side", (_name, build) => {
  test("for every stride, padding and dilation", () => {
    for (const one of windowCases()) expectEqual(build, { ...one, image: [1, one.image[1], one.image[2]], line: true });
  });

  test("for lines of every length, alone and several", () => {
    for (let width = 1; width <= 18; width++) {
      for (const kernel of [1, 3, 5]) {
        expectEqual(build, { image: [1, 3, width], outputs: 8, kernel, padding: kernel >> 1, line: true, batch: 1 + (width % 3) });
      }
    }
    expectEqual(build, { image: [1, 28, 28], outputs: 16, kernel: 3, padding: 1, line: true, batch: 2 });
    expectEqual(build, { image: [1, 20, 20], outputs: 4, kernel: 18, padding: 1, line: true });
  });
});

// The reference against a convolution from its definition, in 64 bits: its order and layouts are right, not only the same.

test("the reference computes the convolution of its definition, and its gradients", () => {
  const whole: Values = (n) => n.below(9) - 4;
  const cases: Case[] = [
    { image: [3, 6, 5], outputs: 4, kernel: [3, 2], padding: [1, 0], stride: [2, 1], dilation: [1, 2], batch: 2 },
    { image: [4, 5, 7], outputs: 6, kernel: 3, padding: 2, stride: 3, groups: 2, batch: 2 },
    { image: [2, 6, 6], outputs: 9, kernel: 2, padding: "same" },
    { image: [3, 7, 7], outputs: 3, kernel: 3, stride: 2, dilation: 2, padding: 1, groups: 3 },
    { image: [2, 5, 5], outputs: 10, kernel: 1, stride: 2, batch: 3 },
  ];
  for (const one of cases) {
    const c = convolution(one), { batch = 1 } = one, { groups } = c;
    const [H, W] = c.image, [oh, ow] = c.grid, [kh, kw] = c.kernel;
    const channels = c.inputs / groups, cols = c.outputs / groups, terms = convolutionTerms(c), group = panelsLength(terms, cols);
    const [ldx, ldz] = [padTo(8, c.inputs), padTo(8, c.outputs)];
    const weightAt = (o: number, ch: number, ky: number, kx: number) => (
      Math.floor(o / cols) * group + ((o % cols) >> 3) * padTo(4, terms) * 8 + ((ky * kw + kx) * channels + ch) * 8 + ((o % cols) & 7)
    );
    /** Visits all products of the definition. */
    const eachProduct = (visit: (z: number, x: number, w: number) => void) => {
      for (let b = 0; b < batch; b++) for (let o = 0; o < c.outputs; o++) for (let oy = 0; oy < oh; oy++) for (let ox = 0; ox < ow; ox++) {
        for (let ch = 0; ch < channels; ch++) for (let ky = 0; ky < kh; ky++) for (let kx = 0; kx < kw; kx++) {
          const y = oy * c.stride[0] - c.before[0] + ky * c.dilation[0], x = ox * c.stride[1] - c.before[1] + kx * c.dilation[1];
          if (y < 0 || y >= H || x < 0 || x >= W) continue;
          const input = Math.floor(o / cols) * channels + ch;
          visit(((b * oh + oy) * ow + ox) * ldz + o, ((b * H + y) * W + x) * ldx + input, weightAt(o, ch, ky, kx));
        }
      }
    };
    for (const [name, build] of Object.entries({ forward, weightGradient, inputGradient })) {
      oracle.clear();
      oracle.setState({ rows: batch });
      const records = build({ ...one, withBias: false }, whole);
      const [words] = records.slice(-1);
      const [x, z] = name === "inputGradient" ? [words[ConvProduct.y], words[ConvProduct.x]]
        : name === "forward" ? [words[ConvProduct.x], words[ConvProduct.y]] : [words[ConvWeightGradient.x], words[ConvWeightGradient.dz]];
      const w = name === "inputGradient" ? records[0][ConvTurn.w] : name === "forward" ? words[ConvProduct.w] : words[ConvWeightGradient.dw];
      const expected = new Map<number, number>();
      const add = (place: number, value: number) => expected.set(place, (expected.get(place) ?? 0) + value);
      // Whole numbers: sums are exact in whatever order. Operands are read before the run.
      eachProduct((zi, xi, wi) => {
        if (name === "forward") add(zi, oracle.float(x, xi) * oracle.float(w, wi));
        else if (name === "weightGradient") add(wi, oracle.float(x, xi) * oracle.float(z, zi));
        else add(xi, oracle.float(z, zi) * oracle.float(w, wi));
      });
      expect(oracle.run(records).differences).toEqual([]);
      const result = name === "forward" ? z : name === "weightGradient" ? w : x;
      const wrong = [...expected].filter(([place, value]) => oracle.float(result, place) !== value);
      expect({ one, name, wrong: wrong.length }).toEqual({ one, name, wrong: 0 });
    }
  }
});

test("the comparison sees a difference where there is one: the places that only the core notes, where they are not left out", () => {
  oracle.clear();
  oracle.setState({ rows: 1 });
  const [words] = forward({ image: [4, 3, 3], outputs: 8, kernel: 3 }, ordinary);
  words[ConvProduct.places] = oracle.reserve(WINDOW_WORDS * 16);
  expect(oracle.run([words]).differences).not.toEqual([]);
});
