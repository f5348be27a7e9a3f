import type { Engine } from "../core/engine";
import { isRecord } from "../core/check";
import { DeltawasmError, show } from "../core/errors";
import { checkDistributions, checkShares, copyLabels, copyRows, countRows, type Labels, type Rows } from "../data/rows";
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
}

/** The form of the targets. */
export interface Targets {
  rows: number;
  /** Class indices, one a row. */
  areLabels: boolean;
}

/** Numbers that are checked and copied before the host gets its turn: about 5 ms. */
const CHUNK = 1 << 21;

/**
 * Checks the shapes of inputs and targets against a network. `prefix` stands before x and y in messages: "data." or nothing.
 *
 * @throws DeltawasmError type, shape, empty
 */
export function checkData(prefix: string, { x, y }: Data, network: Network, loss: LossName): Targets {
  const { inputs, outputs } = network.graph;
  const rows = countRows(`${prefix}x`, x, inputs);
  const areNumbers = typeof (y as ArrayLike<unknown> | undefined)?.[0] === "number";
  if (loss === "crossEntropy" && areNumbers && y.length === rows) return { rows, areLabels: true };
  const isLabelCount = loss === "crossEntropy" && areNumbers && y.length % outputs !== 0;
  const given = isLabelCount ? y.length : countRows(`${prefix}y`, y, outputs);
  if (given !== rows) {
    const form = loss === "crossEntropy" ? `${rows} class indices or ${rows} rows of ${outputs} probabilities` : `${rows} rows of ${outputs}`;
    throw new DeltawasmError("shape", `${prefix}y: expected ${form}, as many as ${prefix}x has rows, got ${given}`);
  }
  return { rows, areLabels: false };
}

/** The two of a data set, read once. @throws DeltawasmError type */
export function checkPair(name: string, data: Data): Data {
  if (!isRecord(data)) throw new DeltawasmError("type", `${name}: expected { x, y }, got ${show(data)}`);
  const { x, y } = data as Data;
  return { x, y };
}

/** Where targets go, and what they are checked for. */
interface TargetCopy {
  engine: Engine;
  address: number;
  /** Floats from one row to the next; class indices lie side by side. */
  stride: number;
  prefix: string;
  y: Rows | Labels;
  outputs: number;
  loss: LossName;
  targets: Targets;
  from: number;
  to: number;
}

/** Copies targets [from, to) to memory and checks that the loss can take them. @throws DeltawasmError label, nonFinite, type, range */
export function copyTargets({ engine, address, stride, prefix, y, outputs, loss, targets, from, to }: TargetCopy): void {
  const name = `${prefix}y`, { heap } = engine;
  if (targets.areLabels) copyLabels(heap, address, name, y as Labels, outputs, from, to);
  else {
    copyRows(engine, address, stride, name, y, outputs, from, to);
    if (loss === "crossEntropy") checkDistributions(heap, address, stride, name, outputs, from, to - from);
    if (loss === "binaryCrossEntropy") checkShares(heap, address, stride, name, outputs, from, to - from);
  }
}

function layOut({ inputs, outputs }: Graph, { rows, areLabels }: Targets) {
  const xStride = Math.ceil(inputs / 4) * 4;
  const yStride = areLabels ? 1 : Math.ceil(outputs / 4) * 4;
  const xBytes = rows * xStride * 4;
  const yBytes = Math.ceil((rows * yStride) / 4) * 16;
  return { xStride, yStride, xBytes, yBytes, bytes: xBytes + yBytes + rows * 4 };
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

  private constructor(network: Network, targets: Targets) {
    const { rows, areLabels } = targets;
    const { xStride, yStride, xBytes, yBytes, bytes } = layOut(network.graph, targets);
    this.#network = network;
    this.rows = rows;
    this.areLabels = areLabels;
    this.xStride = xStride;
    this.yStride = yStride;
    this.#block = network.allocate(bytes);
    this.x = this.#block;
    this.y = this.x + xBytes;
    this.order = this.y + yBytes;
    const { i } = network.engine.heap;
    for (let row = 0; row < rows; row++) i[this.order / 4 + row] = row;
  }

  /** Bytes that a data set takes. */
  static bytes(graph: Graph, targets: Targets): number {
    return layOut(graph, targets).bytes;
  }

  /**
   * Checks and copies, a few milliseconds at a time. After an abort the rest of the rows is missing.
   *
   * @throws DeltawasmError type, shape, empty, label, nonFinite, range, memory, disposed
   */
  static async load(name: string, data: Data, network: Network, loss: LossName, signal?: AbortSignal): Promise<DataBlock> {
    const prefix = `${name}.`;
    const { x, y } = checkPair(name, data);
    const targets = checkData(prefix, { x, y }, network, loss);
    const block = new DataBlock(network, targets);
    const { inputs, outputs } = network.graph;
    const chunk = Math.max(1, Math.floor(CHUNK / (inputs + outputs)));
    try {
      for (let from = 0; from < block.rows; from += chunk) {
        if (from > 0) await yieldToHost();
        if (signal?.aborted) break;
        const to = Math.min(block.rows, from + chunk);
        const { engine } = network;
        network.beginReading();
        try {
          copyInputs(network, { address: block.x + from * block.xStride * 4, ld: block.xStride }, `${prefix}x`, x, from, to);
          const address = block.y + from * block.yStride * 4;
          copyTargets({ engine, address, stride: block.yStride, prefix, y, outputs, loss, targets, from, to });
        } finally {
          network.endReading();
        }
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
