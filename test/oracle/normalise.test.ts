import { describe, expect, test } from "vitest";
import {
  ColumnMoments, LayerNormBackward, LayerNormForward, Normalise, NormaliseBackward, NormaliseSums, Op, RunningInverse, RunningMoments,
} from "../../assembly/records";
import { record } from "../../src/plan/record";
import { stride } from "../support/denseShapes";
import { finiteValues, ordinary, special, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();

/** All tails of a vector, a panel and two panels, and more panels than a team has threads. */
const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 31, 33, 65];
/** Both sides of the rows that stay in L1, and of a block of sums. */
const ROWS = [1, 2, 5, 63, 64, 65, 130, 255, 256, 257, 520];
const kinds: Record<string, Values> = { ...finiteValues, special };

interface Case {
  batch: number;
  points: number;
  rows: number;
  cols: number;
  gap: number;
  /** Whether there are weight and bias. */
  affine: boolean;
  kind: string;
}

function* cases(): Generator<Case> {
  for (const [n, cols] of WIDTHS.entries()) {
    for (const [k, rows] of [ROWS[n % ROWS.length], ROWS[(n * 3 + 5) % ROWS.length]].entries()) {
      const points = rows % 5 === 0 && k === 0 ? 5 : 1;
      yield { batch: rows / points, points, rows, cols, gap: (n + k) % 3, affine: (n + k) % 2 === 0, kind: "ordinary" };
    }
  }
  for (const kind of Object.keys(kinds)) {
    for (const cols of [1, 3, 8, 11]) {
      for (const rows of [1, 6, 70]) yield { batch: rows, points: 1, rows, cols, gap: 0, affine: cols !== 8, kind };
    }
  }
}

/** Two rounds, so that the second meets what the first has left behind. */
function expectEqual(one: Case, records: Int32Array[]): void {
  oracle.setState({ rows: one.batch });
  const { differences } = oracle.run(records, 2);
  expect({ ...one, differences }).toEqual({ ...one, differences: [] });
}

/** The tensors that most records take, of the values of a case. */
function tensors({ rows, cols, gap, affine, kind }: Case) {
  oracle.clear();
  const values = kinds[kind];
  const [ld, ldy] = [stride(cols, gap), stride(cols, (gap + 1) % 3)];
  return {
    ld, ldy, cols,
    x: oracle.matrix(rows, cols, ld, values), dy: oracle.matrix(rows, cols, ldy, values),
    other: oracle.matrix(rows, cols, ldy, ordinary), dx: oracle.matrix(rows, cols, ld, ordinary),
    weight: affine ? oracle.vector(cols, values) : 0, bias: affine ? oracle.vector(cols, values) : 0,
    perColumn: (of: Values = values) => oracle.vector(cols, of),
    perRow: (of: Values = values) => oracle.vector(rows, of),
    sums: oracle.scratch(padTo(8, cols) * 4),
    epsilon: oracle.constant(1e-5),
  };
}

const positive: Values = (n) => n.uniform(0, 3);

describe("the core equals the reference bit for bit, and leaves padding and neighbours alone", () => {
  test("ColumnMoments", () => {
    for (const one of cases()) {
      const { x, ld, cols, sums, epsilon, perColumn } = tensors(one);
      expectEqual(one, [record(Op.ColumnMoments, ColumnMoments, {
        mean: perColumn(), variance: perColumn(), inverse: perColumn(), x, ldx: ld, cols, epsilon, sums,
      }, one.points)]);
    }
  });

  test("RunningMoments", () => {
    for (const one of cases()) {
      const { cols, perColumn } = tensors(one);
      expectEqual(one, [record(Op.RunningMoments, RunningMoments, {
        runningMean: perColumn(), runningVariance: perColumn(positive), mean: perColumn(), variance: perColumn(positive), cols,
        momentum: oracle.constant(one.rows === 2 ? 1 : 0.1),
      }, one.points)]);
    }
  });

  test("RunningInverse", () => {
    for (const one of cases()) {
      const { cols, epsilon, perColumn } = tensors(one);
      expectEqual(one, [record(Op.RunningInverse, RunningInverse, { inverse: perColumn(), variance: perColumn(), cols, epsilon })]);
    }
  });

  test("Normalise, in place and apart", () => {
    for (const one of cases()) {
      const { x, ld, other, ldy, cols, weight, bias, perColumn } = tensors(one);
      const to = one.gap === 0 ? { y: x, ldy: ld } : { y: other, ldy };
      expectEqual(one, [record(Op.Normalise, Normalise, {
        ...to, x, ldx: ld, mean: perColumn(), inverse: perColumn(positive), weight, bias, cols,
      }, one.points)]);
    }
  });

  test.each([[0, "columns"], [1, "rows"]])("NormaliseSums (%i: moments of %s)", (ofRows) => {
    for (const one of cases()) {
      const { x, ld, dy, ldy, cols, sums, perColumn, perRow } = tensors(one);
      const moments = ofRows ? perRow : perColumn;
      expectEqual(one, [record(Op.NormaliseSums, NormaliseSums, {
        dweight: perColumn(), dbias: perColumn(), dy, lddy: ldy, x, ldx: ld, mean: moments(), inverse: moments(positive), cols, sums, ofRows,
      }, one.points)]);
    }
  });

  test.each(["moments of the batch", "constant moments"])("NormaliseBackward: %s", (way) => {
    for (const one of cases()) {
      const { x, ld, dy, ldy, dx, cols, weight, perColumn } = tensors(one);
      const sums = way === "constant moments" ? { dweight: 0, dbias: 0 } : { dweight: perColumn(), dbias: perColumn() };
      expectEqual(one, [record(Op.NormaliseBackward, NormaliseBackward, {
        dx, lddx: ld, dy, lddy: ldy, x, ldx: ld, mean: perColumn(), inverse: perColumn(positive), weight, ...sums, cols,
      }, one.points)]);
    }
  });

  test("LayerNormForward, in place and apart, with its moments kept and not", () => {
    for (const one of cases()) {
      const { x, ld, other, ldy, cols, weight, bias, epsilon, perRow } = tensors(one);
      const to = one.gap === 0 ? { y: x, ldy: ld } : { y: other, ldy };
      const moments = one.gap === 0 ? { mean: 0, inverse: 0 } : { mean: perRow(), inverse: perRow() };
      expectEqual(one, [record(Op.LayerNormForward, LayerNormForward, {
        ...to, x, ldx: ld, weight, bias, ...moments, cols, epsilon,
      }, one.points)]);
    }
  });

  test("LayerNormBackward", () => {
    for (const one of cases()) {
      const { x, ld, dy, ldy, dx, cols, weight, perRow } = tensors(one);
      expectEqual(one, [record(Op.LayerNormBackward, LayerNormBackward, {
        dx, lddx: ld, dy, lddy: ldy, x, ldx: ld, mean: perRow(), inverse: perRow(positive), weight, cols,
      }, one.points)]);
    }
  });
});

/** Numbers that vary by 1 around `centre`. */
const around = (centre: number): Values => (n) => centre + n.uniform(-1, 1);

/** Mean and biased variance in 64 bits. */
function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
}

test("running statistics after several batches are those of a computation in 64 bits", () => {
  const [rows, cols, ld, batches, momentum] = [300, 5, 16, 7, 0.3];
  const naive = Array.from({ length: cols }, () => ({ mean: 0, variance: 1 }));
  let [startMean, startVariance] = [Array<number>(cols).fill(0), Array<number>(cols).fill(1)];
  for (let batch = 0; batch < batches; batch++) {
    oracle.clear();
    oracle.setState({ rows });
    const x = oracle.matrix(rows, cols, ld, around(batch * 3));
    const [from, variances] = [[...startMean], [...startVariance]];
    const runningMean = oracle.vector(cols, () => from.shift()!), runningVariance = oracle.vector(cols, () => variances.shift()!);
    const mean = oracle.vector(cols, ordinary), variance = oracle.vector(cols, ordinary);
    const { differences } = oracle.run([
      record(Op.ColumnMoments, ColumnMoments, {
        mean, variance, inverse: oracle.vector(cols, ordinary), x, ldx: ld, cols, epsilon: oracle.constant(1e-5), sums: oracle.scratch(16),
      }),
      record(Op.RunningMoments, RunningMoments, { runningMean, runningVariance, mean, variance, cols, momentum: oracle.constant(momentum) }),
    ]);
    expect(differences).toEqual([]);
    for (let c = 0; c < cols; c++) {
      const of = moments(Array.from({ length: rows }, (_, row) => oracle.float(x, row * ld + c)));
      naive[c].mean = (1 - momentum) * naive[c].mean + momentum * of.mean;
      naive[c].variance = (1 - momentum) * naive[c].variance + momentum * of.variance * (rows / (rows - 1));
    }
    startMean = naive.map((_, c) => oracle.float(runningMean, c));
    startVariance = naive.map((_, c) => oracle.float(runningVariance, c));
  }
  for (let c = 0; c < cols; c++) {
    // Sums of 256 numbers in 32 bits are good to about 1e-6.
    expect(Math.abs(startMean[c] / naive[c].mean - 1)).toBeLessThan(2e-6);
    expect(Math.abs(startVariance[c] / naive[c].variance - 1)).toBeLessThan(2e-6);
  }
});

test("a single row leaves the running variance as it is, moves the mean, and gives the bias", () => {
  oracle.clear();
  oracle.setState({ rows: 1 });
  const x = oracle.matrix(1, 3, 8, around(5)), y = oracle.matrix(1, 3, 8, ordinary);
  const [mean, variance, inverse] = [1, 2, 3].map(() => oracle.vector(3, ordinary));
  const runningMean = oracle.vector(3, () => 0), runningVariance = oracle.vector(3, () => 1);
  const weight = oracle.vector(3, ordinary), bias = oracle.vector(3, around(2));
  oracle.run([
    record(Op.ColumnMoments, ColumnMoments, { mean, variance, inverse, x, ldx: 8, cols: 3, epsilon: oracle.constant(1e-5), sums: oracle.scratch(16) }),
    record(Op.Normalise, Normalise, { y, ldy: 8, x, ldx: 8, mean, inverse, weight, bias, cols: 3 }),
    record(Op.RunningMoments, RunningMoments, { runningMean, runningVariance, mean, variance, cols: 3, momentum: oracle.constant(0.5) }),
  ]);
  for (let c = 0; c < 3; c++) {
    expect(oracle.float(y, c)).toBe(oracle.float(bias, c));
    expect(oracle.float(runningVariance, c)).toBe(1);
    expect(oracle.float(runningMean, c)).toBe(oracle.float(x, c) / 2);
  }
});

test("the moments of a long row, and of a long column, far from zero are exact", () => {
  for (const kind of ["row", "column"] as const) {
    const [rows, cols] = kind === "row" ? [2, 4096] : [4096, 2];
    oracle.clear();
    oracle.setState({ rows });
    const ld = padTo(8, cols);
    const x = oracle.matrix(rows, cols, ld, around(1000)), y = oracle.matrix(rows, cols, ld, ordinary);
    const count = Math.max(8, kind === "row" ? rows : cols);
    const [mean, inverse, variance] = [1, 2, 3].map(() => oracle.vector(count, ordinary));
    const epsilon = oracle.constant(1e-5);
    oracle.run(kind === "row"
      ? [record(Op.LayerNormForward, LayerNormForward, { y, ldy: ld, x, ldx: ld, weight: 0, bias: 0, mean, inverse, cols, epsilon })]
      : [
        record(Op.ColumnMoments, ColumnMoments, { mean, variance, inverse, x, ldx: ld, cols, epsilon, sums: oracle.scratch(16) }),
        record(Op.Normalise, Normalise, { y, ldy: ld, x, ldx: ld, mean, inverse, weight: 0, bias: 0, cols }),
      ]);
    for (const n of [0, 1]) {
      const at = (k: number) => (kind === "row" ? n * ld + k : k * ld + n);
      const values = Array.from({ length: 4096 }, (_, k) => oracle.float(x, at(k)));
      const of = moments(values);
      // Half a unit in the last place of 1000 for the row, whose sums are 64-bit; a column's sums of 256 rows are 32-bit.
      expect(Math.abs(oracle.float(mean, n) - of.mean)).toBeLessThan(kind === "row" ? 3.1e-5 : 2e-3);
      expect(Math.abs(oracle.float(inverse, n) * Math.sqrt(of.variance + 1e-5) - 1)).toBeLessThan(1e-5);
      const output = moments(values.map((_, k) => oracle.float(y, at(k))));
      expect(Math.abs(output.variance - 1)).toBeLessThan(1e-4);
    }
  }
});

test("padding is written where an output is apart, whatever stands in that of the input: a prediction's memory was another tensor's before", () => {
  for (const cols of [1, 3, 4, 5, 9, 13]) {
    oracle.clear();
    oracle.setState({ rows: 3 });
    const ld = padTo(8, cols), padded = (cols + 7) & ~7;
    const x = oracle.matrix(3, padded, ld, ordinary), first = oracle.matrix(3, padded, ld, ordinary), second = oracle.matrix(3, padded, ld, ordinary);
    const epsilon = oracle.constant(1e-5), vector = () => oracle.vector(cols, ordinary);
    const { differences } = oracle.run([
      record(Op.Normalise, Normalise, { y: first, ldy: ld, x, ldx: ld, mean: vector(), inverse: vector(), weight: 0, bias: 0, cols }),
      record(Op.LayerNormForward, LayerNormForward, { y: second, ldy: ld, x, ldx: ld, weight: 0, bias: 0, mean: 0, inverse: 0, cols, epsilon }),
    ]);
    // The reference leaves padding alone.
    expect(differences.every((text) => text.includes("core 0, reference"))).toBe(true);
    expect(differences.length).toBeGreaterThan(0);
  }
});
