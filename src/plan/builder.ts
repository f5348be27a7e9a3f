import { PANEL } from "../../assembly/records";
import type { Heap } from "../core/heap";

/** A matrix of `rows` up to the plan's capacity by `cols`, its rows `ld` floats apart; the padding is zero. */
export interface Tensor {
  address: number;
  cols: number;
  ld: number;
  /** The gradient of the loss by this tensor, of the same layout; 0 where nobody asks for it. */
  gradient: number;
  /** A backward operation reads it, so nothing may be computed in its place. */
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
  /** Of a plan that only predicts: each of the two buffers that take turns in holding the outputs of the layers. */
  buffer: number;
}

/**
 * Collects the operations of a plan and lays out its memory, from `base` upwards: scratch for each thread, buffers, the rest. A plan is built
 * twice: from base 0 to learn its size and what it reuses, and again at the address of the block that was allocated for it.
 */
export class PlanBuilder {
  readonly capacity: number;
  readonly training: boolean;
  readonly forward: Int32Array[] = [];
  /** In the order of execution: each layer puts its own before those of the layers below. Gradients are kept. */
  readonly backward: Int32Array[] = [];
  /** The same with `immediateUpdate` where an operation can do it: only the gradients of vectors are kept then. */
  readonly backwardUpdating: Int32Array[] = [];
  immediateUpdate: ImmediateUpdate | undefined;
  readonly #base: number;
  readonly #buffers: number;
  /** Where what is not reused begins. */
  readonly #first: number;
  readonly #threads: number;
  #next: number;
  #tensors = 0;
  readonly #reused: Reused = { scratch: 0, buffer: 0 };
  readonly #before: Reused;
  readonly #constants: { address: number; value: number }[] = [];

  constructor(base: number, capacity: number, training: boolean, threads = 1, reused: Reused = { scratch: 0, buffer: 0 }) {
    this.#base = base;
    this.#before = reused;
    this.#buffers = base + reused.scratch * threads;
    this.#first = this.#buffers + reused.buffer * 2;
    this.#next = this.#first;
    this.#threads = threads;
    this.capacity = capacity;
    this.training = training;
  }

  /** Bytes of the plan with what it reuses, once all is emitted. */
  get size(): number {
    return this.#next - this.#first + this.#reused.scratch * this.#threads + this.#reused.buffer * 2;
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

  /** The input of the network. */
  input(cols: number): Tensor {
    const ld = rowStride(cols);
    return { address: this.reserve(this.capacity * ld * 4), cols, ld, gradient: 0, saved: false };
  }

  /** The output of an operation. A plan that only predicts keeps no more than the last two. */
  tensor(cols: number, hasGradient: boolean): Tensor {
    const ld = rowStride(cols);
    const bytes = this.capacity * ld * 4;
    if (this.training) return { address: this.reserve(bytes), cols, ld, gradient: hasGradient ? this.reserve(bytes) : 0, saved: false };
    this.#reused.buffer = Math.max(this.#reused.buffer, Math.ceil(bytes / 64) * 64);
    const address = this.#buffers + (this.#tensors++ % 2) * this.#before.buffer;
    return { address, cols, ld, gradient: 0, saved: false };
  }

  /** The address of a 64-bit constant. */
  constant(value: number): number {
    const address = this.reserve(8);
    this.#constants.push({ address, value });
    return address;
  }

  /** Writes the constants to memory; the records are written by `writeRecords`. */
  writeConstants(heap: Heap): void {
    for (const { address, value } of this.#constants) heap.d[address / 8] = value;
  }
}

/** Writes records one after the other. */
export function writeRecords(heap: Heap, address: number, records: readonly Int32Array[]): void {
  records.forEach((words, n) => heap.i.set(words, address / 4 + n * words.length));
}
