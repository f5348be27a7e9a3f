import { describe, expect, test } from "vitest";
import { Loss, LossKind, MeanLoss, Op, State, Stop, SumWeights } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { stride } from "../support/denseShapes";
import { edges, finiteValues, huge, ordinary, type Values, wide } from "../support/numbers";
import { Oracle } from "../support/oracle";

const oracle = await Oracle.create();

/** crossEntropy comes with rows of probabilities and with class indices, and the fused ones with smoothed targets. */
const forms = [
  ...Object.keys(LossKind).filter((key) => Number.isNaN(Number(key))).map((name) => (
    { name, labels: false, parameter: name === "huber" ? 0.7 : 0 }
  )),
  { name: "crossEntropy", labels: true, parameter: 0 },
  ...[0.1, 0.7].flatMap((parameter) => [
    { name: "binaryCrossEntropy", labels: false, parameter }, { name: "crossEntropy", labels: false, parameter },
    { name: "crossEntropy", labels: true, parameter },
  ]),
] as { name: keyof typeof LossKind; labels: boolean; parameter: number }[];
const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 31, 32, 33, 64, 65, 257];
const ROWS = [1, 2, 3, 4, 5, 8, 9, 33];
const kinds: Record<string, Values> = { ...finiteValues, wide, edges };
const share: Values = (n) => n.pick([0, 1, n.uniform(0, 1)]);
const someWeights: Values = (n) => n.pick([0, 1, n.uniform(0, 3), n.uniform(0, 1e-3)]);

interface Size {
  rows: number;
  cols: number;
  gap: number;
}

describe.each(forms)("the core's $name equals the reference bit for bit (class indices: $labels, parameter: $parameter)", ({ name, labels, parameter }) => {
  function run({ rows, cols, gap }: Size, values: Values, withGradient: boolean, weighs?: Values) {
    oracle.clear();
    oracle.setState({ rows });
    const ld = stride(cols, gap), isShare = name === "crossEntropy" || name === "binaryCrossEntropy";
    const classes = Array.from({ length: rows }, () => oracle.numbers.below(cols));
    const rowLoss = oracle.reserve(rows), kind = LossKind[name], weights = weighs ? oracle.matrix(1, rows, rows, weighs) : 0;
    const loss = record(Op.Loss, Loss, {
      kind, da: withGradient ? oracle.matrix(rows, cols, ld, ordinary) : 0, a: oracle.matrix(rows, cols, ld, values),
      y: labels ? oracle.integers(classes) : oracle.matrix(rows, cols, stride(cols, 0), isShare ? share : values),
      cols, ld, ldy: labels ? 0 : stride(cols, 0), rowLoss, parameter: parameter === 0 ? 0 : oracle.constant(parameter), weights,
    });
    const sum = weights ? [record(Op.SumWeights, SumWeights, { weights })] : [];
    return oracle.run([...sum, loss, record(Op.MeanLoss, MeanLoss, { kind, cols, rowLoss, weights })], 2);
  }

  test("value, mean, sums and gradient, for every width and number of rows", () => {
    for (const [n, cols] of WIDTHS.entries()) {
      for (const rows of ROWS) {
        const size = { rows, cols, gap: n % 3 };
        const { differences, rounds } = run(size, ordinary, true);
        expect({ size, differences, rounds }).toEqual({ size, differences: [], rounds: 2 });
        expect(oracle.stateOf(State.lossRows)).toBe(2 * rows);
        expect(run(size, ordinary, false).differences).toEqual([]);
      }
    }
  });

  test("the same of weighted rows", () => {
    for (const [n, cols] of WIDTHS.entries()) {
      for (const rows of ROWS.slice(n % 2)) {
        const size = { rows, cols, gap: n % 3 };
        const { differences, rounds } = run(size, ordinary, n % 5 > 0, someWeights);
        expect({ size, differences, rounds }).toEqual({ size, differences: [], rounds: 2 });
        expect(oracle.stateOf(State.lossRows)).toBe(2 * oracle.stateOf(State.weight));
      }
    }
  });

  test("rows that all weigh 1 have the bits of rows without weights, and rows that weigh nothing no loss", () => {
    const results = [undefined, () => 1].map((weighs) => {
      oracle.numbers.restart(7);
      run({ rows: 7, cols: 11, gap: 0 }, ordinary, true, weighs);
      return [State.loss, State.lossSum, State.lossRows].map((field) => oracle.stateOf(field));
    });
    expect(results[0]).toEqual(results[1]);
    const { rounds, differences } = run({ rows: 7, cols: 11, gap: 0 }, huge, true, () => 0);
    expect({ rounds, differences }).toEqual({ rounds: 2, differences: [] });
    expect([State.loss, State.lossSum, State.lossRows].map((field) => oracle.stateOf(field))).toEqual([0, 0, 0]);
  });

  test.each(Object.keys(kinds))("of %s numbers", (kind) => {
    for (const cols of [2, 5, 8, 11]) {
      for (const withGradient of [true, false]) {
        for (const weighs of [undefined, someWeights]) {
          expect(run({ rows: 6, cols, gap: 1 }, kinds[kind], withGradient, weighs).differences).toEqual([]);
        }
      }
    }
  });
});

test("a loss that is not finite ends the run before anything after it", () => {
  oracle.clear();
  oracle.setState({ rows: 3 });
  const kind = LossKind.squaredError, rowLoss = oracle.reserve(3);
  const loss = record(Op.Loss, Loss, {
    kind, da: 0, a: oracle.matrix(3, 5, 8, huge), y: oracle.matrix(3, 5, 8, ordinary), cols: 5, ld: 8, ldy: 8, rowLoss, parameter: 0, weights: 0,
  });
  const { rounds, differences } = oracle.run([loss, record(Op.MeanLoss, MeanLoss, { kind, cols: 5, rowLoss, weights: 0 }), record(Op.Advance, {}, {})], 2);
  expect({ rounds, differences }).toEqual({ rounds: 0, differences: [] });
  expect(oracle.stateOf(State.stop)).toBe(Stop.loss);
  expect(oracle.stateOf(State.step)).toBe(0);
});
