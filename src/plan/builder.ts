import { PANEL } from "../../assembly/records";
import type { Heap } from "../core/heap";

/**
 * A matrix of `rows` up to the plan's capacity, times `points`, by `cols`, its rows `ld` floats apart; the padding is zero. An image is a
 * matrix of pixels by channels, a sequence one of positions by features, a plain vector a single row. One row of the batch follows the
 * other.
 */
export interface Tensor {
  address: number;
  points: number;
  cols: number;
  ld: number;
  /** The gradient of the loss by this tensor, of the same layout; 0 where nobody asks for it. */
  gradient: number;
  /** Its content is needed later (a backward operation or another layer reads it), so nothing may be computed in its place. */
  saved: boolean;
}

/**
 * Row stride in floats: whole panels, and an odd number of cache lines where it is whole lines, so that walking down a column
 * does not land on a few sets of the L1 cache.
 */
export function rowStride(cols: number): number {
  const padded = Math.ceil(cols / PANEL) * PANEL;
  return padded % 32 === 0 ? padded + 16 : padded;
}

/** Floats that a matrix takes in panels [outputs / 8][inputs padded to 4][8]. */
export function panelsLength(inputs: number, outputs: number): number {
  return Math.ceil(outputs / PANEL) * PANEL * Math.ceil(inputs / 4) * 4;
}

/** An optimizer's step that may be taken as soon as a gradient is known. */
export interface ImmediateUpdate {
  /** The optimizer's code. */
  kind: number;
  /** Bytes from a parameter to its optimizer slots. */
  slot1: number;
  slot2: number;
}

/** Bytes of memory that a plan uses again and again; known after it was built once. */
export interface Reused {
  /** What operations need while they run: that of one thread. */
  scratch: number;
  /**
   * Of a plan that only predicts: the buffers that hold the outputs of layers as long as somebody needs them, each for tensors of one
   * shape, so that what is padding stays so, and zero.
   */
  buffers: { shape: string; bytes: number }[];
}

/**
 * Collects the operations of a plan and lays out its memory, from `base` upwards: scratch for each thread, buffers, the rest. A plan is built
 * twice: from base 0 to learn its size and what it reuses, and again at the address of the block that was allocated for it.
 */
export class PlanBuilder {
  readonly capacity: number;
  readonly training: boolean;
  readonly forward: Int32Array[] = [];
  /** What each node of the graph gives. */
  readonly outputs: Tensor[] = [];
  /** In the order of execution: each layer puts its own before those of the layers below. Gradients are kept. */
  readonly backward: Int32Array[] = [];
  /** The same with `immediateUpdate` where an operation can do it: the gradients of those weights are not kept then. */
  readonly backwardUpdating: Int32Array[] = [];
  /** What a step changes beside parameters, once it is sure that it is taken: running statistics. */
  readonly update: Int32Array[] = [];
  immediateUpdate: ImmediateUpdate | undefined;
  /** The weights, by address, that `backwardUpdating` has updated. */
  readonly updated = new Set<number>();
  readonly #base: number;
  /** Where what is not reused begins. */
  #first: number;
  readonly #threads: number;
  #next: number;
  readonly #reused: Reused = { scratch: 0, buffers: [] };
  /** The addresses of the buffers, and which of them are in use. */
  readonly #buffers: number[] = [];
  readonly #taken = new Set<number>();
  readonly #constants: { address: number; values: readonly number[] }[] = [];
  readonly #integers: { address: number; values: Int32Array }[] = [];

  constructor(base: number, capacity: number, training: boolean, threads = 1, reused: Reused = { scratch: 0, buffers: [] }) {
    this.#base = base;
    this.#first = base + reused.scratch * threads;
    for (const { bytes } of reused.buffers) {
      this.#buffers.push(this.#first);
      this.#first += bytes;
    }
    this.#next = this.#first;
    this.#threads = threads;
    this.capacity = capacity;
    this.training = training;
  }

  /** Bytes of the plan with what it reuses, once all is emitted. */
  get size(): number {
    const { scratch, buffers } = this.#reused;
    return this.#next - this.#first + scratch * this.#threads + buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What it reuses, once all is emitted. */
  get reused(): Reused {
    return this.#reused;
  }

  /** Room for `bytes`, at a cache line. */
  reserve(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil(bytes / 64) * 64;
    return address;
  }

  /** Addresses of room for so many floats each (0 for none), which any other operation may use as well. */
  scratch(...floats: number[]): number[] {
    let next = this.#base;
    const addresses = floats.map((count) => {
      const address = next;
      next += Math.ceil(count / 16) * 64;
      return count === 0 ? 0 : address;
    });
    this.#reused.scratch = Math.max(this.#reused.scratch, next - this.#base);
    return addresses;
  }

  /** Emits the backward operations of a layer. */
  emitBackward(records: readonly Int32Array[], updating = records): void {
    this.backward.unshift(...records);
    this.backwardUpdating.unshift(...updating);
  }

  /** The input of the network: rows of numbers in the order that users give them. */
  input(cols: number): Tensor {
    const ld = rowStride(cols);
    return { address: this.reserve(this.capacity * ld * 4), points: 1, cols, ld, gradient: 0, saved: false };
  }

  /**
   * The output of an operation. A plan that only predicts keeps no more than somebody needs: what a layer has made, but for what it gives
   * on, is free for the next.
   */
  tensor(cols: number, hasGradient: boolean, points = 1): Tensor {
    const ld = points === 1 ? rowStride(cols) : Math.ceil(cols / PANEL) * PANEL;
    const bytes = Math.ceil((this.capacity * points * ld) / 16) * 64;
    const shape = { points, cols, ld, saved: false };
    if (this.training) return { ...shape, address: this.reserve(bytes), gradient: hasGradient ? this.reserve(bytes) : 0 };
    const { buffers } = this.#reused;
    const like = `${points} ${cols}`;
    const free = buffers.findIndex((buffer, at) => buffer.shape === like && !this.#taken.has(at));
    const n = free < 0 ? buffers.push({ shape: like, bytes }) - 1 : free;
    this.#taken.add(n);
    return { ...shape, address: this.#buffer(n), gradient: 0 };
  }

  /** In a plan that only predicts: gives the buffers of all tensors back but for those of `kept`. */
  keepOnly(kept: readonly Tensor[]): void {
    const addresses = new Set(kept.map(({ address }) => address));
    for (const n of this.#taken) if (!addresses.has(this.#buffer(n))) this.#taken.delete(n);
  }

  /** The address of a buffer; while the sizes are not known yet, a number that tells the buffers apart. */
  #buffer(n: number): number {
    return this.#buffers[n] ?? -1 - n;
  }

  /** The address of whole numbers that an operation reads, such as the geometry of a convolution. */
  integers(values: Int32Array): number {
    const address = this.reserve(values.byteLength);
    this.#integers.push({ address, values });
    return address;
  }

  /** The address of a 64-bit constant. */
  constant(value: number): number {
    return this.constants([value]);
  }

  /** The address of 64-bit constants, side by side. */
  constants(values: readonly number[]): number {
    const address = this.reserve(values.length * 8);
    this.#constants.push({ address, values });
    return address;
  }

  /** Writes the constants to memory; the records are written by `writeRecords`. */
  writeConstants(heap: Heap): void {
    for (const { address, values } of this.#constants) heap.d.set(values, address / 8);
    for (const { address, values } of this.#integers) heap.i.set(values, address / 4);
  }
}

/** Writes records one after the other. */
export function writeRecords(heap: Heap, address: number, records: readonly Int32Array[]): void {
  records.forEach((words, n) => heap.i.set(words, address / 4 + n * words.length));
}
