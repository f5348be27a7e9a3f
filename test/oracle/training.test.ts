import { describe, expect, test } from "vitest";
import {
  AccumulateGradient, MaxNorm, MeanGradient, Op, Optimize, Optimizer, ScheduledRate, SkipUnlessDue, State, SumWeights,
} from "../../assembly/records";
import { record } from "../../src/plan/record";
import { finiteValues, mixed, ordinary, special, tiny, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();

describe("MaxNorm of the core equals the reference bit for bit", () => {
  const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 31, 64, 65];
  const INPUTS = [1, 2, 3, 4, 5, 7, 8, 9, 33, 130];

  function run(inputs: number, outputs: number, limit: number, values: Values): number {
    oracle.clear();
    oracle.setState({ maxNorm: limit });
    const w = oracle.panels(inputs, outputs, values);
    const { differences } = oracle.run([record(Op.MaxNorm, MaxNorm, { w, inputs, outputs })], 2);
    expect({ inputs, outputs, differences }).toEqual({ inputs, outputs, differences: [] });
    return w;
  }

  function norms(w: number, inputs: number, outputs: number): number[] {
    return Array.from({ length: outputs }, (_, o) => Math.hypot(...Array.from({ length: inputs }, (_, i) => (
      oracle.float(w, ((o >> 3) * padTo(4, inputs) + i) * 8 + (o & 7))
    ))));
  }

  test("for every width, limits that all, some and none are beyond", () => {
    for (const [n, outputs] of WIDTHS.entries()) {
      for (const inputs of INPUTS) {
        const limit = [0.01, Math.sqrt(inputs), 100][(n + inputs) % 3];
        const w = run(inputs, outputs, limit, ordinary);
        // Rounded: a sum of so many squares, a root, a quotient and products.
        for (const norm of norms(w, inputs, outputs)) expect(norm).toBeLessThanOrEqual(limit * (1 + inputs * 2 ** -23));
      }
    }
  });

  test.each(Object.keys({ ...finiteValues, special }))("for %s numbers", (kind) => {
    for (const limit of [1e-3, 3, 1e18]) run(9, 13, limit, { ...finiteValues, special }[kind as "special"]);
  });

  test("a unit within the limit keeps its bits, one beyond keeps its direction", () => {
    let n = 0;
    const w = run(2, 2, 5, () => [3, 4, -6, 8][n++]);
    expect([0, 1, 8, 9].map((at) => oracle.float(w, at))).toEqual([3, -3, 4, 4]);
  });
});

describe("gradients of several batches make one update, in the core as in the reference", () => {
  const COUNTS = [8, 16, 24, 40, 1000, 4104];
  const list = (count: number, values: Values, weighs?: Values) => {
    const g = oracle.vector(count, values), sum = oracle.vector(count, special), weights = weighs ? oracle.vector(8, weighs) : 0;
    const update = [
      record(Op.MeanGradient, MeanGradient, { g, sum, count }), record(Op.ResetCount, {}, {}), record(Op.Advance, {}, {}),
      record(Op.Optimize, Optimize, { kind: Optimizer.sgd, w: oracle.vector(count, ordinary), g, slot1: 0, slot2: 0, decayed: count, count }),
    ];
    return [
      record(Op.NextBatch, {}, {}), ...(weights ? [record(Op.SumWeights, SumWeights, { weights })] : []),
      record(Op.AccumulateGradient, AccumulateGradient, { sum, g, count }), record(Op.CountBatch, {}, {}),
      record(Op.SkipUnlessDue, SkipUnlessDue, { records: update.length }), ...update,
    ];
  };

  test.each([[1, 9], [2, 5], [3, 3], [4, 3], [20, 1]])("%i batches each: %i updates of nine batches", (accumulate, updates) => {
    for (const count of COUNTS) {
      for (const values of [ordinary, mixed, tiny]) {
        oracle.clear();
        oracle.setState({ batchSize: 3, rowCount: 26, accumulate, learningRate: 0.1 });
        const { rounds, differences } = oracle.run(list(count, values), 9);
        expect({ count, rounds, differences }).toEqual({ count, rounds: 9, differences: [] });
        expect([State.step, State.pass, State.accumulated, State.accumulatedWeight, State.cursor].map((field) => oracle.stateOf(field)))
          .toEqual([updates, 9, 0, 0, 26]);
      }
    }
  });

  test("of weighted rows, and of rows that weigh nothing", () => {
    for (const weighs of [(n) => n.uniform(0, 2), () => 0] satisfies Values[]) {
      oracle.clear();
      oracle.setState({ batchSize: 8, rowCount: 40, accumulate: 3, learningRate: 0.1 });
      const records = list(40, ordinary, weighs);
      expect(oracle.run(records, 5)).toEqual({ rounds: 5, differences: [] });
    }
  });

  test("the mean is that of all rows, whatever the sum held before", () => {
    oracle.clear();
    oracle.setState({ accumulate: 2, rowCount: 1 });
    const sum = oracle.vector(8, special), g = oracle.vector(8, (n) => n.uniform(-1, 1));
    const given = Array.from({ length: 8 }, (_, n) => oracle.float(g, n));
    const count = 8, add = record(Op.AccumulateGradient, AccumulateGradient, { sum, g, count }), counted = record(Op.CountBatch, {}, {});
    oracle.setState({ weight: 3 });
    expect(oracle.run([add, counted]).differences).toEqual([]);
    expect(oracle.stateOf(State.pass)).toBe(1);
    oracle.setState({ weight: 5 });
    expect(oracle.run([add, counted, record(Op.MeanGradient, MeanGradient, { g, sum, count })]).differences).toEqual([]);
    expect(oracle.stateOf(State.pass)).toBe(1);
    given.forEach((value, n) => expect(oracle.float(g, n)).toBeCloseTo(value, 6));
  });
});

test("ScheduledRate takes the rate of the step that comes", () => {
  oracle.clear();
  oracle.setState({ step: 7, rateStart: 5 });
  const rates = oracle.reserve(20);
  for (let n = 0; n < 10; n++) oracle.setConstant(rates, n, 1 / (n + 1));
  const schedule = record(Op.ScheduledRate, ScheduledRate, { rates });
  const { differences } = oracle.run([schedule, record(Op.Advance, {}, {})], 3);
  expect(differences).toEqual([]);
  expect([State.learningRate, State.step, State.pass].map((field) => oracle.stateOf(field))).toEqual([1 / 5, 10, 3]);
});

test("SumWeights adds in 64 bits, for the points of rows as well", () => {
  for (const [rows, points] of [[1, 1], [5, 1], [5, 3]]) {
    oracle.clear();
    oracle.setState({ rows });
    const weights = oracle.vector(rows * points, (n) => 10 ** n.uniform(-6, 6));
    const { differences } = oracle.run([record(Op.SumWeights, SumWeights, { weights }, points)], 2);
    expect(differences).toEqual([]);
    let sum = 0;
    for (let n = 0; n < rows * points; n++) sum += oracle.float(weights, n);
    expect(oracle.stateOf(State.weight)).toBe(sum);
  }
});
