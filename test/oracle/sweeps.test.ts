import { describe, expect, test } from "vitest";
import {
  AvgPool, AvgPoolGradient, DepthwiseForward, DepthwiseInputGradient, DepthwiseWeightGradient, MaxPool, MaxPoolGradient, Op, RepeatColumns, SumRepeats,
} from "../../assembly/records";
import { windowCount } from "../../src/network/layers/window";
import type { PlanBuilder } from "../../src/plan/builder";
import { record } from "../../src/plan/record";
import { hasEmptyWindow, type SweepAxis, sweepBlocks } from "../../src/plan/sweep";
import { stride as strideOf } from "../support/denseShapes";
import { finiteValues, ordinary, SeededNumbers, special, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();
const WIDTHS = Array.from({ length: 18 }, (_, n) => n + 1);
const kinds: Values[] = [...Object.values(finiteValues), special];

function axis(size: number, kernel: number, stride: number, padding: number, dilation: number, ceilMode: boolean): SweepAxis {
  const twice = (n: number) => [n, n] as const;
  const window = { kernel: twice(kernel), stride: twice(stride), dilation: twice(dilation), before: twice(padding), after: twice(padding) };
  return { size, kernel, stride, padding, dilation, out: windowCount(size, window, 0, ceilMode) };
}

/** Windows of all kinds on an axis: overlapping, apart, dilated, cut off, with pixels that none reaches. */
function axes(numbers: SeededNumbers, dilated = true): SweepAxis {
  for (;;) {
    const kernel = 1 + numbers.below(5), one = axis(
      1 + numbers.below(11), kernel, 1 + numbers.below(4), numbers.below(Math.floor(kernel / 2) + 1), dilated ? 1 + numbers.below(3) : 1, numbers.below(2) === 1,
    );
    if (one.out >= 1) return one;
  }
}

const fixed: [SweepAxis, SweepAxis][] = [
  // Quarters, even and odd, and what only looks like them.
  [axis(8, 2, 2, 0, 1, false), axis(6, 2, 2, 0, 1, false)],
  [axis(7, 2, 2, 0, 1, false), axis(9, 2, 2, 0, 1, false)],
  [axis(7, 2, 2, 0, 1, false), axis(4, 2, 2, 0, 1, false)],
  [axis(2, 2, 2, 0, 1, false), axis(3, 2, 2, 0, 1, false)],
  [axis(7, 2, 2, 0, 1, true), axis(4, 2, 2, 0, 1, true)],
  [axis(6, 2, 2, 1, 1, false), axis(6, 2, 2, 0, 1, false)],
  // The whole image, and more rows than tiles of pixels take.
  [axis(7, 7, 1, 0, 1, false), axis(5, 5, 1, 0, 1, false)],
  [axis(9, 3, 1, 1, 1, false), axis(14, 3, 1, 1, 1, false)],
  [axis(9, 3, 2, 1, 1, false), axis(17, 3, 2, 1, 1, false)],
  [axis(12, 5, 1, 2, 1, false), axis(12, 7, 1, 3, 1, false)],
  [axis(11, 3, 1, 2, 2, false), axis(13, 3, 2, 2, 2, false)],
  // No tap of some windows lies on a pixel.
  [axis(4, 2, 1, 1, 5, false), axis(5, 2, 1, 1, 5, false)],
];

interface Case {
  y: SweepAxis;
  x: SweepAxis;
  batch: number;
  cols: number;
  gap: number;
  values: Values;
}

function* cases(count: number, dilated = true): Generator<Case> {
  const numbers = new SeededNumbers(7);
  for (const [n, cols] of WIDTHS.entries()) {
    const shapes = [...fixed.filter((_, m) => (m + n) % 3 === 0), ...Array.from({ length: count }, () => [axes(numbers, dilated), axes(numbers, dilated)] as const)];
    for (const [m, [y, x]] of shapes.entries()) {
      if (!dilated && (y.dilation > 1 || x.dilation > 1)) continue;
      yield { y, x, batch: 1 + ((n + m) % 5), cols, gap: m % 2, values: kinds[(n + m) % kinds.length] };
    }
  }
}

/** The blocks of a sweep in the oracle's memory. */
function blocks({ y, x }: Case, unnumbered = false) {
  return sweepBlocks({ training: true, integers: (values: Int32Array) => oracle.integers([...values]) } as unknown as PlanBuilder, y, x, unnumbered);
}

/** The pixels of a batch, padded rows of `cols` numbers each. */
function image(one: Case, points: number, values = one.values): number {
  return oracle.matrix(one.batch * points, one.cols, strideOf(one.cols, one.gap), values);
}

function expectEqual(one: Case, build: (one: Case) => Int32Array[]): void {
  oracle.clear();
  oracle.setState({ rows: one.batch });
  const { differences } = oracle.run(build(one), 2);
  expect({ ...one, differences }).toEqual({ ...one, differences: [] });
}

const inPoints = ({ y, x }: Case) => y.size * x.size;
const outPoints = ({ y, x }: Case) => y.out * x.out;

describe("the core equals the reference bit for bit, and leaves padding and neighbours alone", () => {
  test("MaxPool with and without the index, and MaxPoolGradient", () => {
    for (const one of cases(12)) {
      // maxPool2d refuses windows without a pixel: nothing says which tap is their first.
      if (hasEmptyWindow(one.y) || hasEmptyWindow(one.x)) continue;
      const ld = strideOf(one.cols, one.gap);
      expectEqual(one, () => {
        const { shape, forward, backward } = blocks(one), fields = { cols: one.cols, shape };
        const [x, y, index] = [image(one, inPoints(one)), image(one, outPoints(one), ordinary), oracle.reserve(one.batch * outPoints(one) * ld)];
        return [
          record(Op.MaxPool, MaxPool, { y, ldy: ld, x, ldx: ld, ...fields, table: forward, index }),
          record(Op.MaxPool, MaxPool, { y: image(one, outPoints(one), ordinary), ldy: ld, x, ldx: ld, ...fields, table: forward, index: 0 }),
          record(Op.MaxPoolGradient, MaxPoolGradient, {
            dx: image(one, inPoints(one), ordinary), lddx: ld, dy: image(one, outPoints(one)), lddy: ld, ...fields, table: backward, index,
          }),
        ];
      });
    }
  });

  test.each([[false], [true]])("AvgPool and AvgPoolGradient, taps unnumbered: %s", (unnumbered) => {
    for (const one of cases(8, false)) {
      const ld = strideOf(one.cols, one.gap);
      expectEqual(one, () => {
        const { shape, forward, backward } = blocks(one, unnumbered);
        const fields = { cols: one.cols, shape, divisors: oracle.integers(Array.from({ length: outPoints(one) }, () => 1 + oracle.numbers.below(30))) };
        return [
          record(Op.AvgPool, AvgPool, {
            y: image(one, outPoints(one), ordinary), ldy: ld, x: image(one, inPoints(one)), ldx: ld, ...fields, table: forward,
          }),
          record(Op.AvgPoolGradient, AvgPoolGradient, {
            dx: image(one, inPoints(one), ordinary), lddx: ld, dy: image(one, outPoints(one)), lddy: ld, ...fields, table: backward,
          }),
        ];
      });
    }
  });

  test("DepthwiseForward and DepthwiseInputGradient", () => {
    for (const [n, one] of [...cases(12)].entries()) {
      const ld = strideOf(one.cols, one.gap);
      expectEqual(one, () => {
        const { shape, forward, backward } = blocks(one), taps = one.y.kernel * one.x.kernel;
        const w = oracle.panels(taps, one.cols, one.values), fields = { cols: one.cols, shape, w };
        return [
          record(Op.DepthwiseForward, DepthwiseForward, {
            z: image(one, outPoints(one), ordinary), ldz: ld, x: image(one, inPoints(one)), ldx: ld, ...fields, table: forward,
            bias: n % 2 === 0 ? 0 : oracle.vector(one.cols, one.values),
          }),
          record(Op.DepthwiseInputGradient, DepthwiseInputGradient, {
            dx: image(one, inPoints(one), ordinary), lddx: ld, dz: image(one, outPoints(one)), lddz: ld, ...fields, table: backward,
          }),
        ];
      });
    }
  });

  test("DepthwiseWeightGradient, and each of its two gradients alone", () => {
    for (const [n, one] of [...cases(12)].entries()) {
      // What is beside an image stays out by its place and not by a factor of 0, so numbers that are not finite do no harm there.
      const ld = strideOf(one.cols, one.gap), taps = one.y.kernel * one.x.kernel;
      expectEqual(one, () => [record(Op.DepthwiseWeightGradient, DepthwiseWeightGradient, {
        dw: n % 5 === 1 ? 0 : oracle.panels(taps, one.cols, ordinary), dbias: n % 3 === 0 ? 0 : oracle.vector(one.cols, ordinary),
        x: image(one, inPoints(one)), ldx: ld, dz: image(one, outPoints(one)), lddz: ld, cols: one.cols, shape: blocks(one).shape,
      })]);
    }
  });

  test("RepeatColumns, whatever was in the padding, and SumRepeats", () => {
    for (const cols of WIDTHS) {
      for (const times of [1, 2, 3, 5, 8]) {
        for (const [n, values] of kinds.entries()) {
          const rows = 1 + ((cols + n) % 4), points = 1 + (n % 3), wide = strideOf(cols * times, n % 2), narrow = strideOf(cols, times % 2);
          oracle.clear();
          oracle.setState({ rows });
          const matrix = (width: number, ld: number, kind: Values) => oracle.matrix(rows * points, width, ld, kind);
          const { differences } = oracle.run([
            record(Op.RepeatColumns, RepeatColumns, {
              y: matrix(padTo(8, cols * times), wide, ordinary), ldy: wide, x: matrix(cols, narrow, values), ldx: narrow, cols, times,
            }, points),
            record(Op.SumRepeats, SumRepeats, {
              dx: matrix(cols, narrow, ordinary), lddx: narrow, dy: matrix(cols * times, wide, values), lddy: wide, cols, times,
            }, points),
          ], 2);
          expect({ cols, times, rows, points, differences }).toEqual({ cols, times, rows, points, differences: [] });
        }
      }
    }
  });
});
