import type { Heap } from "../core/heap";
import { DeltawasmError, show } from "../core/errors";
import { checkDistributions, checkShares, copyLabels, copyRows, countRows, type Labels, type Rows } from "../data/rows";
import type { Network } from "../network/network";
import type { LossName } from "./losses";
import { yieldToHost } from "./slices";

/** Inputs and targets of the same number of rows. */
export interface Data {
  /** Rows of the network's inputs: flat, or an array of rows. */
  x: Rows;
  /** Rows of targets, as many numbers as the network has outputs; for crossEntropy also class indices, one a row. */
  y: Rows | Labels;
}

/** The form of the targets. */
export interface Targets {
  rows: number;
  /** Class indices, one a row. */
  areLabels: boolean;
}

/** Numbers that are checked and copied before the host gets its turn: about 5 ms. */
const CHUNK = 1 << 21;

/** Checks the shapes of a data set against a network. @throws DeltawasmError type, shape, empty */
export function checkData(where: string, data: Data, network: Network, loss: LossName): Targets {
  if (typeof data !== "object" || data === null) {
    throw new DeltawasmError("type", `${where}: expected { x, y }, got ${show(data)}`);
  }
  const { inputs, outputs } = network.graph;
  const rows = countRows(`${where}.x`, data.x, inputs);
  const { y } = data;
  const areLabels = loss === "crossEntropy" && typeof (y as ArrayLike<unknown>)?.[0] === "number" && y.length === rows;
  const targets = areLabels ? rows : countRows(`${where}.y`, y, outputs);
  if (targets !== rows) {
    const form = loss === "crossEntropy" ? `${rows} class indices or ${rows} rows of ${outputs} probabilities` : `${rows} rows of ${outputs}`;
    throw new DeltawasmError("shape", `${where}.y: expected ${form}, as many as ${where}.x has rows, got ${targets}`);
  }
  if (!areLabels && loss === "crossEntropy") checkDistributions(`${where}.y`, y, outputs, rows);
  if (!areLabels && loss === "binaryCrossEntropy") checkShares(`${where}.y`, y, outputs, rows);
  return { rows, areLabels };
}

/** Copies targets [from, to) to memory, `stride` floats apart. @throws DeltawasmError label, nonFinite, type */
export function copyTargets(
  heap: Heap, address: number, stride: number, where: string, y: Rows | Labels, outputs: number, areLabels: boolean, from: number, to: number,
): void {
  if (areLabels) copyLabels(heap, address, `${where}.y`, y as Labels, outputs, from, to);
  else copyRows(heap, address, stride, `${where}.y`, y, outputs, from, to);
}

/** A data set in the engine's memory, checked, with an order to take its rows in. */
export class DataBlock {
  readonly rows: number;
  readonly areLabels: boolean;
  readonly x: number;
  /** Strides in floats: whole vectors, or 1 for class indices. */
  readonly xStride: number;
  readonly y: number;
  readonly yStride: number;
  /** Row numbers, at first ascending. */
  readonly order: number;
  readonly #network: Network;
  readonly #block: number;

  private constructor(network: Network, { rows, areLabels }: Targets) {
    const { inputs, outputs } = network.graph;
    this.#network = network;
    this.rows = rows;
    this.areLabels = areLabels;
    this.xStride = Math.ceil(inputs / 4) * 4;
    this.yStride = areLabels ? 1 : Math.ceil(outputs / 4) * 4;
    const xBytes = rows * this.xStride * 4;
    const yBytes = Math.ceil((rows * this.yStride) / 4) * 16;
    this.#block = network.allocate(xBytes + yBytes + rows * 4);
    this.x = this.#block;
    this.y = this.x + xBytes;
    this.order = this.y + yBytes;
    const { i } = network.engine.heap;
    for (let row = 0; row < rows; row++) i[this.order / 4 + row] = row;
  }

  /** Checks and copies, a few milliseconds at a time. @throws DeltawasmError type, shape, empty, label, nonFinite, memory, disposed */
  static async load(where: string, data: Data, network: Network, loss: LossName): Promise<DataBlock> {
    const targets = checkData(where, data, network, loss);
    const block = new DataBlock(network, targets);
    const { inputs, outputs } = network.graph;
    const chunk = Math.max(1, Math.floor(CHUNK / (inputs + outputs)));
    try {
      for (let from = 0; from < block.rows; from += chunk) {
        if (from > 0) await yieldToHost();
        network.assertUsable();
        const to = Math.min(block.rows, from + chunk);
        const { heap } = network.engine;
        copyRows(heap, block.x + from * block.xStride * 4, block.xStride, `${where}.x`, data.x, inputs, from, to);
        copyTargets(heap, block.y + from * block.yStride * 4, block.yStride, where, data.y, outputs, block.areLabels, from, to);
      }
    } catch (error) {
      block.free();
      throw error;
    }
    return block;
  }

  free(): void {
    this.#network.release(this.#block);
  }
}
