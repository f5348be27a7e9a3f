import { describe, expect, test } from "vitest";
import { MaxPieces, MaxPiecesBackward, Op, PreluBackward, PreluForward, PreluGradient, SumRow } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { stride } from "../support/denseShapes";
import { edges, finiteValues, flushed, ordinary, special, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();

const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 31, 33, 65];
const ROWS = [1, 2, 5, 63, 64, 65, 130, 256, 257, 520];
const kinds: Record<string, Values> = { ...finiteValues, edges, special };

interface Case {
  batch: number;
  points: number;
  rows: number;
  cols: number;
  gap: number;
  kind: string;
}

function* cases(): Generator<Case> {
  for (const [n, cols] of WIDTHS.entries()) {
    for (const [k, rows] of [ROWS[n % ROWS.length], ROWS[(n * 3 + 5) % ROWS.length]].entries()) {
      const points = rows % 5 === 0 && k === 0 ? 5 : 1;
      yield { batch: rows / points, points, rows, cols, gap: (n + k) % 3, kind: "ordinary" };
    }
  }
  for (const kind of Object.keys(kinds)) {
    for (const cols of [1, 3, 8, 11]) {
      for (const rows of [1, 6, 70]) yield { batch: rows, points: 1, rows, cols, gap: 0, kind };
    }
  }
}

function expectEqual(one: Case, records: Int32Array[]): void {
  oracle.setState({ rows: one.batch });
  const { differences } = oracle.run(records, 2);
  expect({ ...one, differences }).toEqual({ ...one, differences: [] });
}

function tensors({ rows, cols, gap, kind }: Case) {
  oracle.clear();
  const [ld, ldy] = [stride(cols, gap), stride(cols, (gap + 1) % 3)];
  return {
    ld, ldy, x: oracle.matrix(rows, cols, ld, kinds[kind]), dy: oracle.matrix(rows, cols, ldy, kind === "special" ? ordinary : kinds[kind]),
    other: oracle.matrix(rows, cols, ldy, ordinary), dx: oracle.matrix(rows, cols, ld, ordinary),
  };
}

describe("the core equals the reference bit for bit, and leaves padding and neighbours alone", () => {
  test.each([[1, "a weight for each column"], [0, "one weight"]])("PreluForward, in place and apart (%i: %s)", (each) => {
    for (const one of cases()) {
      const { x, ld, other, ldy } = tensors(one);
      const to = one.gap === 0 ? { y: x, ldy: ld } : { y: other, ldy };
      const weight = oracle.vector(each ? one.cols : 1, ordinary);
      expectEqual(one, [record(Op.PreluForward, PreluForward, { ...to, x, ldx: ld, weight, each, cols: one.cols }, one.points)]);
    }
  });

  test.each([[1, "a weight for each column"], [0, "one weight"]])("PreluBackward (%i: %s)", (each) => {
    for (const one of cases()) {
      const { x, ld, dy, ldy, dx } = tensors(one);
      const weight = oracle.vector(each ? one.cols : 1, ordinary);
      expectEqual(one, [record(Op.PreluBackward, PreluBackward, {
        dx, lddx: ld, dy, lddy: ldy, x, ldx: ld, weight, each, cols: one.cols,
      }, one.points)]);
    }
  });

  test("PreluGradient and SumRow", () => {
    for (const one of cases()) {
      const { x, ld, dy, ldy } = tensors(one);
      const dweight = oracle.vector(one.cols, ordinary), sum = oracle.vector(1, ordinary);
      expectEqual(one, [
        record(Op.PreluGradient, PreluGradient, {
          dweight, dy, lddy: ldy, x, ldx: ld, cols: one.cols, sums: oracle.scratch(padTo(8, one.cols) * 2),
        }, one.points),
        record(Op.SumRow, SumRow, { y: sum, x: dweight, cols: one.cols }),
      ]);
    }
  });

  test.each([1, 2, 3, 5])("MaxPieces and MaxPiecesBackward of %i pieces", (pieces) => {
    for (const one of cases()) {
      const { other: y, ldy, dy } = tensors(one);
      const { rows, cols: units, gap, points } = one;
      // Equal numbers as well: the first of the largest gets the gradient.
      const values: Values = rows % 2 === 0 ? (n) => n.pick([0, 1, 2]) : flushed(kinds[one.kind]);
      const ldz = stride(pieces * units, gap);
      const z = oracle.matrix(rows, pieces * units, ldz, values), dz = oracle.matrix(rows, pieces * units, ldz, ordinary);
      const index = oracle.reserve(rows * ldy);
      expectEqual(one, [
        record(Op.MaxPieces, MaxPieces, { y, ldy, index: gap === 2 ? 0 : index, z, ldz, units, pieces }, points),
        record(Op.MaxPiecesBackward, MaxPiecesBackward, { dz, lddz: ldz, dy, lddy: ldy, index, units, pieces }, points),
      ]);
    }
  });
});

test("a unit of maxout is its largest piece, and a NaN wherever it stands", () => {
  oracle.clear();
  oracle.setState({ rows: 1 });
  const numbers = [1, 5, NaN, 0, -1, 7, 4, 2, 0, 0, 3, 4, 9, NaN, -1];
  const z = oracle.matrix(1, 15, 16, () => numbers.shift()!), y = oracle.matrix(1, 5, 8, ordinary), index = oracle.reserve(8);
  oracle.run([record(Op.MaxPieces, MaxPieces, { y, ldy: 8, index, z, ldz: 16, units: 5, pieces: 3 })]);
  expect([0, 1, 2, 3, 4].map((unit) => oracle.float(y, unit))).toEqual([7, 5, NaN, NaN, 0]);
});

test("padding is written where an output is apart: a prediction's memory was another tensor's before", () => {
  for (const units of [1, 3, 4, 5, 9, 13]) {
    oracle.clear();
    oracle.setState({ rows: 3 });
    const ld = padTo(8, units), ldz = padTo(8, 2 * units);
    const y = oracle.matrix(3, ld, ld, (n) => n.uniform(1, 2)), z = oracle.matrix(3, 2 * units, ldz, ordinary);
    const { differences } = oracle.run([record(Op.MaxPieces, MaxPieces, { y, ldy: ld, index: 0, z, ldz, units, pieces: 2 })]);
    // The reference leaves padding alone.
    expect(differences.length).toBeGreaterThan(0);
    expect(differences.every((text) => text.includes("core 0, reference"))).toBe(true);
  }
});
