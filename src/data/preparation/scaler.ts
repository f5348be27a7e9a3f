import { checkInteger, checkNumber, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import { countRows, isNested, type Numbers, type Rows } from "../rows";
import { fromFile } from "./file";
import { Moments } from "./moments";

/** A scaler as plain data: an input becomes (x − offset) / scale. */
export interface ScalerJson {
  /** One number an input, or a single one for all inputs. */
  offset: readonly number[];
  /** As many, none of them 0. */
  scale: readonly number[];
}

/**
 * Scales the inputs of rows: (x − offset) / scale, computed in 64 bits and rounded once. Fit one on training rows by `standardScaler` or
 * `minMaxScaler`, or say the numbers.
 *
 * @example
 * const scaler = standardScaler(4).fit(training);
 * await trainer.fit({ x: scaler.transform(training), y });
 * network.predict(scaler.transform(others));
 * const pixels = new Scaler(0, 255); // bytes to numbers from 0 to 1
 */
export class Scaler {
  /** One number an input, or a single one for all inputs. */
  readonly offset: readonly number[];
  /** As many, none of them 0. */
  readonly scale: readonly number[];

  /**
   * @param offset what is taken away: one number for all inputs, or one for each
   * @param scale what is divided by then, not 0
   * @throws DeltawasmError `type`, `range`, `shape`
   */
  constructor(offset: number | readonly number[], scale: number | readonly number[]) {
    this.offset = checkNumbers("offset", offset);
    this.scale = checkNumbers("scale", scale);
    if (this.offset.length !== this.scale.length) {
      throw new DeltawasmError("shape", `scale: expected ${this.offset.length} numbers, as many as offset has, got ${this.scale.length}`);
    }
    const zero = this.scale.indexOf(0);
    if (zero >= 0) throw new DeltawasmError("range", `scale[${zero}]: expected a number that can be divided by, got 0`);
  }

  /** Throws unless it fits rows of so many numbers. @throws DeltawasmError `shape` */
  checkInputs(inputs: number): void {
    if (this.offset.length !== 1 && this.offset.length !== inputs) {
      throw new DeltawasmError("shape", `scaler: it was made for rows of ${this.offset.length} numbers, and these have ${inputs}`);
    }
  }

  /**
   * Rows, scaled.
   *
   * @param x rows, flat or an array of rows
   * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`
   */
  transform(x: Rows): Float32Array {
    return this.#map(x, (length) => new Float32Array(length), (value, offset, scale) => (value - offset) / scale);
  }

  /**
   * Scaled rows in their own units again.
   *
   * @param x rows, flat or an array of rows
   * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`
   */
  inverse(x: Rows): Float64Array {
    return this.#map(x, (length) => new Float64Array(length), (value, offset, scale) => value * scale + offset);
  }

  #map<Out extends Float32Array | Float64Array>(x: Rows, make: (length: number) => Out, map: (value: number, offset: number, scale: number) => number): Out {
    const { offset, scale } = this;
    const inputs = offset.length;
    let out: Out | undefined;
    eachNumber(x, inputs === 1 ? widthOf(x) : inputs, (value, n, length) => {
      out ??= make(length);
      out[n] = map(value, offset[n % inputs], scale[n % inputs]);
    });
    return out!;
  }

  /** The scaler as plain data. */
  toJSON(): ScalerJson {
    return { offset: this.offset, scale: this.scale };
  }

  /** A scaler from what `toJSON` gave. @throws DeltawasmError `file` for anything else */
  static fromJSON(json: unknown): Scaler {
    return fromFile("scaler", () => {
      const { offset, scale } = checkOptions("scaler", json, ["offset", "scale"]);
      return new Scaler(offset as number[], scale as number[]);
    });
  }
}

/** Fits a scaler to rows, all at once or in parts. */
export class ScalerFitter {
  readonly #moments: Moments[];
  readonly #finish: (moments: readonly Moments[]) => Scaler;

  /** @internal */
  constructor(inputs: number, finish: (moments: readonly Moments[]) => Scaler) {
    this.#moments = Array.from({ length: checkInteger("inputs", inputs, 1, 2 ** 24) }, () => new Moments());
    this.#finish = finish;
  }

  /** Takes more rows, flat or an array of rows. @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite` */
  add(x: Rows): this {
    // All are looked at before the first one counts.
    eachNumber(x, this.#moments.length, () => {});
    eachNumber(x, this.#moments.length, (value, n) => this.#moments[n % this.#moments.length].add(value));
    return this;
  }

  /** The scaler of all rows that were added. @throws DeltawasmError `empty` where there were none */
  finish(): Scaler {
    if (this.#moments[0].count === 0) throw new DeltawasmError("empty", "scaler: expected rows to be fitted to, got none: add them first");
    return this.#finish(this.#moments);
  }

  /** The scaler of these rows: `add` and `finish`. @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite` */
  fit(x: Rows): Scaler {
    return this.add(x).finish();
  }
}

/**
 * Gives each input the mean 0 and the deviation 1, as scikit-learn's StandardScaler; one that is constant is moved to 0.
 *
 * @param inputs numbers of a row
 * @throws DeltawasmError `type`, `range`
 *
 * @example const scaler = standardScaler(4).fit(rows);
 */
export function standardScaler(inputs: number): ScalerFitter {
  return new ScalerFitter(inputs, (moments) => new Scaler(moments.map(({ mean }) => mean), moments.map(({ scale }) => scale)));
}

/**
 * Brings each input from its own smallest and largest number to the ends of a range, as scikit-learn's MinMaxScaler; one that is constant to the
 * lower end.
 *
 * @param inputs numbers of a row
 * @param options `min` and `max`, the ends of the range. Default 0 and 1
 * @throws DeltawasmError `type`, `range`, `unknown`
 */
export function minMaxScaler(inputs: number, options: { min?: number; max?: number } = {}): ScalerFitter {
  const { min = 0, max = 1 } = checkOptions("options", options, ["min", "max"]);
  const low = checkNumber("options.min", min);
  const high = checkNumber("options.max", max, { above: low });
  return new ScalerFitter(inputs, (moments) => {
    const scale = moments.map((m) => (m.max - m.min < 10 * Number.EPSILON ? 1 : m.max - m.min) / (high - low));
    return new Scaler(moments.map((m, n) => m.min - low * scale[n]), scale);
  });
}

/** @throws DeltawasmError type, range, empty */
function checkNumbers(name: string, given: unknown): readonly number[] {
  if (typeof given === "number") return Object.freeze([checkNumber(name, given)]);
  if (!Array.isArray(given)) throw new DeltawasmError("type", `${name}: expected a number or an array of numbers, got ${show(given)}`);
  if (given.length === 0) throw new DeltawasmError("empty", `${name}: expected at least one number, got none`);
  return Object.freeze(Array.from(given, (value: unknown, n) => checkNumber(`${name}[${n}]`, value)));
}

/** How many numbers a row has, where rows are arrays; 1 where all are in one flat array. */
function widthOf(x: Rows): number {
  const first: unknown = isNested(x) ? x[0] : undefined;
  return (first as ArrayLike<number> | undefined)?.length || 1;
}

/** Goes through the numbers of rows; `n` counts them over all rows, `length` is how many there will be. */
function eachNumber(x: Rows, cols: number, visit: (value: number, n: number, length: number) => void): void {
  const rows = countRows("x", x, cols);
  const nested = isNested(x);
  for (let row = 0; row < rows; row++) {
    const source = nested ? x[row] : (x as Numbers);
    for (let c = 0; c < cols; c++) {
      const value: unknown = source[nested ? c : row * cols + c];
      if (typeof value !== "number") throw new DeltawasmError("type", `x: row ${row}, column ${c}: expected a number, got ${show(value)}`);
      if (!Number.isFinite(value)) throw new DeltawasmError("nonFinite", `x: row ${row}, column ${c}: expected a finite number, got ${value}`);
      visit(value, row * cols + c, rows * cols);
    }
  }
}
