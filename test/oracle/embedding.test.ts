import { describe, expect, test } from "vitest";
import { EmbeddingForward, EmbeddingWeightGradient, Op } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { stride } from "../support/denseShapes";
import { finiteValues, flushed, ordinary, special, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();

const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 24, 31, 32, 33, 64, 65, 257];
const kinds: Values[] = [...Object.values(finiteValues), special];

interface Case {
  rows: number;
  points: number;
  count: number;
  cols: number;
  gap: number;
  values: Values;
}

function* cases(): Generator<Case> {
  for (const [n, cols] of WIDTHS.entries()) {
    for (const [k, rows] of [1, 2, 5, 33].entries()) {
      for (const values of kinds) yield { rows, points: [1, 3, 8, 13][(n + k) % 4], count: [1, 2, 7, 50][(n + 2 * k) % 4], cols, gap: n % 3, values };
    }
  }
}

/** The indices of a batch, and the rest of a record, with the address of what it makes. */
function build(one: Case, isForward: boolean): { words: Int32Array; made: number; given: number; x: number } {
  const { rows, points, count, cols, gap, values } = one;
  const ld = stride(cols, gap), ldx = stride(points, gap), table = padTo(8, cols);
  const x = oracle.matrix(rows, points, ldx, (n) => n.below(count));
  const w = oracle.matrix(count, cols, table, isForward ? values : ordinary);
  const y = oracle.matrix(rows * points, cols, ld, isForward ? ordinary : flushed(values));
  return isForward
    ? { x, made: y, given: w, words: record(Op.EmbeddingForward, EmbeddingForward, { y, ldy: ld, x, ldx, w, cols }, points) }
    : { x, made: w, given: y, words: record(Op.EmbeddingWeightGradient, EmbeddingWeightGradient, { dw: w, dy: y, lddy: ld, x, ldx, count, cols }, points) };
}

describe("the core equals the reference bit for bit, and leaves padding and neighbours alone", () => {
  test.each([["EmbeddingForward", true], ["EmbeddingWeightGradient", false]])("in %s", (_name, isForward) => {
    for (const one of cases()) {
      oracle.clear();
      oracle.setState({ rows: one.rows });
      const { differences } = oracle.run([build(one, isForward).words], 2);
      expect({ ...one, differences }).toEqual({ ...one, differences: [] });
    }
  });
});

/** The numbers of a matrix, without padding. */
function read(address: number, rows: number, cols: number, ld: number): number[][] {
  return Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, c) => oracle.float(address, row * ld + c)));
}

test("the rows that are named come out, and the sums of their gradients go back", () => {
  const one: Case = { rows: 5, points: 7, count: 9, cols: 10, gap: 1, values: ordinary };
  const { rows, points, count, cols, gap } = one;
  for (const isForward of [true, false]) {
    oracle.clear();
    oracle.setState({ rows });
    const { words, made, given, x } = build(one, isForward);
    expect(oracle.run([words]).differences).toEqual([]);
    const indices = read(x, rows, points, stride(points, gap)).flat();
    if (isForward) {
      const w = read(given, count, cols, padTo(8, cols));
      expect(read(made, rows * points, cols, stride(cols, gap))).toEqual(indices.map((index) => w[index]));
    } else {
      const dy = read(given, rows * points, cols, stride(cols, gap));
      const sums = Array.from({ length: count }, () => new Array<number>(cols).fill(0));
      indices.forEach((index, n) => dy[n].forEach((value, c) => sums[index][c] = Math.fround(sums[index][c] + value)));
      expect(read(made, count, cols, padTo(8, cols))).toEqual(sums);
    }
  }
});
