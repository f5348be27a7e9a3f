import type { Data, Numbers } from "deltawasm";
import { checkInteger, checkOptions, isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { type FoldOptions, kFoldIndices, splitIndices, type SplitOptions } from "./split";

/** How a data set is divided: `stratify` says whether each part has its share of each class; default: yes where targets are class indices. */
export type DatasetSplitOptions = Omit<SplitOptions, "stratify"> & { stratify?: boolean };

/** How a data set is divided for cross-validation. `stratify` as in `DatasetSplitOptions`. */
export type DatasetFoldOptions = Omit<FoldOptions, "stratify"> & { stratify?: boolean };

/** Batches, one after the other. */
export type Batches = Iterable<Data> | AsyncIterable<Data>;

type Flat = { values: Float32Array; width: number };

const isNumbers = (value: unknown): value is Numbers => (
  Array.isArray(value) ? typeof value[0] !== "object" : ArrayBuffer.isView(value) && !(value instanceof DataView) && typeof ((value as unknown as Numbers)[0] ?? 0) === "number"
);

/** Rows in one array. `rows` is known where the array is flat. @throws DeltawasmError type, shape, empty */
function flatten(name: string, given: unknown, rows?: number): Flat {
  const { length } = Object(given) as { length?: unknown };
  if (typeof length !== "number" || typeof given === "string" || (typeof given !== "object")) throw new DeltawasmError("type", `${name}: expected an array of numbers or of rows, got ${show(given)}`);
  if (length === 0 || rows === 0) throw new DeltawasmError("empty", `${name}: expected rows, got none`);
  if (isNumbers(given)) {
    const count = rows ?? length;
    if (length % count !== 0) throw new DeltawasmError("shape", `${name}: expected numbers for ${count} rows, got ${length}, which they don't divide`);
    return { values: Float32Array.from(given as ArrayLike<number>, (value, n) => number(`${name}[${n}]`, value)), width: length / count };
  }
  const list = given as ArrayLike<ArrayLike<number>>;
  if (!isNumbers(list[0])) throw new DeltawasmError("type", `${name}[0]: expected an array of numbers, got ${show(list[0])}`);
  const width = list[0].length;
  if (width === 0) throw new DeltawasmError("empty", `${name}[0]: expected a row of numbers, got none`);
  const values = new Float32Array(length * width);
  for (let row = 0; row < length; row++) {
    const cells = list[row];
    if (!isNumbers(cells)) throw new DeltawasmError("type", `${name}[${row}]: expected an array of ${width} numbers, got ${show(cells)}`);
    if (cells.length !== width) throw new DeltawasmError("shape", `${name}[${row}]: expected a row of ${width} numbers, as the first has, got ${cells.length}`);
    for (let c = 0; c < width; c++) values[row * width + c] = number(`${name}[${row}][${c}]`, cells[c]);
  }
  return { values, width };
}

function number(name: string, value: unknown): number {
  if (typeof value !== "number") throw new DeltawasmError("type", `${name}: expected a number, got ${show(value)}`);
  return value;
}

/** Rows and what they should become, in memory: `fit` and `evaluate` take it as it is. */
export class Dataset implements Data {
  /** Inputs, row by row: rows × `inputs`. */
  readonly x: Float32Array;
  /** Class indices, one a row, or rows × `outputs` targets. */
  readonly y: Int32Array | Float32Array;
  /** How much each row counts, where they don't count the same. */
  readonly weights?: Float32Array;
  /** Rows. */
  readonly rows: number;
  /** Numbers in an input row. */
  readonly inputs: number;
  /** Numbers in a row of targets; 1 for class indices. */
  readonly outputs: number;

  private constructor(x: Float32Array, y: Int32Array | Float32Array, weights: Float32Array | undefined, rows: number) {
    this.x = x;
    this.y = y;
    if (weights) this.weights = weights;
    this.rows = rows;
    this.inputs = x.length / rows;
    this.outputs = y.length / rows;
  }

  /**
   * A data set of arrays, which are copied: rows as arrays, or flat with as many targets as say how many rows there are.
   *
   * @param data `x`: an array of rows, or flat; `y`: class indices (whole numbers from 0, a flat array of one a row), or rows of targets;
   * `weights`: one a row
   * @throws DeltawasmError `type`, `shape`, `empty`
   *
   * @example const dataset = Dataset.from({ x: [[0, 1], [1, 1]], y: [1, 0] });
   */
  static from(data: Data): Dataset {
    const { x, y, weights } = checkOptions("data", isRecord(data) ? pick(data) : data, ["x", "y", "weights"]) as unknown as Data;
    const { length: rows } = Object(isNumbers(x) ? y : x) as { length: number };
    const inputs = flatten("data.x", x, rows);
    const targets = flatten("data.y", y, rows);
    if (!isNumbers(y) && y.length !== rows) throw new DeltawasmError("shape", `data.y: expected ${rows} rows, as many as data.x has, got ${y.length}`);
    if (weights !== undefined && !isNumbers(weights)) throw new DeltawasmError("type", `data.weights: expected an array of ${rows} numbers, got ${show(weights)}`);
    if (weights !== undefined && weights.length !== rows) throw new DeltawasmError("shape", `data.weights: expected ${rows} numbers, one a row, got ${weights.length}`);
    const areLabels = isNumbers(y) && targets.width === 1 && targets.values.every((label) => Number.isInteger(label) && label >= 0 && label < 2 ** 31);
    return new Dataset(
      inputs.values, areLabels ? Int32Array.from(targets.values) : targets.values, weights && flatten("data.weights", weights, rows).values, rows,
    );
  }

  /**
   * A data set of batches that come one by one, such as those of a stream that fits into memory.
   *
   * @throws DeltawasmError `type`, `shape`, `empty`; what the iterator throws, as it is
   */
  static async collect(batches: Batches): Promise<Dataset> {
    const { [Symbol.asyncIterator]: isAsync, [Symbol.iterator]: isSync } = Object(batches) as Partial<AsyncIterable<Data> & Iterable<Data>>;
    if (!isAsync && !isSync) throw new DeltawasmError("type", `batches: expected an iterable of batches, got ${show(batches)}`);
    const parts: Dataset[] = [];
    for await (const batch of batches) {
      const part = Dataset.from(batch);
      const first = parts[0] ?? part;
      if (part.inputs !== first.inputs || part.outputs !== first.outputs || (part.weights === undefined) !== (first.weights === undefined)) {
        throw new DeltawasmError("shape", `batches: batch ${parts.length + 1}: expected ${describe(first)}, as the first batch has, got ${describe(part)}`);
      }
      parts.push(part);
    }
    if (parts.length === 0) throw new DeltawasmError("empty", "batches: expected at least one batch, got none");
    const areLabels = parts.every(({ y }) => y instanceof Int32Array);
    return new Dataset(
      joined(parts.map(({ x }) => x)), areLabels ? Int32Array.from(joined(parts.map(({ y }) => y))) : joined(parts.map(({ y }) => y)),
      parts[0].weights && joined(parts.map(({ weights }) => weights!)), parts.reduce((sum, { rows }) => sum + rows, 0),
    );
  }

  /** Whether targets are class indices. */
  get areLabels(): boolean {
    return this.y instanceof Int32Array;
  }

  /** The data set of some rows, in the order that their numbers are given in. @throws DeltawasmError `type`, `range`, `empty` */
  subset(indices: ArrayLike<number>): Dataset {
    const { rows, inputs, outputs } = this;
    if (!isNumbers(indices)) throw new DeltawasmError("type", `indices: expected an array of row numbers, got ${show(indices)}`);
    const count = indices.length;
    if (count === 0) throw new DeltawasmError("empty", "indices: expected at least one row, got none");
    const x = new Float32Array(count * inputs);
    const y = this.areLabels ? new Int32Array(count) : new Float32Array(count * outputs);
    const weights = this.weights && new Float32Array(count);
    for (let n = 0; n < count; n++) {
      const row = checkInteger(`indices[${n}]`, indices[n], 0, rows - 1);
      x.set(this.x.subarray(row * inputs, (row + 1) * inputs), n * inputs);
      y.set(this.y.subarray(row * outputs, (row + 1) * outputs), n * outputs);
      if (weights) weights[n] = this.weights![row];
    }
    return new Dataset(x, y, weights, count);
  }

  /** Runs of `batchSize` rows, in order; the last may have fewer. @throws DeltawasmError `type`, `range` */
  *batches(batchSize: number): Generator<Data, void, undefined> {
    checkInteger("batchSize", batchSize, 1);
    const { inputs, outputs } = this;
    for (let from = 0; from < this.rows; from += batchSize) {
      const to = Math.min(this.rows, from + batchSize);
      const weights = this.weights?.subarray(from, to);
      yield { x: this.x.subarray(from * inputs, to * inputs), y: this.y.subarray(from * outputs, to * outputs), ...(weights ? { weights } : {}) };
    }
  }

  /**
   * Data sets to learn from, to choose by, and to be judged by; those of a share of 0 are missing.
   *
   * @throws DeltawasmError as `splitIndices`; `conflict` where it is asked to stratify, and targets are no class indices
   *
   * @example const { training, validation } = dataset.split({ validation: 0.2, seed: 1 });
   */
  split(options: DatasetSplitOptions): { training: Dataset; validation?: Dataset; test?: Dataset } {
    const { training, validation, test } = splitIndices(this.rows, this.#stratified(options));
    return {
      training: this.subset(training),
      ...(validation.length > 0 ? { validation: this.subset(validation) } : {}),
      ...(test.length > 0 ? { test: this.subset(test) } : {}),
    };
  }

  /**
   * The rounds of a cross-validation.
   *
   * @throws DeltawasmError as `kFoldIndices`; `conflict` where it is asked to stratify, and targets are no class indices
   *
   * @example for (const { training, validation } of dataset.kFold(5, { seed: 1 })) …
   */
  *kFold(folds: number, options: DatasetFoldOptions = {}): Generator<{ training: Dataset; validation: Dataset }, void, undefined> {
    for (const { training, validation } of kFoldIndices(this.rows, folds, this.#stratified(options))) {
      yield { training: this.subset(training), validation: this.subset(validation) };
    }
  }

  /** The options with the classes in the place of a yes. */
  #stratified<Options extends { stratify?: boolean }>(options: Options): Omit<Options, "stratify"> & { stratify?: Int32Array } {
    if (!isRecord(options)) throw new DeltawasmError("type", `options: expected an object, got ${show(options)}`);
    const { stratify = this.areLabels, ...rest } = options;
    if (typeof stratify !== "boolean") throw new DeltawasmError("type", `options.stratify: expected true or false, got ${show(stratify)}`);
    if (stratify && !this.areLabels) throw new DeltawasmError("conflict", "options.stratify: the targets are no class indices; leave it out");
    return stratify ? { ...rest, stratify: this.y as Int32Array } : rest;
  }
}

/** Of a batch, or of a data set, what it must have: other properties are the user's. */
function pick({ x, y, weights }: Record<string, unknown>): Record<string, unknown> {
  return { x, y, ...(weights === undefined ? {} : { weights }) };
}

function describe({ inputs, outputs, weights }: Dataset): string {
  return `rows of ${inputs} inputs and ${outputs} ${outputs === 1 ? "target" : "targets"}, ${weights ? "with" : "without"} weights`;
}

function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
