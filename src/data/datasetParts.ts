import type { Labels, Numbers, Rows } from "deltawasm";
import { isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { compareLabels } from "./preparation/targetEncoding";

/** Inputs and what they should become: as `fit` takes them, or with classes by their names. */
export interface DatasetData {
  /** Rows of inputs: an array of rows, or flat. */
  x: Rows;
  /** Class indices (whole numbers from 0, one a row), names of classes, one a row, or rows of targets. */
  y: Rows | Labels | readonly string[];
  /** How much each row counts, from 0. Default: all the same. */
  weights?: Numbers;
}

/** A row of inputs, and its class index, its class's name, its number, or its row of targets. */
export type DatasetPair = readonly [x: Numbers, y: number | string | Numbers];

/** Rows that came together. */
export interface Part {
  x: Float32Array;
  y: Float32Array;
  weights: Float32Array | undefined;
  rows: number;
  /** Whether targets are class indices. */
  areLabels: boolean;
  /** Names of the classes that the indices are of. */
  names: readonly string[] | undefined;
}

/** Whether it is an array of numbers, or of what should be numbers, rather than of rows. */
export function isNumbers(value: unknown): value is Numbers {
  if (Array.isArray(value)) return typeof value[0] !== "object";
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && typeof ((value as unknown as Numbers)[0] ?? 0) === "number";
}

/** Rows in one array. `rows` is known where the array is flat. @throws DeltawasmError type, shape, empty */
function flatten(name: string, given: unknown, rows?: number): { values: Float32Array; width: number } {
  const { length } = Object(given) as { length?: unknown };
  if (typeof length !== "number" || typeof given !== "object") throw new DeltawasmError("type", `${name}: expected an array of numbers or of rows, got ${show(given)}`);
  if (length === 0 || rows === 0) throw new DeltawasmError("empty", `${name}: expected rows, got none`);
  if (isNumbers(given)) {
    const count = rows ?? length;
    if (length % count !== 0) throw new DeltawasmError("shape", `${name}: expected numbers for ${count} rows, got ${length}, which they don't divide`);
    const wrong = ArrayBuffer.isView(given) ? -1 : (given as readonly unknown[]).findIndex((value) => typeof value !== "number");
    if (wrong >= 0) number(`${name}[${wrong}]`, given[wrong]);
    return { values: Float32Array.from(given as ArrayLike<number>), width: length / count };
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
    for (let c = 0; c < width; c++) {
      const value: unknown = cells[c];
      values[row * width + c] = typeof value === "number" ? value : number(`${name}[${row}][${c}]`, value);
    }
  }
  return { values, width };
}

function number(name: string, value: unknown): number {
  if (typeof value !== "number") throw new DeltawasmError("type", `${name}: expected a number, got ${show(value)}`);
  return value;
}

/** Class indices of names: by those that are known, or by those that there are, in their order. @throws DeltawasmError type, label */
function indicesOf(nameOf: (row: number) => string, given: readonly unknown[], known: readonly string[] | undefined): { y: Float32Array; names: readonly string[] } {
  for (let row = 0; row < given.length; row++) {
    if (typeof given[row] !== "string") throw new DeltawasmError("type", `${nameOf(row)}: expected the name of a class, as the first row has, got ${show(given[row])}`);
  }
  const names = known ?? [...new Set(given as string[])].sort(compareLabels);
  const places = new Map(names.map((name, n) => [name, n]));
  const y = Float32Array.from(given, (name, row) => {
    const place = places.get(name as string);
    if (place === undefined) throw new DeltawasmError("label", `${nameOf(row)}: expected a class of options.classNames, ${listed(names)}, got ${show(name)}`);
    return place;
  });
  return { y, names };
}

const listed = (names: readonly string[]) => `${names.slice(0, 12).map(show).join(", ")}${names.length > 12 ? " …" : ""}`;

/** Checks and copies rows that come together. `known` are the only names that classes may have. @throws DeltawasmError type, shape, empty, label */
export function partOf(name: string, given: unknown, known?: readonly string[]): Part {
  if (!isRecord(given)) throw new DeltawasmError("type", `${name}: expected { x, y }, got ${show(given)}`);
  const { x, y, weights } = given as { x: unknown; y: unknown; weights?: unknown };
  if (typeof y !== "object" || y === null) throw new DeltawasmError("type", `${name}.y: expected an array of class indices, of names of classes or of rows of targets, got ${show(y)}`);
  const { length: rows } = (isNumbers(x) ? y : Object(x)) as { length: number };
  const inputs = flatten(`${name}.x`, x, rows);
  if (weights !== undefined && !isNumbers(weights)) throw new DeltawasmError("type", `${name}.weights: expected an array of ${rows} numbers, got ${show(weights)}`);
  if (weights !== undefined && weights.length !== rows) throw new DeltawasmError("shape", `${name}.weights: expected ${rows} numbers, one a row, got ${weights.length}`);
  const head = { x: inputs.values, rows, weights: weights && flatten(`${name}.weights`, weights, rows).values };
  const areNames = Array.isArray(y) && typeof y[0] === "string";
  if (!isNumbers(y) || areNames) {
    const { length } = y as { length?: unknown };
    if (typeof length === "number" && length > 0 && length !== rows) throw new DeltawasmError("shape", `${name}.y: expected ${rows} rows, as many as ${name}.x has, got ${length}`);
  }
  if (areNames) return { ...head, areLabels: true, ...indicesOf((row) => `${name}.y[${row}]`, y, known) };
  const targets = flatten(`${name}.y`, y, rows);
  const areLabels = isNumbers(y) && targets.width === 1 && targets.values.every((label) => Number.isInteger(label) && label >= 0 && label < 2 ** 31);
  return { ...head, y: targets.values, areLabels, names: undefined };
}

/** A pair as a part of one row. @throws DeltawasmError type, shape, empty, label */
export function pairOf(name: string, given: readonly unknown[], known?: readonly string[]): Part {
  const [x, y] = given;
  if (given.length !== 2 || !isNumbers(x)) {
    throw new DeltawasmError("type", `${name}: expected { x, y } or a pair [x, y] of a row of numbers and its target, got ${given.length === 2 ? `a pair that begins with ${show(x)}` : show(given)}`);
  }
  const { values } = flatten(`${name}[0]`, x, 1);
  const head = { x: values, rows: 1, weights: undefined };
  if (typeof y === "string") return { ...head, areLabels: true, ...indicesOf(() => `${name}[1]`, [y], known) };
  if (typeof y === "number") return { ...head, y: Float32Array.of(y), areLabels: Number.isInteger(y) && y >= 0 && y < 2 ** 31, names: undefined };
  if (!isNumbers(y)) throw new DeltawasmError("type", `${name}[1]: expected a number, the name of a class or a row of targets, got ${show(y)}`);
  return { ...head, y: flatten(`${name}[1]`, y, 1).values, areLabels: false, names: undefined };
}

/** Puts parts together that have the same form. @throws DeltawasmError empty, shape, type */
export function joinParts(parts: readonly Part[], nameOf: (n: number) => string): Part {
  if (parts.length === 0) throw new DeltawasmError("empty", "data: expected rows, got none");
  const [first] = parts;
  parts.forEach((part, n) => {
    if (!isLike(first, part)) throw new DeltawasmError("shape", `${nameOf(n)}: expected ${describe(first)}, as ${nameOf(0)} has, got ${describe(part)}`);
  });
  if (parts.length === 1) return first;
  const names = first.names && unionOf(first.names, parts);
  const places = names && new Map(names.map((name, n) => [name, n]));
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  return {
    x: joined(parts.map(({ x }) => x)),
    y: joined(parts.map((part) => (places ? part.y.map((label) => places.get(part.names![label])!) : part.y))),
    weights: first.weights && joined(parts.map(({ weights }) => weights!)),
    rows, areLabels: parts.every(({ areLabels }) => areLabels), names,
  };
}

/** The names of the first part where it has all, in its order; else those of all parts, sorted. */
function unionOf(first: readonly string[], parts: readonly Part[]): readonly string[] {
  const all = new Set(first);
  for (const { names } of parts) if (names !== first) for (const name of names!) all.add(name);
  return all.size === first.length ? first : [...all].sort(compareLabels);
}

function isLike(first: Part, { x, y, rows, weights, names }: Part): boolean {
  return x.length * first.rows === first.x.length * rows && y.length * first.rows === first.y.length * rows
    && (weights === undefined) === (first.weights === undefined) && (names === undefined) === (first.names === undefined);
}

function describe({ x, y, rows, weights, names }: Part): string {
  const [inputs, outputs] = [x.length / rows, y.length / rows];
  const targets = names ? "the name of a class" : `${outputs} ${outputs === 1 ? "target" : "targets"}`;
  return `rows of ${inputs} inputs and ${targets}, ${weights ? "with" : "without"} weights`;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
