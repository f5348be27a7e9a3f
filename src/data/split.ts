import { checkBoolean, checkInteger, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { splitSeed } from "../core/seed";
import { show } from "../core/show";
import { shuffle } from "../reference/random";

/** What a row belongs to: its class, by number or name. */
export type Group = string | number | boolean | null | undefined;

/** How rows are divided. */
export interface SplitOptions {
  /** Share of the rows for validation, from 0, below 1. Default 0. */
  validation?: number;
  /** Share of the rows for the test. With `validation` it must leave rows for training. Default 0. */
  test?: number;
  /** The class of each row: each part then has its share of each class, to within one row. Default: none. */
  stratify?: ArrayLike<Group>;
  /** Of the random order, from 0. Default 0. */
  seed?: number;
  /** Whether rows are taken in a random order; else the first are for training, the last for the test. Default true. */
  shuffle?: boolean;
}

/** Numbers of rows, each in one part. */
export interface SplitIndices {
  /** To learn from. */
  training: Int32Array;
  /** To choose by. */
  validation: Int32Array;
  /** To be judged by, once. */
  test: Int32Array;
}

/** How rows are divided for cross-validation. */
export interface FoldOptions {
  /** The class of each row: each fold then has its share of each class, to within one row. Default: none. */
  stratify?: ArrayLike<Group>;
  /** Of the random order, from 0. Default 0. */
  seed?: number;
  /** Whether rows are taken in a random order. Default true. */
  shuffle?: boolean;
}

/** Numbers of the rows of one round of a cross-validation. */
export interface FoldIndices {
  /** To learn from: all other folds. */
  training: Int32Array;
  /** To be judged by: one fold. */
  validation: Int32Array;
}

/** Random numbers of splits: apart from those of networks and their training. */
const STREAM = 0x5b117;

/** Rows in the order in which they are given out: random, or as they are. */
function orderOf(rows: number, seed: number, isShuffled: boolean): Int32Array {
  const order = Uint32Array.from({ length: rows }, (_, n) => n);
  if (isShuffled) shuffle(order, 0, rows, ...splitSeed(seed), STREAM, 0);
  return Int32Array.from(order);
}

/** The rows of an order class by class, the classes in the order of their first row. */
function byClass(order: Int32Array, stratify: ArrayLike<Group>): number[][] {
  const groups = new Map<Group, number[]>();
  for (let n = 0; n < order.length; n++) if (!groups.has(stratify[n])) groups.set(stratify[n], []);
  for (const row of order) groups.get(stratify[row])!.push(row);
  return [...groups.values()];
}

function checkStratify(stratify: ArrayLike<Group> | undefined, rows: number): void {
  if (stratify === undefined) return;
  const { length } = Object(stratify) as { length?: unknown };
  if (typeof length !== "number" || typeof stratify === "string") throw new DeltawasmError("type", `options.stratify: expected an array of ${rows} classes, got ${show(stratify)}`);
  if (length !== rows) throw new DeltawasmError("shape", `options.stratify: expected ${rows} classes, one a row, got ${length}`);
}

const ascending = (rows: Int32Array | number[]) => Int32Array.from(rows).sort();

/**
 * Divides row numbers 0 … rows − 1 into those to learn from, to choose by, and to be judged by. The parts are ascending, and the same for the
 * same seed everywhere. Sizes are the shares of all rows, rounded; with `stratify` of each
 * class's rows, rounded up or down.
 *
 * @throws DeltawasmError `type`, `range`, `unknown`; `shape` for another number of classes than rows; `empty` where nothing is left for training,
 * or a part that was asked for gets no row
 *
 * @example const { training, test } = splitIndices(150, { test: 0.2, stratify: labels, seed: 1 });
 */
export function splitIndices(rows: number, options: SplitOptions = {}): SplitIndices {
  checkInteger("rows", rows, 1, 2 ** 31 - 1);
  const { validation = 0, test = 0, stratify, seed = 0, shuffle: isShuffled = true }: SplitOptions = checkOptions("options", options, ["validation", "test", "stratify", "seed", "shuffle"]);
  checkNumber("options.validation", validation, { min: 0, below: 1 });
  checkNumber("options.test", test, { min: 0, below: 1 });
  checkInteger("options.seed", seed, 0);
  checkBoolean("options.shuffle", isShuffled);
  checkStratify(stratify, rows);
  const sizes = [Math.round(rows * validation), Math.round(rows * test)];
  const left = rows - sizes[0] - sizes[1];
  if (left < 1) throw new DeltawasmError("empty", `options: of ${rows} rows, a validation share of ${validation} and a test share of ${test} leave none to learn from`);
  for (const [n, name] of ["validation", "test"].entries()) {
    if (sizes[n] === 0 && [validation, test][n] > 0) throw new DeltawasmError("empty", `options.${name}: a share of ${[validation, test][n]} of ${rows} rows is no row; take more`);
  }
  const order = orderOf(rows, seed, isShuffled);
  const parts = stratify
    ? stratified(byClass(order, stratify), [left, ...sizes].map((size) => size / rows))
    : [order.subarray(0, left), order.subarray(left, left + sizes[0]), order.subarray(left + sizes[0])];
  return { training: ascending(parts[0]), validation: ascending(parts[1]), test: ascending(parts[2]) };
}

/** Each class's rows to parts by their shares, rounded down; a row that is left goes to the part that lacks most by then, and no second one. */
function stratified(classes: readonly number[][], shares: readonly number[]): number[][] {
  const parts: number[][] = shares.map(() => []);
  let given = 0;
  for (const members of classes) {
    // A share that is whole may come out a little less.
    const counts = shares.map((share) => Math.floor(share * members.length + 1e-9));
    given += members.length;
    let left = members.length - counts.reduce((sum, count) => sum + count, 0);
    const lack = parts.map((part, n) => shares[n] * given - part.length - counts[n]);
    for (const n of [...lack.keys()].filter((n) => shares[n] > 0).sort((m, n) => lack[n] - lack[m])) {
      if (left === 0) break;
      counts[n]++;
      left--;
    }
    let at = 0;
    counts.forEach((count, n) => {
      for (const row of members.slice(at, at + count)) parts[n].push(row);
      at += count;
    });
  }
  return parts;
}

/**
 * Divides row numbers 0 … rows − 1 into `folds` parts of equal size to within one row, for cross-validation: in each round one part is to be judged by,
 * the others to learn from. With `stratify` each class's rows are dealt out evenly, as scikit-learn's StratifiedKFold does.
 *
 * @throws DeltawasmError `type`, `range` (fewer than 2 folds, or more than rows), `unknown`, `shape`
 *
 * @example for (const { training, validation } of kFoldIndices(150, 5, { stratify: labels })) …
 */
export function kFoldIndices(rows: number, folds: number, options: FoldOptions = {}): FoldIndices[] {
  checkInteger("rows", rows, 2, 2 ** 31 - 1);
  checkInteger("folds", folds, 2, rows);
  const { stratify, seed = 0, shuffle: isShuffled = true }: FoldOptions = checkOptions("options", options, ["stratify", "seed", "shuffle"]);
  checkInteger("options.seed", seed, 0);
  checkBoolean("options.shuffle", isShuffled);
  checkStratify(stratify, rows);
  const order = orderOf(rows, seed, isShuffled);
  const parts: number[][] = Array.from({ length: folds }, () => []);
  // Dealt like cards along the classes; without classes and in order, each fold is a run of rows.
  if (stratify) byClass(order, stratify).flat().forEach((row, n) => parts[n % folds].push(row));
  else order.forEach((row, n) => parts[Math.floor((n * folds) / rows)].push(row));
  return parts.map((validation, n) => ({
    training: ascending(parts.flatMap((part, other) => (other === n ? [] : part))), validation: ascending(validation),
  }));
}
