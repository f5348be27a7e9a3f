import { FLUSH_BELOW } from "../../assembly/records";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { Runner } from "../core/engine";
import type { Heap } from "../core/heap";

/** Numbers in a row: an array or a typed array. They become 32-bit floats; what is closer to 0 than 2^-100 becomes 0. */
export type Numbers =
  | Float32Array | Float64Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array
  | readonly number[];

/** Rows of numbers: one flat array, row after row, or an array of rows. */
export type Rows = Numbers | readonly Numbers[];

/** Class indices (whole numbers from 0), one a row. */
export type Labels = Numbers;

/** Weights of rows beyond this would leave little room for losses. */
const LARGEST_WEIGHT = 1e9;

/** Numbers from which on a row is copied as a whole where that is possible. */
const WHOLE_ROW = 16;

const { subarray } = Float32Array.prototype;
const { get: trueLength } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), "length") as {
  get: (this: unknown) => number;
};

function isNumbers(x: unknown): x is Numbers {
  if (Array.isArray(x)) return true;
  return ArrayBuffer.isView(x) && !(x instanceof DataView) && !(x instanceof BigInt64Array) && !(x instanceof BigUint64Array);
}

/** Whether rows are arrays of their own. */
export function isNested(x: Rows): x is readonly Numbers[] {
  return Array.isArray(x) && x.length > 0 && typeof x[0] !== "number";
}

/** How many rows of `cols` numbers `x` has. @throws DeltawasmError type, shape, empty */
export function countRows(name: string, x: Rows, cols: number): number {
  if (!isNumbers(x)) throw new DeltawasmError("type", `${name}: expected an array of numbers or of rows, got ${show(x)}`);
  const { length } = x;
  if (length === 0) throw new DeltawasmError("empty", `${name}: expected at least one row, got none`);
  // Only a proxy, or a class of the user's, has such a length.
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new DeltawasmError("type", `${name}: expected an array of numbers or of rows, got one of length ${show(length)}`);
  }
  if (isNested(x)) {
    for (let row = 0; row < length; row++) checkRow(`${name}[${row}]`, x[row], cols);
    return length;
  }
  if (length % cols !== 0) {
    throw new DeltawasmError("shape", `${name}: expected rows of ${cols} numbers, got ${length} numbers, which is not a multiple of ${cols}`);
  }
  return length / cols;
}

function checkRow(name: string, row: unknown, cols: number): void {
  if (!isNumbers(row)) throw new DeltawasmError("type", `${name}: expected a row of ${cols} numbers, got ${show(row)}`);
  if (row.length !== cols) throw new DeltawasmError("shape", `${name}: expected a row of ${cols} numbers, got ${row.length}`);
}

/**
 * Copies rows [from, to) of `x` to memory, `stride` floats apart, as 32-bit floats below which 2^-100 counts as 0.
 *
 * @throws DeltawasmError nonFinite, type, busy: the memory then holds a part of the rows
 */
export function copyRows(engine: Runner, address: number, stride: number, name: string, x: Rows, cols: number, from: number, to: number): void {
  const { heap } = engine;
  const { f } = heap;
  const nested = isNested(x);
  let target = address / 4;
  for (let row = from; row < to; row++, target += stride) {
    // Rows were counted before, and may be gone when a long data set is copied.
    const source: ArrayLike<unknown> = (nested ? x[row] : (x as Numbers)) ?? [];
    const first = nested ? 0 : row * cols;
    if (cols >= WHOLE_ROW && copyFloats(engine, target, source, first, cols)) continue;
    for (let c = 0; c < cols; c++) {
      const value = source[first + c];
      // First of all: any arithmetic with an object would call its methods.
      if (typeof value !== "number") throw badNumber(heap, f, name, value, row, c);
      f[target + c] = value < FLUSH_BELOW && value > -FLUSH_BELOW ? 0 : value;
      const rounded = Math.fround(value);
      if (rounded - rounded !== 0) throw badNumber(heap, f, name, value, row, c);
    }
  }
  assertStill(heap, f, name);
}

/** Copies a row of 32-bit floats as a whole. False where the row is something else, or holds what can't be taken. */
function copyFloats({ heap: { f }, clean }: Runner, target: number, source: ArrayLike<unknown>, first: number, cols: number): boolean {
  // Whatever an object says of itself, a Float32Array has no getters behind its elements, and its true length is asked for.
  if (Object.getPrototypeOf(source) !== Float32Array.prototype || trueLength.call(source) < first + cols) return false;
  f.set(subarray.call(source, first, first + cols) as Float32Array, target);
  return clean(target * 4, Math.ceil(cols / 4) * 4) < Infinity;
}

function badNumber(heap: Heap, f: Heap["f"], name: string, value: unknown, row: number, col: number): DeltawasmError {
  assertStill(heap, f, name);
  const where = `${name}: row ${row}, column ${col}`;
  if (typeof value !== "number") return new DeltawasmError("type", `${where}: expected a number, got ${show(value)}`);
  const reason = Number.isFinite(value) ? `${value}, which is beyond a 32-bit float` : String(value);
  return new DeltawasmError("nonFinite", `${where}: expected a finite number, got ${reason}`);
}

/** An element with a getter can run any code; what it was copied to is gone where that made the memory grow. */
function assertStill(heap: Heap, f: Heap["f"], name: string): void {
  if (heap.f !== f) throw new DeltawasmError("busy", `${name}: reading it made a network or trainer, which must wait until it is read`);
}

/** Copies labels [from, to) to memory as integers. @throws DeltawasmError label, busy */
export function copyLabels(heap: Heap, address: number, name: string, labels: Labels, classes: number, from: number, to: number): void {
  const { f, i } = heap;
  for (let row = from; row < to; row++) {
    const label = labels[row];
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new DeltawasmError("label", `${name}: row ${row}: expected a class index, a whole number from 0 to ${classes - 1}, got ${show(label)}`);
    }
    i[address / 4 + row - from] = label;
  }
  assertStill(heap, f, name);
}

/** Throws unless it is an array of so many numbers. @throws DeltawasmError type, shape */
export function checkLength(name: string, x: unknown, rows: number): void {
  if (!isNumbers(x)) throw new DeltawasmError("type", `${name}: expected an array of ${rows} numbers, one a row, got ${show(x)}`);
  if (x.length !== rows) throw new DeltawasmError("shape", `${name}: expected ${rows} numbers, one a row, got ${show(x.length)}`);
}

/** Copies weights [from, to) of rows to memory, 1 for each where there are none. @throws DeltawasmError type, range, busy */
export function copyWeights(heap: Heap, address: number, name: string, weights: Numbers | undefined, from: number, to: number): void {
  const { f } = heap;
  if (weights === undefined) return void f.fill(1, address / 4, address / 4 + to - from);
  for (let row = from; row < to; row++) {
    const weight: unknown = weights[row];
    if (typeof weight !== "number") throw new DeltawasmError("type", `${name}: row ${row}: expected a number, got ${show(weight)}`);
    if (!(weight >= 0 && weight <= LARGEST_WEIGHT)) throw new DeltawasmError("range", `${name}: row ${row}: expected a number from 0 to 1e9, got ${show(weight)}`);
    f[address / 4 + row - from] = weight;
  }
  assertStill(heap, f, name);
}

/** Throws unless each of the rows at `address`, from number `first` on, is a distribution: no negative share, sum 1. */
export function checkDistributions({ f }: Heap, address: number, stride: number, name: string, cols: number, first: number, rows: number): void {
  for (let row = 0, at = address / 4; row < rows; row++, at += stride) {
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      if (f[at + c] < 0) throw badTarget(name, first + row, c, "a probability", f[at + c]);
      sum += f[at + c];
    }
    // 32-bit shares of a few thousand classes sum to 1 within this.
    if (Math.abs(sum - 1) > 1e-3) {
      throw new DeltawasmError("range", `${name}: row ${first + row}: expected probabilities that sum to 1, got a sum of ${short(sum)}`);
    }
  }
}

/** Throws unless every number of the rows at `address`, from number `first` on, is in [0, 1]. */
export function checkShares({ f }: Heap, address: number, stride: number, name: string, cols: number, first: number, rows: number): void {
  for (let row = 0, at = address / 4; row < rows; row++, at += stride) {
    for (let c = 0; c < cols; c++) {
      if (f[at + c] < 0 || f[at + c] > 1) throw badTarget(name, first + row, c, "a number from 0 to 1", f[at + c]);
    }
  }
}

/** Throws unless every number of the rows at `address`, from number `first` on, is a whole one from 0 up to below `limit`. */
export function checkIndices(
  { f }: Heap, address: number, stride: number, name: string, cols: number, first: number, rows: number, limit: number,
): void {
  for (let row = 0, at = address / 4; row < rows; row++, at += stride) {
    for (let c = 0; c < cols; c++) {
      const value = f[at + c];
      if (!Number.isInteger(value) || value < 0 || value >= limit) throw badTarget(name, first + row, c, `a whole number from 0 to ${limit - 1}`, value);
    }
  }
}

function badTarget(name: string, row: number, col: number, expected: string, value: number): DeltawasmError {
  return new DeltawasmError("range", `${name}: row ${row}, column ${col}: expected ${expected}, got ${short(value)}`);
}

/** A 32-bit float in the digits that it has. */
function short(value: number): number {
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 24 ? value : Number(value.toPrecision(7));
}
