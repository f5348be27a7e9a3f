import { describe, expect, test } from "vitest";
import { DEPTH_BLOCK, DenseForward, DenseInputGradient, DenseWeightGradient, Op, PANEL } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { finiteValues, ordinary, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create(1 << 24);

interface Shape {
  rows: number;
  inputs: number;
  outputs: number;
  /** Panels by which rows are farther apart than they need be. */
  gap: number;
}

const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33, 130];
/** All tails of 4, 8, 16, 32 and 64, and both sides of one and of two passes over a deep product. */
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 20, 24, 25, 31, 32, 33, 40, 48, 57, 63, 64, 65, 96, 130];
const DEEP = [255, 256, 257, 511, 512, 513, 520];
/** Beside a size that is walked through all its values. */
const BESIDE = [3, 11, 8, 34];

/** Every size with every number of rows, as the inputs and as the outputs, then some where both are large. */
const shapes: Shape[] = ROWS.flatMap((rows, r) => [...SIZES, ...DEEP].flatMap((size, s) => {
  const other = BESIDE[(r + s) % BESIDE.length];
  const gap = (r + s) % 3;
  return [{ rows, inputs: size, outputs: other, gap }, { rows, inputs: other, outputs: size, gap }];
}));
for (const [rows, inputs, outputs] of [[5, 257, 255], [33, 520, 72], [7, 72, 520], [256, 40, 24], [257, 9, 33], [523, 33, 9]]) {
  shapes.push({ rows, inputs, outputs, gap: 1 });
}

const stride = (cols: number, gap: number) => padTo(PANEL, cols) + gap * PANEL;

/** Two rounds, so that what the first leaves behind is met by the second. */
const ROUNDS = 2;

type Build = (shape: Shape, values: Values, withBias: boolean) => Int32Array;

const forward: Build = ({ rows, inputs, outputs, gap }, values, withBias) => record(Op.DenseForward, DenseForward, {
  z: oracle.matrix(rows, outputs, stride(outputs, gap), ordinary), ldz: stride(outputs, gap),
  x: oracle.matrix(rows, inputs, stride(inputs, gap), values), ldx: stride(inputs, gap),
  w: oracle.panels(inputs, outputs, values), bias: withBias ? oracle.vector(outputs, values) : 0, inputs, outputs,
});

const weightGradient: Build = ({ rows, inputs, outputs, gap }, values, withBias) => (
  record(Op.DenseWeightGradient, DenseWeightGradient, {
    dw: oracle.panels(inputs, outputs, ordinary), dbias: withBias ? oracle.vector(outputs, ordinary) : 0,
    x: oracle.matrix(rows, inputs, stride(inputs, gap), values), ldx: stride(inputs, gap),
    dz: oracle.matrix(rows, outputs, stride(outputs, gap), values), lddz: stride(outputs, gap), inputs, outputs,
  })
);

const inputGradient: Build = ({ rows, inputs, outputs, gap }, values) => record(Op.DenseInputGradient, DenseInputGradient, {
  dx: oracle.matrix(rows, inputs, stride(inputs, gap), ordinary), lddx: stride(inputs, gap),
  dz: oracle.matrix(rows, outputs, stride(outputs, gap), values), lddz: stride(outputs, gap),
  w: oracle.panels(inputs, outputs, values), inputs, outputs, scratch: oracle.scratch(PANEL * DEPTH_BLOCK),
});

function differences(build: Build, shape: Shape, values: Values, withBias: boolean): string[] {
  oracle.clear();
  oracle.setState({ rows: shape.rows });
  return oracle.run([build(shape, values, withBias)], ROUNDS).differences;
}

describe.each([["DenseForward", forward], ["DenseWeightGradient", weightGradient], ["DenseInputGradient", inputGradient]])(
  "%s of the core equals the reference bit for bit, and leaves padding and neighbours alone",
  (_name, build) => {
    test.each(ROWS)("for %i rows of every width", (rows) => {
      for (const shape of shapes.filter((one) => one.rows === rows)) {
        expect({ shape, differences: differences(build, shape, ordinary, shape.inputs % 2 === 0) }).toEqual({ shape, differences: [] });
      }
    });

    test("for many rows, and where inputs and outputs are both large", () => {
      for (const shape of shapes.slice(-6)) {
        expect({ shape, differences: differences(build, shape, ordinary, true) }).toEqual({ shape, differences: [] });
      }
    });

    test.each(Object.keys(finiteValues) as (keyof typeof finiteValues)[])("for %s numbers, with a bias and without", (kind) => {
      for (const rows of [1, 2, 3, 4, 5, 9]) {
        for (const shape of [{ rows, inputs: 5, outputs: 11, gap: 0 }, { rows, inputs: 35, outputs: 33, gap: 1 }]) {
          for (const withBias of [true, false]) {
            expect({ shape, differences: differences(build, shape, finiteValues[kind], withBias) }).toEqual({ shape, differences: [] });
          }
        }
      }
    });
  },
);
