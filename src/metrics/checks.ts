import { checkInteger } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";

/** Numbers, one after the other. */
export type NumberList = ArrayLike<number>;

/** Throws unless it is a list of finite numbers, `length` of them where that is known. @throws DeltawasmError type, shape, empty, nonFinite */
export function checkList(name: string, given: unknown, length?: number): void {
  const isList = typeof given === "object" && given !== null && typeof (given as NumberList).length === "number";
  if (!isList) throw new DeltawasmError("type", `${name}: expected an array of numbers, got ${show(given)}`);
  const list = given as ArrayLike<unknown>;
  if (length !== undefined && list.length !== length) throw new DeltawasmError("shape", `${name}: expected ${length} numbers, one a row, got ${list.length}`);
  if (list.length === 0) throw new DeltawasmError("empty", `${name}: expected rows, got none`);
  for (let n = 0; n < list.length; n++) {
    const value = list[n];
    if (typeof value !== "number") throw new DeltawasmError("type", `${name}[${n}]: expected a number, got ${show(value)}`);
    if (!Number.isFinite(value)) throw new DeltawasmError("nonFinite", `${name}[${n}]: expected a finite number, got ${value}`);
  }
}

/** Throws unless it is a list of class indices below `classes`. @throws DeltawasmError type, shape, empty, nonFinite, label */
export function checkClasses(name: string, given: unknown, length: number | undefined, classes = Infinity): void {
  checkList(name, given, length);
  const list = given as NumberList;
  const expected = classes === Infinity ? "a class index, a whole number from 0" : `a class index from 0 to ${classes - 1}`;
  for (let n = 0; n < list.length; n++) {
    if (!Number.isInteger(list[n]) || list[n] < 0 || list[n] >= classes) throw new DeltawasmError("label", `${name}[${n}]: expected ${expected}, got ${list[n]}`);
  }
}

/** The weight of a row: those that are given, or 1. @throws DeltawasmError type, shape, nonFinite, range */
export function weightsOf(given: NumberList | undefined, rows: number): (row: number) => number {
  if (given === undefined) return () => 1;
  checkList("weights", given, rows);
  let isZero = true;
  for (let n = 0; n < rows; n++) {
    if (given[n] < 0) throw new DeltawasmError("range", `weights[${n}]: expected a number from 0, got ${given[n]}`);
    if (given[n] > 0) isZero = false;
  }
  if (isZero) throw new DeltawasmError("range", "weights: expected at least one row that counts, got weights of 0 throughout");
  return (row) => given[row];
}

/** Classes of rows × classes numbers. @throws DeltawasmError shape, type, empty, nonFinite */
export function checkTable(name: string, given: NumberList, rows: number): number {
  checkList(name, given);
  if (given.length % rows !== 0) throw new DeltawasmError("shape", `${name}: expected numbers for ${rows} rows, as many as truth has, got ${given.length}`);
  return checkInteger(name, given.length / rows, 1);
}

/** The mean of a value over rows, by their weights, in 64 bits. */
export function weightedMean(rows: number, weight: (row: number) => number, value: (row: number) => number): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < rows; row++) {
    sum += weight(row) * value(row);
    total += weight(row);
  }
  return sum / total;
}
