import type { Engine } from "../core/engine";
import { isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import {
  checkDistributions, checkLength, checkShares, copyLabels, copyRows, copyWeights, countRows, type Labels, type Numbers, type Rows,
} from "../data/rows";
import type { Heap } from "../core/heap";
import type { Graph } from "../network/graph";
import { copyInputs } from "../network/inputs";
import type { Network } from "../network/network";
import type { LossName } from "./losses";
import { yieldToHost } from "./slices";

/** Inputs and targets of the same number of rows. */
export interface Data {
  /** Rows of the network's inputs: flat, or an array of rows. */
  x: Rows;
  /** Rows of targets, as many numbers as the network has outputs; for crossEntropy also class indices, one a row. */
  y: Rows | Labels;
  /** How much each row counts, from 0: losses are Σ w·loss / Σ w over a batch. Default: all the same. */
  weights?: Numbers;
}

/** The form of the targets. */
export interface Targets {
  rows: number;
  /** Class indices, one a row. */
  areLabels: boolean;
  /** Rows have weights of their own. */
  areWeighted: boolean;
}

/** Numbers that are checked and copied before the host gets its turn: about 5 ms. */
const CHUNK = 1 << 21;

/**
 * Checks the shapes of inputs and targets against a network. `prefix` stands before x and y in messages: "data." or nothing.
 *
 * @throws DeltawasmError type, shape, empty
 */
export function checkData(prefix: string, { x, y, weights }: Data, network: Network, { loss, classWeights }: DataUse): Targets {
  const { inputs, outputs } = network.graph;
  const rows = countRows(`${prefix}x`, x, inputs);
  if (weights !== undefined) checkLength(`${prefix}weights`, weights, rows);
  const areWeighted = weights !== undefined || classWeights !== undefined;
  const areNumbers = typeof (y as ArrayLike<unknown> | undefined)?.[0] === "number";
  if (loss === "crossEntropy" && areNumbers && y.length === rows) return { rows, areLabels: true, areWeighted };
  const isLabelCount = loss === "crossEntropy" && areNumbers && y.length % outputs !== 0;
  const given = isLabelCount ? y.length : countRows(`${prefix}y`, y, outputs);
  if (given !== rows) {
    const form = loss === "crossEntropy" ? `${rows} class indices or ${rows} rows of ${outputs} probabilities` : `${rows} rows of ${outputs}`;
    throw new DeltawasmError("shape", `${prefix}y: expected ${form}, as many as ${prefix}x has rows, got ${given}`);
  }
  return { rows, areLabels: false, areWeighted };
}

/** Inputs, targets and weights, read once. @throws DeltawasmError type */
function checkParts(name: string, data: unknown): Data {
  if (!isRecord(data)) throw new DeltawasmError("type", `${name}: expected { x, y }, got ${show(data)}`);
  const { x, y, weights } = data as unknown as Data;
  return { x, y, ...(weights === undefined ? {} : { weights }) };
}

/** Data that are checked, and what they are for. */
export interface Part {
  /** What stands before x and y in messages. */
  prefix: string;
  data: Data;
  targets: Targets;
  use: DataUse;
}

/** The parts of data and their form. @throws DeltawasmError type, shape, empty */
export function checkPart(name: string, data: unknown, network: Network, use: DataUse): Part {
  const parts = checkParts(name, data);
  const prefix = `${name}.`;
  return { prefix, data: parts, targets: checkData(prefix, parts, network, use), use };
}

/** What data are for. */
export interface DataUse {
  loss: LossName;
  /** How much rows of each class count. */
  classWeights: readonly number[] | undefined;
}

/** Where the targets and weights of a batch or a data set go. */
export interface TargetPlace {
  address: number;
  /** Floats from one row to the next; class indices lie side by side. */
  stride: number;
  /** The address of the first weight; 0 where there are none. */
  weights: number;
}

/**
 * Copies targets [from, to) and their weights to memory and checks that the loss can take them.
 *
 * @throws DeltawasmError label, nonFinite, type, range
 */
export function copyTargets(
  engine: Engine, { address, stride, weights: to }: TargetPlace, prefix: string, { y, weights }: Data, outputs: number,
  { loss, classWeights }: DataUse, { areLabels }: Targets, from: number, end: number,
): void {
  const name = `${prefix}y`, { heap } = engine;
  if (areLabels) copyLabels(heap, address, name, y as Labels, outputs, from, end);
  else {
    copyRows(engine, address, stride, name, y, outputs, from, end);
    if (loss === "crossEntropy") checkDistributions(heap, address, stride, name, outputs, from, end - from);
    if (loss === "binaryCrossEntropy") checkShares(heap, address, stride, name, outputs, from, end - from);
  }
  if (to === 0) return;
  copyWeights(heap, to, `${prefix}weights`, weights, from, end);
  if (classWeights) weighClasses(heap, to, { address, stride, outputs, areLabels }, classWeights, end - from);
}

/** Multiplies the weights of rows by those of their classes: of a row of probabilities, by Σ y · weight. */
function weighClasses(
  { f, i }: Heap, weights: number, y: { address: number; stride: number; outputs: number; areLabels: boolean },
  classWeights: readonly number[], rows: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = y.address / 4 + row * (y.areLabels ? 1 : y.stride);
    let weight = 0;
    if (y.areLabels) weight = classWeights[i[at]];
    // One sigmoid: the probability of the second of two classes.
    else if (y.outputs === 1) weight = f[at] * classWeights[1] + (1 - f[at]) * classWeights[0];
    else for (let c = 0; c < y.outputs; c++) weight += f[at + c] * classWeights[c];
    f[weights / 4 + row] *= weight;
  }
}

function layOut({ inputs, outputs }: Graph, { rows, areLabels, areWeighted }: Targets) {
  const xStride = Math.ceil(inputs / 4) * 4;
  const yStride = areLabels ? 1 : Math.ceil(outputs / 4) * 4;
  const xBytes = rows * xStride * 4;
  const yBytes = Math.ceil((rows * yStride) / 4) * 16;
  return { xStride, yStride, xBytes, yBytes, bytes: xBytes + yBytes + rows * (areWeighted ? 8 : 4) };
}

/** Rows in the engine's memory, checked, with an order to take them in: a data set, or some of its rows after others. */
export class DataBlock {
  /** Rows that are there. */
  rows: number;
  /** Rows that there is room for. */
  readonly capacity: number;
  readonly areLabels: boolean;
  readonly areWeighted: boolean;
  readonly x: number;
  /** Strides in floats: whole vectors, or 1 for class indices. */
  readonly xStride: number;
  readonly y: number;
  readonly yStride: number;
  /** Row numbers, at first ascending. */
  readonly order: number;
  /** A weight for each row; 0 where all weigh the same. */
  readonly weights: number;
  readonly #network: Network;
  readonly #block: number;

  /** Room for as many rows as `targets` says. @throws DeltawasmError memory */
  constructor(network: Network, targets: Targets) {
    const { rows, areLabels, areWeighted } = targets;
    const { xStride, yStride, xBytes, yBytes, bytes } = layOut(network.graph, targets);
    this.#network = network;
    this.rows = rows;
    this.capacity = rows;
    this.areLabels = areLabels;
    this.areWeighted = areWeighted;
    this.xStride = xStride;
    this.yStride = yStride;
    this.#block = network.allocate(bytes);
    this.x = this.#block;
    this.y = this.x + xBytes;
    this.order = this.y + yBytes;
    this.weights = areWeighted ? this.order + rows * 4 : 0;
    const { i } = network.engine.heap;
    for (let row = 0; row < rows; row++) i[this.order / 4 + row] = row;
  }

  /** Bytes that a data set takes. */
  static bytes(graph: Graph, targets: Targets): number {
    return layOut(graph, targets).bytes;
  }

  /**
   * Checks rows [from, to) of a part of the data and copies them to row `at` and on, a few milliseconds at a time. After an abort the rest of
   * the rows is missing.
   *
   * @throws DeltawasmError type, label, nonFinite, range, disposed
   */
  async copy({ prefix, data, targets, use }: Part, from: number, to: number, at: number, signal?: AbortSignal): Promise<void> {
    const network = this.#network;
    const { inputs, outputs } = network.graph;
    const chunk = Math.max(1, Math.floor(CHUNK / (inputs + outputs)));
    for (let first = from; first < to; first += chunk) {
      if (first > from) await yieldToHost();
      if (signal?.aborted) return;
      const end = Math.min(to, first + chunk), row = at + first - from;
      network.beginReading();
      try {
        copyInputs(network, { address: this.x + row * this.xStride * 4, ld: this.xStride }, `${prefix}x`, data.x, first, end);
        const place = { address: this.y + row * this.yStride * 4, stride: this.yStride, weights: this.weights && this.weights + row * 4 };
        copyTargets(network.engine, place, prefix, data, outputs, use, targets, first, end);
      } finally {
        network.endReading();
      }
    }
  }

  /** Whether some row counts. */
  get counts(): boolean {
    return !this.areWeighted || this.#network.engine.heap.f.subarray(this.weights / 4, this.weights / 4 + this.rows).some((weight) => weight > 0);
  }

  free(): void {
    this.#network.release(this.#block);
  }
}
