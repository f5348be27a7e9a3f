import { describe, expect, test } from "vitest";
import { Dropout, DropoutBackward, DRAWN, DRAWN_ROOM, GaussianNoise, Op } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { splitSeed } from "../../src/core/seed";
import { philox } from "../../src/reference/random";
import { stride } from "../support/denseShapes";
import { edges, finiteValues, ordinary, SeededNumbers, special, type Values, wide } from "../support/numbers";
import { Oracle } from "../support/oracle";

const oracle = await Oracle.create();

/** All tails of a vector, of a panel and of the sixteen numbers that are drawn at once. */
const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 24, 31, 32, 33, 64, 65, 257];
/** Rows of which two, one, or a part is drawn at once. */
const LONG = [DRAWN / 2 - 1, DRAWN / 2, DRAWN / 2 + 1, DRAWN - 1, DRAWN, DRAWN + 1, 2 * DRAWN + 5];
const kinds: Record<string, Values> = { ...finiteValues, wide, edges, special };
const [seedLow, seedHigh] = splitSeed(0x1f234589abcdef);
const source = { seedLow, seedHigh, stream: 0x80000007 };

interface Case {
  rows: number;
  points: number;
  cols: number;
  gap: number;
  values: Values;
  rate: number;
  pass: number;
  inPlace: boolean;
  offsets: boolean;
}

function* cases(): Generator<Case> {
  for (const [n, cols] of [...WIDTHS, ...LONG].entries()) {
    const rowCounts = cols < 20 ? [1, 2, 5, 9, 130] : cols < DRAWN / 4 ? [1, 2, 5, 9] : [1, 3];
    for (const [k, rows] of rowCounts.entries()) {
      for (const values of rows < 100 && cols < DRAWN / 4 ? Object.values(kinds) : [ordinary]) {
        yield {
          rows, points: [1, 3, 2][(n + k) % 3], cols, gap: n % 3, values, rate: [0.5, 0.1, 0.9, 1e-12, 1 - 2 ** -40][(n + rows) % 5],
          pass: [0, 1, 77, 2 ** 32 - 1, 2 ** 32 + 5][(n + k) % 5], inPlace: (n + rows) % 2 === 0, offsets: (n + rows) % 4 > 1,
        };
      }
    }
  }
}

/** The least of the 32-bit words that keep a number. */
const thresholdOf = (rate: number) => Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);

function expectEqual(one: Case, build: () => Int32Array): void {
  oracle.clear();
  oracle.setState({ rows: one.rows, pass: one.pass });
  // Two rounds; in place, the second takes what the first has made.
  const { differences } = oracle.run([build()], 2);
  expect({ ...one, differences }).toEqual({ ...one, differences: [] });
}

describe("the core equals the reference bit for bit, and leaves padding and neighbours alone", () => {
  test("in Dropout, in place and apart, with offsets and without", () => {
    for (const one of cases()) {
      expectEqual(one, () => {
        const { points, cols, rate } = one, ld = stride(cols, one.gap), rows = one.rows * points;
        const x = oracle.matrix(rows, cols, ld, one.values);
        return record(Op.Dropout, Dropout, {
          y: one.inPlace ? x : oracle.matrix(rows, cols, ld, ordinary), x, mask: oracle.matrix(rows, cols, ld, ordinary), cols, ld,
          threshold: thresholdOf(rate), scale: oracle.constant(1 / (1 - rate)), kept: one.offsets ? oracle.constant(0.3) : 0,
          dropped: one.offsets ? oracle.constant(-0.7) : 0, ...source, words: oracle.scratch(DRAWN_ROOM),
        }, points);
      });
    }
  });

  test("in DropoutBackward, in place and apart", () => {
    for (const one of cases()) {
      expectEqual(one, () => {
        const { points, cols } = one, ld = stride(cols, one.gap), rows = one.rows * points;
        const dy = oracle.matrix(rows, cols, ld, one.values);
        const mask = oracle.matrix(rows, cols, ld, (n) => n.pick([0, 1.25]));
        return record(Op.DropoutBackward, DropoutBackward, {
          dx: one.inPlace ? dy : oracle.matrix(rows, cols, ld, ordinary), dy, mask, cols, ld,
        }, points);
      });
    }
  });

  test("in GaussianNoise, in place and apart", () => {
    for (const one of cases()) {
      expectEqual(one, () => {
        const { points, cols } = one, ld = stride(cols, one.gap), rows = one.rows * points;
        const x = oracle.matrix(rows, cols, ld, one.values);
        return record(Op.GaussianNoise, GaussianNoise, {
          y: one.inPlace ? x : oracle.matrix(rows, cols, ld, ordinary), x, cols, ld,
          deviation: one.offsets ? oracle.constant(0.1) : oracle.constant(3), ...source, numbers: oracle.scratch(DRAWN_ROOM),
        }, points);
      });
    }
  });
});

/** y and mask, row by row without padding, of ones: what Dropout makes of them. */
function drop(rows: number, points: number, cols: number, gap: number, rate: number, pass: number, stream = 3): { y: number[]; mask: number[] } {
  oracle.clear();
  oracle.setState({ rows, pass });
  const ld = stride(cols, gap), x = oracle.matrix(rows * points, cols, ld, () => 1);
  const [y, mask] = [0, 1].map(() => oracle.matrix(rows * points, cols, ld, ordinary));
  const { differences } = oracle.run([record(Op.Dropout, Dropout, {
    y, x, mask, cols, ld, threshold: thresholdOf(rate), scale: oracle.constant(1 / (1 - rate)), kept: 0, dropped: 0, ...source, stream,
    words: oracle.scratch(DRAWN_ROOM),
  }, points)]);
  expect(differences).toEqual([]);
  const read = (address: number) => Array.from({ length: rows * points * cols }, (_, n) => (
    oracle.float(address, Math.floor(n / cols) * ld + (n % cols))
  ));
  return { y: read(y), mask: read(mask) };
}

describe("the numbers of a mask", () => {
  test("are those of (seed, stream, pass, row · cols + column), however rows are padded and points divided", () => {
    const rate = 0.4, rows = 6, cols = 21;
    const words = new Uint32Array(4);
    const expected = Array.from({ length: rows * cols }, (_, index) => {
      philox(words, index >>> 2, 9, 3, 0, seedLow, seedHigh);
      return words[index & 3] >= rate * 2 ** 32 ? Math.fround(1 / 0.6) : 0;
    });
    for (const [points, gap] of [[1, 0], [1, 2], [2, 0], [3, 1], [6, 0]]) expect(drop(rows / points, points, cols, gap, rate, 9).mask).toEqual(expected);
  });

  /** With fixed seeds a test of chance always ends the same way; five deviations would fail one seed in two million. */
  const DEVIATIONS = 5;

  test.each([0.1, 0.5, 0.9])("drop a share of %d, and leave the mean as it is", (rate) => {
    const { y, mask } = drop(256, 1, 200, 0, rate, 4);
    const kept = mask.filter((value) => value !== 0).length;
    expect(Math.abs(kept - y.length * (1 - rate))).toBeLessThan(DEVIATIONS * Math.sqrt(y.length * rate * (1 - rate)));
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    expect(Math.abs(mean - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(rate / (1 - rate) / y.length));
    expect(y).toEqual(mask);
  });

  test("of two passes, and of two streams, have nothing to do with one another", () => {
    const rate = 0.3, first = drop(256, 1, 200, 0, rate, 4).mask;
    for (const other of [drop(256, 1, 200, 0, rate, 5).mask, drop(256, 1, 200, 0, rate, 4, 4).mask]) {
      const agreeing = first.filter((value, n) => value === other[n]).length, share = rate ** 2 + (1 - rate) ** 2;
      expect(Math.abs(agreeing - first.length * share)).toBeLessThan(DEVIATIONS * Math.sqrt(first.length * share * (1 - share)));
    }
  });
});

test("a mask doesn't depend on where the part of a thread starts", () => {
  // The oracle divides each of these among teams of 2, 3, 4 and 7; their parts start at indices with every remainder of four.
  const numbers = new SeededNumbers(2);
  for (let n = 0; n < 20; n++) drop(37 + numbers.below(5), 1, 5 + numbers.below(20), 0, 0.5, n);
});
