import { PANEL } from "../../assembly/records";
import { padTo } from "./oracle";

/** The size of a dense layer's operation. */
export interface Shape {
  rows: number;
  inputs: number;
  outputs: number;
  /** Panels by which rows are farther apart than they need be. */
  gap: number;
}

export const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33, 63, 64, 65, 130];
/** All tails of 4, 8, 16, 32 and 64, and both sides of one and of two passes over a deep product. */
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 20, 24, 25, 31, 32, 33, 40, 57, 63, 64, 65, 130];
const DEEP = [255, 256, 257, 511, 513, 520];
/** Beside a size that is walked through all its values. */
const BESIDE = [3, 11, 8, 34];

/** Every size with so many rows, once as the inputs and once as the outputs. */
export function shapesOf(rows: number): Shape[] {
  return [...SIZES, ...DEEP].flatMap((size, n) => {
    const other = BESIDE[(rows + n) % BESIDE.length];
    const gap = (rows + n) % 3;
    return [{ rows, inputs: size, outputs: other, gap }, { rows, inputs: other, outputs: size, gap }];
  });
}

const LARGE = [
  [5, 257, 255], [33, 520, 72], [7, 72, 520], [130, 300, 40], [255, 140, 24], [256, 40, 24], [257, 9, 33], [523, 33, 9],
  [70, 300, 72], [195, 72, 300], [131, 513, 64],
];

/** Inputs and outputs both large, or more rows than one pass takes. */
export const largeShapes: Shape[] = LARGE.map(([rows, inputs, outputs]) => ({ rows, inputs, outputs, gap: 1 }));

/** Floats from one row to the next: whole panels. */
export function stride(cols: number, gap: number): number {
  return padTo(PANEL, cols) + gap * PANEL;
}
