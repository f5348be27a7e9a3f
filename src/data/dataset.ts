import type { Data } from "deltawasm";
import { checkInteger, checkOptions, isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { type DatasetData, type DatasetPair, isNumbers, joinParts, type Part, pairOf, partOf } from "./datasetParts";
import { readTexts } from "./preparation/file";
import { type FoldOptions, kFoldIndices, splitIndices, type SplitOptions } from "./split";

/** How a data set is divided: `stratify` says whether each part has its share of each class; default: yes where targets are class indices. */
export type DatasetSplitOptions = Omit<SplitOptions, "stratify"> & { stratify?: boolean };

/** How a data set is divided for cross-validation. `stratify` as in `DatasetSplitOptions`. */
export type DatasetFoldOptions = Omit<FoldOptions, "stratify"> & { stratify?: boolean };

/** What a data set is made of at once: arrays, or an iterable of batches or pairs. */
export type DatasetSource = DatasetData | Iterable<DatasetData | DatasetPair>;

/** How a data set is made. */
export interface DatasetOptions {
  /** Names of the classes, each another, in the order of their indices. Default: those that there are, numbers by their size before texts by their letters. */
  classNames?: readonly string[];
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
  /** Names of the classes, in the order of their indices, where they are known. */
  readonly classNames?: readonly string[];

  private constructor(x: Float32Array, y: Int32Array | Float32Array, weights: Float32Array | undefined, rows: number, classNames: readonly string[] | undefined) {
    this.x = x;
    this.y = y;
    if (weights) this.weights = weights;
    this.rows = rows;
    this.inputs = x.length / rows;
    this.outputs = y.length / rows;
    if (classNames) this.classNames = Object.freeze([...classNames]);
  }

  /**
   * A data set of arrays, or of batches or pairs that come one by one, such as those of a stream that fits into memory. What it is given is copied.
   *
   * @param data `{ x, y, weights }`: `x` an array of rows, or flat with as many targets as say how many rows there are; `y` class indices (whole
   * numbers from 0, a flat array of one a row), names of classes, or rows of targets; `weights` one a row. Or an iterable of such batches, or of
   * pairs `[x, y]`: a row, and its class index, class name, number or row of targets. Of an async iterable it gives a promise
   * @throws DeltawasmError `type`, `shape`, `empty`, `unknown`; `label` for a class that is not among the given names; `conflict` for names of classes where
   * targets are no classes, or a name twice; what the iterator throws, as it is
   *
   * @example
   * Dataset.from({ x: [[0, 1], [1, 1]], y: ["no", "yes"] }).classNames; // ["no", "yes"]
   * const dataset = await Dataset.from(batchesOfAStream(), { classNames: ["no", "yes"] });
   */
  static from(data: DatasetSource, options?: DatasetOptions): Dataset;
  static from(data: AsyncIterable<DatasetData | DatasetPair>, options?: DatasetOptions): Promise<Dataset>;
  static from(data: DatasetSource | AsyncIterable<DatasetData | DatasetPair>, options: DatasetOptions = {}): Dataset | Promise<Dataset> {
    const { classNames } = checkOptions("options", options, ["classNames"]);
    const known = classNames === undefined ? undefined : readTexts("options.classNames", classNames);
    const { [Symbol.asyncIterator]: isAsync, [Symbol.iterator]: isSync } = Object(data) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    if (data instanceof Dataset || (isRecord(data) && !isAsync && !isSync)) return Dataset.#of(itemOf("data", data, known), known);
    if (typeof data === "string" || (!isAsync && !isSync)) {
      throw new DeltawasmError("type", `data: expected { x, y }, or an iterable of such batches or of pairs [x, y], got ${show(data)}`);
    }
    const parts: Part[] = [];
    const take = (item: unknown) => { parts.push(itemOf(`data[${parts.length}]`, item, known)); };
    const all = () => Dataset.#of(joinParts(parts, (n) => `data[${n}]`), known);
    if (isAsync) {
      return (async () => {
        for await (const item of data as AsyncIterable<unknown>) take(item);
        return all();
      })();
    }
    for (const item of data as Iterable<unknown>) take(item);
    return all();
  }

  static #of({ x, y, weights, rows, areLabels, names }: Part, known: readonly string[] | undefined): Dataset {
    if (known && !areLabels) throw new DeltawasmError("conflict", "options.classNames: the targets are no class indices, and no names of classes; leave it out");
    const beyond = known ? y.findIndex((label) => label >= known.length) : -1;
    if (beyond >= 0) throw new DeltawasmError("label", `data: row ${beyond}: expected a class index below ${known!.length}, as many as options.classNames are, got ${y[beyond]}`);
    return new Dataset(x, areLabels ? Int32Array.from(y) : y, weights, rows, known ?? names);
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
    return new Dataset(x, y, weights, count, this.classNames);
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

/** A batch, a data set or a pair. @throws DeltawasmError type, shape, empty, label */
function itemOf(name: string, item: unknown, known: readonly string[] | undefined): Part {
  if (Array.isArray(item)) return pairOf(name, item, known);
  if (!(item instanceof Dataset)) return partOf(name, item, known);
  const { x, y, areLabels, classNames, weights } = item;
  // Where the order of names is another, indices mean other classes.
  if (classNames && known) return partOf(name, { x, y: Array.from(y, (label) => classNames[label]), weights }, known);
  return { ...partOf(name, item), areLabels, names: classNames };
}
