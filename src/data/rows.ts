import { DeltawasmError, show } from "../core/errors";
import type { Heap } from "../core/heap";

/** An array of numbers. */
export type Numbers =
  | Float32Array | Float64Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array
  | readonly number[];

/** Rows of numbers: one flat array, row after row, or an array of rows. */
export type Rows = Numbers | readonly Numbers[];

/** Class indices (whole numbers from 0), one a row. */
export type Labels = Numbers;

const TINY = 2 ** -100;

function isTyped(x: unknown): x is Exclude<Numbers, readonly number[]> {
  return ArrayBuffer.isView(x) && !(x instanceof DataView) && !(x instanceof BigInt64Array) && !(x instanceof BigUint64Array);
}

function isNested(x: Rows): x is readonly Numbers[] {
  return Array.isArray(x) && x.length > 0 && typeof x[0] !== "number";
}

/** How many rows of `cols` numbers `x` has. @throws DeltawasmError type, shape, empty */
export function countRows(name: string, x: Rows, cols: number): number {
  if (!isTyped(x) && !Array.isArray(x)) {
    throw new DeltawasmError("type", `${name}: expected an array of numbers or of rows, got ${show(x)}`);
  }
  if (x.length === 0) throw new DeltawasmError("empty", `${name}: expected at least one row, got none`);
  if (isNested(x)) {
    for (let row = 0; row < x.length; row++) {
      const given: unknown = x[row];
      if (!isTyped(given) && !Array.isArray(given)) {
        throw new DeltawasmError("type", `${name}[${row}]: expected a row of ${cols} numbers, got ${show(given)}`);
      }
      if ((given as Numbers).length !== cols) {
        throw new DeltawasmError("shape", `${name}[${row}]: expected a row of ${cols} numbers, got ${(given as Numbers).length}`);
      }
    }
    return x.length;
  }
  if (x.length % cols !== 0) {
    throw new DeltawasmError("shape", `${name}: expected rows of ${cols} numbers, got ${x.length} numbers, which is not a multiple of ${cols}`);
  }
  return x.length / cols;
}

/**
 * Copies rows [from, to) of `x` to memory, `stride` floats apart, as 32-bit floats below which 2^-100 counts as 0.
 *
 * @throws DeltawasmError nonFinite, type: the memory then holds a part of the rows
 */
export function copyRows(heap: Heap, address: number, stride: number, name: string, x: Rows, cols: number, from: number, to: number): void {
  const { f } = heap;
  const nested = isNested(x);
  let target = address / 4;
  for (let row = from; row < to; row++, target += stride) {
    const source = nested ? x[row] : (x as Numbers);
    const first = nested ? 0 : row * cols;
    for (let c = 0; c < cols; c++) {
      const value = source[first + c];
      f[target + c] = value < TINY && value > -TINY ? 0 : value;
      const stored = f[target + c];
      if (stored - stored !== 0 || typeof value !== "number") throw badNumber(name, value, row, c);
    }
  }
}

function badNumber(name: string, value: unknown, row: number, col: number): DeltawasmError {
  const where = `${name}: row ${row}, column ${col}`;
  if (typeof value !== "number") return new DeltawasmError("type", `${where}: expected a number, got ${show(value)}`);
  const reason = Number.isFinite(value) ? `${value}, which is beyond a 32-bit float` : String(value);
  return new DeltawasmError("nonFinite", `${where}: expected a finite number, got ${reason}`);
}

/** Copies labels [from, to) to memory as integers. @throws DeltawasmError label */
export function copyLabels(heap: Heap, address: number, name: string, labels: Labels, classes: number, from: number, to: number): void {
  const { i } = heap;
  for (let row = from; row < to; row++) {
    const label = labels[row];
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new DeltawasmError("label", `${name}: row ${row}: expected a class index, a whole number from 0 to ${classes - 1}, got ${show(label)}`);
    }
    i[address / 4 + row - from] = label;
  }
}

/** Throws unless every row of `y` is a distribution: no negative share, sum 1. */
export function checkDistributions(name: string, y: Rows, cols: number, rows: number): void {
  const nested = isNested(y);
  for (let row = 0; row < rows; row++) {
    const source = nested ? y[row] : (y as Numbers);
    const first = nested ? 0 : row * cols;
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      if (source[first + c] < 0) throw new DeltawasmError("range", `${name}: row ${row}, column ${c}: expected a probability, got ${source[first + c]}`);
      sum += source[first + c];
    }
    // 32-bit shares of a few thousand classes sum to 1 within this.
    if (Math.abs(sum - 1) > 1e-3) throw new DeltawasmError("range", `${name}: row ${row}: expected probabilities that sum to 1, got a sum of ${sum}`);
  }
}

/** Throws unless every number is in [0, 1]. */
export function checkShares(name: string, y: Rows, cols: number, rows: number): void {
  const nested = isNested(y);
  for (let row = 0; row < rows; row++) {
    const source = nested ? y[row] : (y as Numbers);
    const first = nested ? 0 : row * cols;
    for (let c = 0; c < cols; c++) {
      const share = source[first + c];
      if (share < 0 || share > 1) throw new DeltawasmError("range", `${name}: row ${row}, column ${c}: expected a number from 0 to 1, got ${share}`);
    }
  }
}
