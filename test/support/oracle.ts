import { coreBytes } from "../../src/core/coreBytes";
import { PANEL, RECORD_WORDS, State, STATE_LENGTH } from "../../assembly/records";
import type { Engine } from "../../src/core/engine";
import { createWasmEngine } from "../../src/core/wasmEngine";
import { createReferenceEngine } from "../../src/reference/engine";
import { SeededNumbers, type Values } from "./numbers";

/** Between any two tensors; as a float neither zero nor NaN. */
const GUARD = 0x4b1d4b1d;
const GUARD_WORDS = 16;

export const padTo = (multiple: number, n: number) => Math.ceil(n / multiple) * multiple;

/**
 * The core and the reference with the same content at the same addresses. A test lays tensors out, runs records on both, and
 * gets the words in which the two memories then differ: none, whatever the operation does to whatever numbers.
 */
export class Oracle {
  readonly numbers: SeededNumbers;
  readonly #core: Engine;
  readonly #reference: Engine;
  readonly #base: number;
  readonly #end: number;
  readonly #state: number;
  #next: number;
  /** Ranges of words that an operation may leave as it likes. */
  #free: { from: number; to: number }[] = [];

  private constructor(core: Engine, reference: Engine, base: number, bytes: number) {
    this.#core = core;
    this.#reference = reference;
    this.#base = base;
    this.#end = base + bytes;
    this.#state = base;
    this.#next = base;
    this.numbers = new SeededNumbers(1);
    this.clear();
  }

  static async create(bytesOfMemory = 1 << 23): Promise<Oracle> {
    const core = await createWasmEngine(await coreBytes());
    const reference = createReferenceEngine("float32");
    const base = core.heap.allocate(bytesOfMemory);
    // The reference's heap starts lower: moved up, so that one record serves both.
    const first = reference.heap.allocate(64);
    reference.heap.allocate(base - first - 64);
    const twin = reference.heap.allocate(bytesOfMemory);
    if (twin !== base) throw new Error(`addresses differ: ${base} and ${twin}`);
    return new Oracle(core, reference, base, bytesOfMemory);
  }

  /** Empties the memory down to a state block of zeros. */
  clear(): void {
    this.#free = [];
    this.#next = this.#state;
    this.reserve(STATE_LENGTH * 2);
    this.setState({ beta1Power: 1, beta2Power: 1 });
  }

  setState(values: Partial<Record<keyof typeof State, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      this.#reference.heap.d[this.#state / 8 + State[name as keyof typeof State]] = value;
    }
  }

  /** Zeros, with a guard behind them; the address. */
  reserve(words: number): number {
    const address = this.#next;
    this.#next += padTo(16, words + GUARD_WORDS) * 4;
    if (this.#next > this.#end) throw new Error("the oracle's memory is full");
    const { i } = this.#reference.heap;
    i.fill(0, address / 4, address / 4 + words);
    i.fill(GUARD, address / 4 + words, this.#next / 4);
    return address;
  }

  /** Room that an operation may use as it likes. */
  scratch(words: number): number {
    const address = this.reserve(words);
    this.#free.push({ from: address / 4, to: address / 4 + words });
    return address;
  }

  /** x[rows, cols] of random values, the padding zero. */
  matrix(rows: number, cols: number, ld: number, values: Values): number {
    const address = this.reserve(rows * ld);
    const { f } = this.#reference.heap;
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < cols; c++) f[address / 4 + row * ld + c] = values(this.numbers);
    }
    return address;
  }

  /** A vector padded to whole panels. */
  vector(length: number, values: Values): number {
    return this.matrix(1, length, padTo(PANEL, length), values);
  }

  /** A weight matrix in panels: element (input, output) at ((output >> 3) · inputs padded to 4 + input) · 8 + (output & 7). */
  panels(inputs: number, outputs: number, values: Values): number {
    const depth = padTo(4, inputs);
    const address = this.reserve(padTo(PANEL, outputs) * depth);
    const { f } = this.#reference.heap;
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) f[address / 4 + ((o >> 3) * depth + i) * PANEL + (o & 7)] = values(this.numbers);
    }
    return address;
  }

  /** Whole numbers, such as class indices or the order of rows. */
  integers(values: readonly number[]): number {
    const address = this.reserve(values.length);
    this.#reference.heap.i.set(values, address / 4);
    return address;
  }

  /** A 64-bit constant. */
  constant(value: number): number {
    const address = this.reserve(2);
    this.#reference.heap.d[address / 8] = value;
    return address;
  }

  /** Runs the records `repeats` times on both; the finished rounds, and the first differences as text. */
  run(records: readonly Int32Array[], repeats = 1): { rounds: number; differences: string[] } {
    const list = this.reserve(records.length * RECORD_WORDS);
    const { i } = this.#reference.heap;
    records.forEach((words, n) => i.set(words, list / 4 + n * RECORD_WORDS));
    this.#core.heap.i.set(i.subarray(this.#base / 4, this.#next / 4), this.#base / 4);
    const rounds = this.#core.run(this.#state, list, records.length, repeats);
    const twin = this.#reference.run(this.#state, list, records.length, repeats);
    const differences = this.#differences();
    if (rounds !== twin) differences.unshift(`finished rounds: core ${rounds}, reference ${twin}`);
    return { rounds, differences };
  }

  /** A number of the reference's memory, after a run. */
  float(address: number, index = 0): number {
    return this.#reference.heap.f[address / 4 + index];
  }

  stateOf(field: State): number {
    return this.#reference.heap.d[this.#state / 8 + field];
  }

  /** The words that differ, except for the payload and sign of a NaN. */
  #differences(): string[] {
    const [core, reference] = [this.#core.heap, this.#reference.heap];
    const found: string[] = [];
    for (let word = this.#base / 4; word < this.#next / 4 && found.length < 5; word++) {
      if (core.i[word] === reference.i[word] || this.#free.some(({ from, to }) => word >= from && word < to)) continue;
      const [a, b] = [core.f[word], reference.f[word]];
      if (a !== a && b !== b) continue;
      found.push(`byte ${word * 4 - this.#base}: core ${a}, reference ${b}`);
    }
    return found;
  }
}
