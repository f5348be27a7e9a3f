import { describe, expect, test } from "vitest";
import { BLOCK, CheckGradient, ClipNorm, ClipValue, Op, Scale, SquareSums, State, Stop, TakeBatch } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { mixed, ordinary, tiny, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();
/** Below, at and beyond the 4096 gradients of a partial sum. */
const COUNTS = [8, 16, 24, 40, 1000, 4088, 4096, 4104, 8192, 8200, 12296, 36888];

describe("the core's records on gradients equal the reference bit for bit", () => {
  test.each([0.5, 1e-3, 3])("ClipValue to ±%d", (clipValue) => {
    for (const count of COUNTS) {
      for (const values of [ordinary, mixed]) {
        oracle.clear();
        oracle.setState({ clipValue });
        const g = oracle.vector(count, values);
        expect(oracle.run([record(Op.ClipValue, ClipValue, { g, count })], 2).differences).toEqual([]);
        const largest = Math.max(...Array.from({ length: count }, (_, n) => Math.abs(oracle.float(g, n))));
        expect(largest).toBeLessThanOrEqual(Math.fround(clipValue));
      }
    }
  });

  test.each([0.5, 1e-12, 1e6])("ClipNorm to %d", (clipNorm) => {
    for (const count of COUNTS) {
      for (const values of [ordinary, mixed, tiny]) {
        oracle.clear();
        oracle.setState({ clipNorm });
        const g = oracle.vector(count, values), sums = oracle.reserve(Math.ceil(count / BLOCK) * 2);
        const records = [
          record(Op.SquareSums, SquareSums, { g, count, sums }), record(Op.ClipNorm, ClipNorm, { sums, count }),
          record(Op.Scale, Scale, { g, count }),
        ];
        expect(oracle.run(records, 2).differences).toEqual([]);
      }
    }
  });

  const huge: [string, Values, number][] = [
    ["infinite", () => Infinity, 0], ["not a number", () => NaN, 0], ["beyond what an update can take", () => 3e38, 0],
    ["beyond what can be squared", () => 2e18, 0], ["finite and small enough", () => 1e17, 3],
  ];
  test.each(huge)("CheckGradient where one gradient is %s", (_title, value, expected) => {
    for (const at of [0, 3, 17, 39]) {
      oracle.clear();
      oracle.setState({ learningRate: 0.5 });
      let n = 0;
      const g = oracle.vector(40, (numbers) => (n++ === at ? value(numbers) : ordinary(numbers)));
      const check = record(Op.CheckGradient, CheckGradient, { g, w: oracle.vector(40, ordinary), count: 40 });
      const { rounds, differences } = oracle.run([check, record(Op.Advance, {}, {})], 3);
      expect({ rounds, differences }).toEqual({ rounds: expected, differences: [] });
      expect(oracle.stateOf(State.step)).toBe(expected);
      expect(oracle.stateOf(State.stop)).toBe(expected ? Stop.none : Stop.gradient);
    }
  });
});

describe("CheckGradient sees a gradient in any block", () => {
  /** Of nine blocks, so that every one of seven threads has one at least, and the last is short. */
  const count = 8 * BLOCK + 24;

  test.each([[[0]], [[BLOCK - 1]], [[BLOCK]], [[4 * BLOCK + 5]], [[count - 1]], [[3, count - 3]], [[]]])("at %j", (places) => {
    oracle.clear();
    oracle.setState({ learningRate: 0.5 });
    let n = 0;
    const g = oracle.vector(count, (numbers) => (places.includes(n++) ? Infinity : ordinary(numbers)));
    const check = record(Op.CheckGradient, CheckGradient, { g, w: oracle.vector(count, ordinary), count });
    const { rounds, differences } = oracle.run([check, record(Op.Advance, {}, {})], 2);
    expect({ rounds, differences }).toEqual({ rounds: places.length === 0 ? 2 : 0, differences: [] });
    expect(oracle.stateOf(State.stop)).toBe(places.length === 0 ? Stop.none : Stop.gradient);
  });
});

describe("CheckGradient minds the weights", () => {
  test.each([
    ["penalty by l2", { l2: 1e6 }, 1e15, 0], ["penalty by l1", { l1: 2e18 }, 1, 0], ["no penalty", {}, 1e15, 2],
    ["infinite weight", {}, Infinity, 0], ["weight at the end of its range", {}, 2e38, 0],
  ])("%s", (_title, penalty, weight, expected) => {
    oracle.clear();
    oracle.setState({ learningRate: 0.5, ...penalty });
    const check = record(Op.CheckGradient, CheckGradient, {
      g: oracle.vector(8, ordinary), w: oracle.vector(8, () => weight), count: 8,
    });
    const { rounds, differences } = oracle.run([check], 2);
    expect({ rounds, differences }).toEqual({ rounds: expected, differences: [] });
  });
});

describe("TakeBatch of the core equals the reference bit for bit", () => {
  test.each([true, false])("over an epoch in a random order, the last batch smaller, and with weights; class indices: %s", (labels) => {
    for (const [rowCount, batchSize] of [[23, 5], [37, 17]]) {
      takeAll(rowCount, batchSize, labels, false);
      takeAll(rowCount, batchSize, labels, true);
    }
  });

  function takeAll(rowCount: number, batchSize: number, labels: boolean, areWeighted: boolean): void {
    for (const [inputs, outputs] of [[1, 1], [3, 4], [4, 5], [5, 8], [17, 12], [64, 33]]) {
      oracle.clear();
      oracle.setState({ batchSize, rowCount, cursor: 0 });
      const order = Array.from({ length: rowCount }, (_, row) => (row * 7 + 3) % rowCount);
      const [xStride, yStride] = [padTo(4, inputs), padTo(4, outputs)];
      const classes = Array.from({ length: rowCount }, (_, row) => row % 3);
      const take = record(Op.TakeBatch, TakeBatch, {
        x: oracle.matrix(batchSize, inputs, padTo(8, inputs), ordinary), ldx: padTo(8, inputs),
        y: labels ? oracle.reserve(batchSize) : oracle.matrix(batchSize, outputs, padTo(8, outputs), ordinary),
        ldy: labels ? 1 : padTo(8, outputs),
        xData: oracle.matrix(rowCount, inputs, xStride, mixed), xStride,
        yData: labels ? oracle.integers(classes) : oracle.matrix(rowCount, outputs, yStride, mixed), yStride: labels ? 1 : yStride,
        order: oracle.integers(order), weights: areWeighted ? oracle.reserve(batchSize) : 0,
        weightsData: areWeighted ? oracle.matrix(1, rowCount, rowCount, mixed) : 0,
      });
      const { rounds, differences } = oracle.run([record(Op.NextBatch, {}, {}), take], Math.ceil(rowCount / batchSize));
      expect({ rounds, differences }).toEqual({ rounds: Math.ceil(rowCount / batchSize), differences: [] });
      expect([State.rows, State.weight, State.cursor].map((field) => oracle.stateOf(field))).toEqual([rowCount % batchSize, rowCount % batchSize, rowCount]);
    }
  }
});
