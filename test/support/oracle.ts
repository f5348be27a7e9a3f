import { coreBytes } from "../../src/core/coreBytes";
import { Op, PANEL, RECORD_WORDS, SHARED, State, STATE_LENGTH } from "../../assembly/records";
import type { Engine } from "../../src/core/engine";
import { createWasmEngine } from "../../src/core/wasmEngine";
import { createReferenceEngine } from "../../src/reference/engine";
import { loadKernels } from "./kernels";
import { SeededNumbers, type Values } from "./numbers";

/** Between any two tensors; as a float neither zero nor NaN. */
const GUARD = 0x4b1d4b1d;
const GUARD_WORDS = 16;
/** Bytes for a list of scratch. */
const SCRATCH_LIST = 256;

/** Teams among which every record is divided: sizes that divide the usual shapes evenly, and sizes that don't. */
const TEAM_SIZES = [2, 3, 4, 7];
/** Records that one thread of a team carries out alone. */
const UNDIVIDED = new Set<number>([
  Op.NextBatch, Op.MeanLoss, Op.ClipNorm, Op.Advance, Op.RunningMoments, Op.RunningInverse,
  Op.SumRow, Op.SumWeights, Op.CountBatch, Op.SkipUnlessDue, Op.ResetCount, Op.ScheduledRate,
]);

/** Records with kernels of their own for wide registers. */
const WIDE = new Set<number>([
  Op.DenseForward, Op.DenseWeightGradient, Op.DenseInputGradient, Op.DenseUpdate, Op.ConvProduct, Op.ConvWeightGradient,
]);

/** What test/kernels/divided.ts exports. */
interface Divided {
  heapBase(): number;
  setWide(on: boolean): void;
  walkInTurn(state: number, records: number, count: number, repeats: number, size: number, isReversed: boolean): number;
  walkApart(
    state: number, records: number, count: number, repeats: number, size: number, from: number, bytes: number, copies: number, scratch: number,
  ): number;
  conflictCount(): number;
}

export const padTo = (multiple: number, n: number) => Math.ceil(n / multiple) * multiple;

/**
 * The core and the reference with the same content at the same addresses. A test lays tensors out, runs records on both, and
 * gets the words in which the two memories then differ: none, whatever the operation does to whatever numbers.
 *
 * The same records are walked as teams of several sizes would, the parts one after the other in both orders, and apart: each part on
 * the memory as it was before the record. That must leave what one thread leaves, and no word may have been changed by two.
 */
export class Oracle {
  readonly numbers: SeededNumbers;
  readonly #core: Engine;
  /** The core with the kernels for wide registers, which give the same bits. */
  readonly #wide: Engine;
  readonly #reference: Engine;
  readonly #divided: Divided & { memory: WebAssembly.Memory };
  readonly #base: number;
  readonly #end: number;
  readonly #state: number;
  #next: number;
  /** Ranges of words that an operation may leave as it likes. */
  #free: { from: number; to: number }[] = [];

  private constructor(core: Engine, wide: Engine, reference: Engine, base: number, bytes: number) {
    this.#core = core;
    this.#wide = wide;
    this.#reference = reference;
    this.#divided = loadKernels<Divided>("divided", base + 3 * bytes + SCRATCH_LIST);
    if (this.#divided.heapBase() > base) throw new Error("the kernel's own data reach into the tensors");
    this.#base = base;
    this.#end = base + bytes;
    this.#state = base;
    this.#next = base;
    this.numbers = new SeededNumbers(1);
    this.clear();
  }

  static async create(bytesOfMemory = 1 << 23): Promise<Oracle> {
    const [core, wide] = await Promise.all([false, true].map(async (on) => createWasmEngine(await coreBytes(), { wide: on })));
    const reference = createReferenceEngine("float32");
    // The kernel that divides records may have more data of its own than the core.
    for (const { heap } of [core, wide]) heap.allocate(4096);
    const [base] = [core, wide].map(({ heap }) => heap.allocate(bytesOfMemory));
    // The reference's heap starts lower: moved up, so that one record serves both.
    const first = reference.heap.allocate(64);
    reference.heap.allocate(base - first - 64);
    const twin = reference.heap.allocate(bytesOfMemory);
    if (twin !== base) throw new Error(`addresses differ: ${base} and ${twin}`);
    return new Oracle(core, wide, reference, base, bytesOfMemory);
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

  /** One of the 64-bit numbers at an address. */
  setConstant(address: number, index: number, value: number): void {
    this.#reference.heap.d[address / 8 + index] = value;
  }

  /**
   * Runs the records `repeats` times on both, and divided among teams; the finished rounds of one thread, and the first differences
   * as text.
   */
  run(records: readonly Int32Array[], repeats = 1): { rounds: number; differences: string[] } {
    const list = this.reserve(records.length * RECORD_WORDS);
    const { i } = this.#reference.heap;
    records.forEach((words, n) => {
      i.set(words, list / 4 + n * RECORD_WORDS);
      i[list / 4 + n * RECORD_WORDS + SHARED] = UNDIVIDED.has(words[0]) ? 0 : 1;
    });
    const start = i.slice(this.#base / 4, this.#next / 4);
    this.#core.heap.i.set(start, this.#base / 4);
    this.#wide.heap.i.set(start, this.#base / 4);
    const rounds = this.#core.run(this.#state, list, records.length, repeats);
    const wideRounds = this.#wide.run(this.#state, list, records.length, repeats);
    const twin = this.#reference.run(this.#state, list, records.length, repeats);
    const differences = this.#differences("core", this.#core.heap.i, "reference", i);
    differences.push(...this.#differences("core", this.#core.heap.i, "wide core", this.#wide.heap.i));
    if (rounds !== wideRounds) differences.unshift(`finished rounds: core ${rounds}, wide core ${wideRounds}`);
    if (rounds !== twin) differences.unshift(`finished rounds: core ${rounds}, reference ${twin}`);
    for (const wide of records.some((words) => WIDE.has(words[0])) ? [false, true] : [false]) {
      this.#divided.setWide(wide);
      for (const size of TEAM_SIZES) {
        const found = this.#divide(start, list, records.length, repeats, size, rounds);
        differences.push(...found.map((text) => (wide ? `wide: ${text}` : text)));
      }
    }
    return { rounds, differences };
  }

  /** Walks the records as a team of `size` would, from `start`; what differs from the core's memory. */
  #divide(start: Int32Array, list: number, count: number, repeats: number, size: number, rounds: number): string[] {
    const { walkInTurn, walkApart, conflictCount, memory } = this.#divided;
    const words = new Int32Array(memory.buffer);
    // The state block is left out: any part may end a run, all with the same reason.
    const from = this.#state + padTo(16, STATE_LENGTH * 2) * 4, bytes = this.#next - from;
    const scratch = this.#end + 2 * bytes;
    const ways: [way: string, walk: () => number][] = [
      ["in turn", () => walkInTurn(this.#state, list, count, repeats, size, false)],
      ["in turn, the last one first", () => walkInTurn(this.#state, list, count, repeats, size, true)],
      ["apart", () => walkApart(this.#state, list, count, repeats, size, from, bytes, this.#end, scratch)],
    ];
    return ways.flatMap(([way, walk]) => {
      words.set(start, this.#base / 4);
      words.set([...this.#free.flatMap((range) => [range.from * 4, (range.to - range.from) * 4]), 0], scratch / 4);
      const done = walk();
      const found = this.#differences("one thread", this.#core.heap.i, `${size} ${way}`, words);
      if (done !== rounds) found.unshift(`finished rounds: one thread ${rounds}, ${size} ${way} ${done}`);
      if (way === "apart" && conflictCount() > 0) found.unshift(`${conflictCount()} words were changed by two of ${size}`);
      return found;
    });
  }

  /** Writes one number before a run. */
  write(address: number, index: number, value: number): void {
    this.#reference.heap.f[address / 4 + index] = value;
  }

  /** A number of the reference's memory, after a run. */
  float(address: number, index = 0): number {
    return this.#reference.heap.f[address / 4 + index];
  }

  stateOf(field: State): number {
    return this.#reference.heap.d[this.#state / 8 + field];
  }

  /** The words of two memories that differ, except for the payload and sign of a NaN. */
  #differences(aName: string, a: Int32Array, bName: string, b: Int32Array): string[] {
    const found: string[] = [];
    const ranges = [...this.#free, { from: this.#next / 4, to: this.#next / 4 }];
    const bytesOf = (words: Int32Array, from: number, to: number) => new Uint8Array(words.buffer, from * 4, (to - from) * 4);
    let from = this.#base / 4;
    for (const { from: to, to: end } of ranges) {
      const isEqual = Buffer.compare(bytesOf(a, from, to), bytesOf(b, from, to)) === 0;
      for (let word = from; !isEqual && word < to && found.length < 5; word++) {
        if (a[word] === b[word]) continue;
        const [x, y] = [a, b].map((words) => new Float32Array(words.buffer, word * 4, 1)[0]);
        if (Number.isNaN(x) && Number.isNaN(y)) continue;
        found.push(`byte ${word * 4 - this.#base}: ${aName} ${x}, ${bName} ${y}`);
      }
      from = end;
    }
    return found;
  }
}
