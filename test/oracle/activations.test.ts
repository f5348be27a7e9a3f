import { describe, expect, test } from "vitest";
import { Activation, ActivationBackward, ActivationForward, Op } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { stride } from "../support/denseShapes";
import { edges, finiteValues, flushed, ordinary, special, type Values, wide } from "../support/numbers";
import { Oracle } from "../support/oracle";

const oracle = await Oracle.create();

// A linear activation takes no operation.
const names = Object.keys(Activation).filter((key) => Number.isNaN(Number(key)) && key !== "linear") as (keyof typeof Activation)[];
/** All tails of a vector, a panel and two panels, and widths of many vectors. */
const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 24, 31, 32, 33, 64, 65, 257];
const kinds: Record<string, Values> = { ...finiteValues, wide, edges, special };

interface Case {
  rows: number;
  cols: number;
  gap: number;
  values: Values;
  /** Slope or alpha; 0 points at no constant. */
  parameter: number;
  inPlace: boolean;
}

// The softmax of an infinity is NaN throughout, padding included: training has ended there, and a later batch writes all anew.
function* cases(kind: Activation): Generator<Case> {
  for (const [n, cols] of WIDTHS.entries()) {
    for (const rows of [1, 2, 5, 9]) {
      for (const values of Object.values(kinds)) {
        if (values === special && kind === Activation.softmax) continue;
        // A relu passes on what it gets, and leaves the flush to the operation before it.
        yield { rows, cols, gap: n % 3, values: kind === Activation.relu ? flushed(values) : values, parameter: [0.01, 1, 0.3, 0][(n + rows) % 4], inPlace: (n + rows) % 2 === 0 };
      }
    }
  }
}

describe.each(names)("the core's %s equals the reference bit for bit, and leaves padding and neighbours alone", (name) => {
  const kind = Activation[name];

  function expectEqual(one: Case, build: (shape: { kind: number; cols: number; ld: number; parameter: number }) => Int32Array): void {
    oracle.clear();
    oracle.setState({ rows: one.rows });
    const parameter = one.parameter === 0 ? 0 : oracle.constant(one.parameter);
    // Two rounds; in place, the second takes what the first has made.
    const { differences } = oracle.run([build({ kind, cols: one.cols, ld: stride(one.cols, one.gap), parameter })], 2);
    expect({ ...one, differences }).toEqual({ ...one, differences: [] });
  }

  test("forward, in place and apart, for every width and kind of number", () => {
    for (const one of cases(kind)) {
      expectEqual(one, (shape) => {
        const z = oracle.matrix(one.rows, one.cols, shape.ld, one.values);
        const a = one.inPlace ? z : oracle.matrix(one.rows, one.cols, shape.ld, ordinary);
        return record(Op.ActivationForward, ActivationForward, { ...shape, a, z });
      });
    }
  });

  test("backward, in place and apart, for every width and kind of number", () => {
    for (const one of cases(kind)) {
      expectEqual(one, (shape) => {
        const da = oracle.matrix(one.rows, one.cols, shape.ld, one.values === special ? ordinary : one.values);
        const dz = one.inPlace ? da : oracle.matrix(one.rows, one.cols, shape.ld, ordinary);
        const saved = oracle.matrix(one.rows, one.cols, shape.ld, kind === Activation.softmax ? (n) => n.uniform(0, 1 / one.cols) : one.values);
        return record(Op.ActivationBackward, ActivationBackward, { ...shape, dz, da, saved });
      });
    }
  });
});

test("the comparison of teams sees parts that get in one another's way", () => {
  const walk = (ahead: number, cols: number) => {
    oracle.clear();
    oracle.setState({ rows: 4 });
    const z = oracle.matrix(6, 8, 8, ordinary);
    const shape = { kind: Activation.tanh, cols, ld: 8, parameter: 0 };
    return oracle.run([record(Op.ActivationForward, ActivationForward, { ...shape, a: z + ahead, z })]).differences;
  };
  // Each row's result is the next row's argument.
  expect(walk(32, 8)).toContainEqual(expect.stringMatching(/2 in turn, the last one first/));
  expect(walk(32, 8)).toContainEqual(expect.stringMatching(/^byte .* 4 apart/));
  // Rows that overlap by half.
  expect(walk(0, 16)).toContainEqual("24 words were changed by two of 4");
});
