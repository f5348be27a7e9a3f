import { describe, expect, test } from "vitest";
import { Add, Copy, Op, ToChannelsFirst, ToChannelsLast } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { stride } from "../support/denseShapes";
import { finiteValues, ordinary, special, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create();

const WIDTHS = [...Array.from({ length: 18 }, (_, n) => n + 1), 24, 31, 33, 64, 65];
const kinds: Values[] = [...Object.values(finiteValues), special];
/** From a single pixel on, both sides of a block of four. */
const POINTS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 30];

function expectEqual(about: object, rows: number, build: () => Int32Array): void {
  oracle.clear();
  oracle.setState({ rows });
  const { differences } = oracle.run([build()], 2);
  expect({ ...about, differences }).toEqual({ ...about, differences: [] });
}

describe("the core equals the reference bit for bit, and leaves padding and neighbours alone", () => {
  test("Add, for every width and kind of number, over several points", () => {
    for (const [n, cols] of WIDTHS.entries()) {
      for (const [rows, points] of [[1, 1], [2, 3], [5, 1], [9, 2]]) {
        for (const values of kinds) {
          const ldy = stride(cols, n % 3), ldx = stride(cols, rows % 2);
          expectEqual({ cols, rows, points }, rows, () => record(Op.Add, Add, {
            y: oracle.matrix(rows * points, cols, ldy, values), ldy, x: oracle.matrix(rows * points, cols, ldx, values), ldx, cols,
          }, points));
        }
      }
    }
  });

  test("Add of a part of wider rows, which lies at no vector's beginning", () => {
    for (const cols of [1, 3, 4, 6, 9]) {
      expectEqual({ cols }, 5, () => record(Op.Add, Add, {
        y: oracle.matrix(5, 24, 24, ordinary) + 12, ldy: 24, x: oracle.matrix(5, 16, 16, ordinary) + 4, ldx: 16, cols,
      }));
    }
  });

  test("Copy, between rows of numbers and matrices, for every width", () => {
    for (const [n, cols] of WIDTHS.entries()) {
      for (const inner of [1, 2, 5]) {
        for (const [rows, values] of [[1, ordinary], [2, special], [5, ordinary]] as const) {
          const ld = stride(cols, n % 2), row = stride(cols * inner, n % 3);
          const matrix = () => oracle.matrix(rows * inner, cols, ld, values), flat = () => oracle.matrix(rows, cols * inner, row, values);
          const shape = { inner, cols };
          expectEqual({ ...shape, rows, to: "matrix" }, rows, () => record(Op.Copy, Copy, {
            y: matrix(), rowY: inner * ld, ldy: ld, x: flat(), rowX: row, ldx: cols, ...shape,
          }));
          expectEqual({ ...shape, rows, to: "flat" }, rows, () => record(Op.Copy, Copy, {
            y: flat(), rowY: row, ldy: cols, x: matrix(), rowX: inner * ld, ldx: ld, ...shape,
          }));
          expectEqual({ ...shape, rows, to: "the same" }, rows, () => record(Op.Copy, Copy, {
            y: flat(), rowY: row, ldy: cols, x: flat(), rowX: row, ldx: cols, ...shape,
          }));
        }
      }
    }
  });

  test("Copy of a part of wider rows, which lies at no vector's beginning", () => {
    for (const cols of [1, 2, 3, 4, 5, 7, 8, 11]) {
      for (const [toOffset, fromOffset] of [[0, 1], [3, 0], [5, 2]]) {
        expectEqual({ cols, toOffset, fromOffset }, 3, () => record(Op.Copy, Copy, {
          y: oracle.matrix(6, 16, 16, ordinary) + toOffset * 4, rowY: 32, ldy: 16,
          x: oracle.matrix(6, 24, 24, ordinary) + fromOffset * 4, rowX: 48, ldx: 24, inner: 2, cols,
        }));
      }
    }
  });

  test("ToChannelsLast and ToChannelsFirst, for every number of channels", () => {
    for (const [n, channels] of WIDTHS.entries()) {
      for (const points of POINTS) {
        for (const [rows, values] of [[1, ordinary], [4, special]] as const) {
          const ld = stride(channels, n % 2), row = padTo(8, channels * points) + 8 * (n % 3);
          const matrix = () => oracle.matrix(rows * points, channels, ld, values), flat = () => oracle.matrix(rows, channels * points, row, values);
          // Padding is written as well: in a plan that predicts it may hold another tensor's numbers.
          const filled = () => oracle.matrix(rows * points, padTo(8, channels), ld, values);
          const filledRows = () => oracle.matrix(rows, padTo(8, channels * points), row, values);
          expectEqual({ channels, points, rows, to: "last" }, rows, () => record(Op.ToChannelsLast, ToChannelsLast, {
            y: filled(), ldy: ld, x: flat(), ldx: row, channels, points,
          }));
          expectEqual({ channels, points, rows, to: "first" }, rows, () => record(Op.ToChannelsFirst, ToChannelsFirst, {
            y: filledRows(), ldy: row, x: matrix(), ldx: ld, channels, points,
          }));
        }
      }
    }
  });
});

test("an image of two channels and three pixels turns into three pixels of two channels, and back", () => {
  oracle.clear();
  oracle.setState({ rows: 1 });
  let next = 0;
  const flat = oracle.matrix(1, 6, 8, () => ++next), matrix = oracle.reserve(24), back = oracle.reserve(8);
  expect(oracle.run([
    record(Op.ToChannelsLast, ToChannelsLast, { y: matrix, ldy: 8, x: flat, ldx: 8, channels: 2, points: 3 }),
    record(Op.ToChannelsFirst, ToChannelsFirst, { y: back, ldy: 8, x: matrix, ldx: 8, channels: 2, points: 3 }),
  ]).differences).toEqual([]);
  const read = (address: number, indices: number[]) => indices.map((index) => oracle.float(address, index));
  expect(read(matrix, [0, 1, 2, 8, 9, 10, 16, 17])).toEqual([1, 4, 0, 2, 5, 0, 3, 6]);
  expect(read(back, [0, 1, 2, 3, 4, 5, 6, 7])).toEqual([1, 2, 3, 4, 5, 6, 0, 0]);
});
