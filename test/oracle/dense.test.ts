import { describe, expect, test } from "vitest";
import { DenseForward, DenseInputGradient, DenseWeightGradient, Op, PACK, PACK_ROWS, PACKED_PANELS, PANEL } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { largeShapes, ROWS, type Shape, shapesOf, stride } from "../support/denseShapes";
import { finiteValues, ordinary, sparse, type Values } from "../support/numbers";
import { Oracle } from "../support/oracle";

const oracle = await Oracle.create(1 << 24);

/** Two rounds, so that what the first leaves behind is met by the second. */
const ROUNDS = 2;

type Build = (shape: Shape, values: Values, withBias: boolean, inputs?: Values) => Int32Array;

/** Fewer rows than are packed come with room to pack as well: as the last batch of an epoch. */
function packFor(rows: number, gap: number, floats: number): number {
  return rows < PACK_ROWS && gap === 0 ? 0 : oracle.scratch(floats);
}

const forward: Build = ({ rows, inputs, outputs, gap }, values, withBias, x = values) => record(Op.DenseForward, DenseForward, {
  z: oracle.matrix(rows, outputs, stride(outputs, gap), ordinary), ldz: stride(outputs, gap),
  x: oracle.matrix(rows, inputs, stride(inputs, gap), x), ldx: stride(inputs, gap),
  w: oracle.panels(inputs, outputs, values), bias: withBias ? oracle.vector(outputs, values) : 0, inputs, outputs,
  pack: packFor(rows, gap, PACK),
});

const weightGradient: Build = ({ rows, inputs, outputs, gap }, values, withBias) => (
  record(Op.DenseWeightGradient, DenseWeightGradient, {
    dw: oracle.panels(inputs, outputs, ordinary), dbias: withBias ? oracle.vector(outputs, ordinary) : 0,
    x: oracle.matrix(rows, inputs, stride(inputs, gap), values), ldx: stride(inputs, gap),
    dz: oracle.matrix(rows, outputs, stride(outputs, gap), values), lddz: stride(outputs, gap), inputs, outputs,
    pack: packFor(rows, gap, PACKED_PANELS / 4 + PACK),
  })
);

const inputGradient: Build = ({ rows, inputs, outputs, gap }, values) => record(Op.DenseInputGradient, DenseInputGradient, {
  dx: oracle.matrix(rows, inputs, stride(inputs, gap), ordinary), lddx: stride(inputs, gap),
  dz: oracle.matrix(rows, outputs, stride(outputs, gap), values), lddz: stride(outputs, gap),
  w: oracle.panels(inputs, outputs, values), inputs, outputs,
  panel: oracle.scratch(PACKED_PANELS / 4), pack: packFor(rows, gap, PACK),
});

function expectEqual(build: Build, shape: Shape, values: Values, withBias: boolean): void {
  oracle.clear();
  oracle.setState({ rows: shape.rows });
  const { differences } = oracle.run([build(shape, values, withBias)], ROUNDS);
  expect({ shape, differences }).toEqual({ shape, differences: [] });
}

describe.each([["DenseForward", forward], ["DenseWeightGradient", weightGradient], ["DenseInputGradient", inputGradient]])(
  "%s of the core equals the reference bit for bit, and leaves padding and neighbours alone",
  (_name, build) => {
    test.each(ROWS)("for %i rows of every width", (rows) => {
      for (const shape of shapesOf(rows)) expectEqual(build, shape, ordinary, shape.inputs % 2 === 0);
    });

    test("for many rows, and where inputs and outputs are both large", () => {
      for (const shape of largeShapes) expectEqual(build, shape, ordinary, true);
    });

    test.each(Object.keys(finiteValues) as (keyof typeof finiteValues)[])("for %s numbers, with a bias and without", (kind) => {
      for (const rows of [1, 2, 3, 4, 5, 9]) {
        for (const withBias of [true, false]) {
          expectEqual(build, { rows, inputs: 5, outputs: 11, gap: 0 }, finiteValues[kind], withBias);
          expectEqual(build, { rows, inputs: 35, outputs: 33, gap: 1 }, finiteValues[kind], withBias);
        }
      }
    });
  },
);

test.each([0, 0.1, 0.5, 0.74, 0.76, 0.9])("DenseForward where only %d of the inputs are not zero", (share) => {
  for (const inputs of [31, 32, 33, 64, 65, 130, 784]) {
    for (const outputs of [1, 8, 9, 16, 24, 33]) {
      for (const rows of [1, 2]) {
        for (const gap of [0, 1]) {
          oracle.clear();
          oracle.setState({ rows });
          const { differences } = oracle.run([forward({ rows, inputs, outputs, gap }, ordinary, gap === 1, sparse(share))], ROUNDS);
          expect({ inputs, outputs, rows, differences }).toEqual({ inputs, outputs, rows, differences: [] });
        }
      }
    }
  }
});

test("the comparison sees a difference where there is one: the panel that only the core uses, where it is not left out", () => {
  oracle.clear();
  oracle.setState({ rows: 4 });
  const turned = record(Op.DenseInputGradient, DenseInputGradient, {
    dx: oracle.matrix(4, 8, 8, ordinary), lddx: 8, dz: oracle.matrix(4, 8, 8, ordinary), lddz: 8,
    w: oracle.panels(8, 8, ordinary), inputs: 8, outputs: 8, panel: oracle.reserve(PANEL * PANEL), pack: 0,
  });
  expect(oracle.run([turned]).differences).not.toEqual([]);
});
