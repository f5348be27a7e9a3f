import type { ActivationName } from "deltawasm";
import { exp, sigmoid } from "../reference/math";
import { FLAT_ENDS } from "./limits";
import type { ObservedLayer } from "./observed";
import type { ActivationSample, Histogram } from "./record";

/** Numbers that are kept of a layer for its statistics, about, at the most: whole rows, spread evenly. */
const KEPT = 1 << 14;
/** But so many rows at the least. */
const LEAST_ROWS = 8;
const BINS = 20;

type Floats = Float32Array | Float64Array;

/** Looks at the outputs of a layer, batch after batch. */
export class Outputs {
  readonly #layer: ObservedLayer & { tensor: NonNullable<ObservedLayer["tensor"]> };
  readonly #every: number;
  readonly #values: Float32Array;
  #count = 0;
  /** Units that have given nothing but 0 so far; undefined where they can't die. */
  #silent: number[] | undefined;

  constructor(layer: ObservedLayer & { tensor: NonNullable<ObservedLayer["tensor"]> }, rows: number) {
    const { points, cols } = layer.tensor;
    this.#layer = layer;
    this.#every = Math.ceil(rows / Math.max(LEAST_ROWS, Math.floor(KEPT / (points * cols))));
    this.#values = new Float32Array(Math.ceil(rows / this.#every) * points * cols);
    if (layer.activation === "relu") this.#silent = Array.from({ length: cols }, (_, unit) => unit);
  }

  /** Numbers that it keeps. */
  get length(): number {
    return this.#values.length;
  }

  /** The batch whose first row is row `from` of the sample. */
  add(f: Floats, from: number, rows: number): void {
    const { tensor: { address, points, cols, ld } } = this.#layer;
    const first = address / 4;
    this.#silent = this.#silent?.filter((unit) => {
      for (let at = first + unit, end = first + rows * points * ld; at < end; at += ld) if (f[at] !== 0) return false;
      return true;
    });
    const every = this.#every;
    for (let row = (every - (from % every)) % every; row < rows; row += every) {
      for (let point = row * points; point < (row + 1) * points; point++) this.#keep(f.subarray(first + point * ld, first + point * ld + cols));
    }
  }

  #keep(numbers: Floats): void {
    const kept = this.#values.subarray(this.#count, this.#count + numbers.length);
    kept.set(numbers);
    if (this.#layer.isBefore) activate(kept, this.#layer.activation);
    this.#count += numbers.length;
  }

  /** Undefined where an output was not finite. */
  get sample(): ActivationSample | undefined {
    const { activation, tensor } = this.#layer;
    const values = this.#values.subarray(0, this.#count);
    let sum = 0, low = Infinity, high = -Infinity;
    // By index: iterators of typed arrays cost several times as much in V8.
    for (let n = 0; n < values.length; n++) {
      const value = values[n];
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!Number.isFinite(sum)) return undefined;
    const mean = sum / values.length;
    let squares = 0;
    for (let n = 0; n < values.length; n++) squares += (values[n] - mean) * (values[n] - mean);
    const saturated = saturatedShare(values, activation);
    return {
      mean, deviation: Math.sqrt(squares / values.length),
      ...(saturated === undefined ? {} : { saturated }),
      ...(this.#silent ? { dead: this.#silent.length / tensor.cols } : {}),
      histogram: histogramOf(values, low, high),
    };
  }
}

/** What the loss has taken in: a sigmoid, or the softmax of a row. */
function activate(row: Float32Array, activation: ActivationName): void {
  if (activation === "sigmoid") {
    row.forEach((z, n) => { row[n] = sigmoid(z); });
    return;
  }
  const largest = row.reduce((most, z) => Math.max(most, z), -Infinity);
  row.forEach((z, n) => { row[n] = exp(Math.fround(z - largest)); });
  const sum = row.reduce((total, e) => total + e, 0);
  row.forEach((e, n) => { row[n] = e / sum; });
}

function saturatedShare(values: Float32Array, activation: ActivationName): number | undefined {
  const ends = FLAT_ENDS[activation];
  if (!ends) return undefined;
  const [low, high] = ends;
  let count = 0;
  for (let n = 0; n < values.length; n++) if (values[n] <= low || values[n] >= high) count++;
  return count / values.length;
}

function histogramOf(values: Float32Array, low: number, high: number): Histogram {
  const [from, to] = low < high ? [low, high] : [low - 0.5, low + 0.5];
  const counts = new Int32Array(BINS);
  const scale = BINS / (to - from);
  for (let n = 0; n < values.length; n++) counts[Math.min(BINS - 1, Math.floor((values[n] - from) * scale))]++;
  return { from, to, counts: [...counts] };
}
