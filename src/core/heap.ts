import { DeltawasmError } from "./errors";

/** Views of one address space: floats and 32-bit integers at address / 4, 64-bit floats at address / 8. Replaced when it grows. */
export interface Views {
  f: Float32Array | Float64Array;
  i: Int32Array;
  d: Float64Array;
}

/** What a heap stands on: makes room for `bytes` in all and gives the views of it. Throws where there is no such room. */
export type Grow = (bytes: number) => Views;

/** Blocks start at cache lines. */
const ALIGN = 64;
/** 32-bit addresses end here. */
const ADDRESS_SPACE = 2 ** 32;

/**
 * Gives out zeroed blocks of an address space and takes them back: first fit over the free ranges, neighbours joined.
 * One heap serves all networks of an engine. Growing replaces the views, so read them anew after `allocate`.
 */
export class Heap implements Views {
  f!: Float32Array | Float64Array;
  i!: Int32Array;
  d!: Float64Array;

  readonly #grow: Grow;
  readonly #sizes = new Map<number, number>();
  /** Free ranges below `#end`, by ascending address. */
  #free: { address: number; size: number }[] = [];
  #end: number;
  #used = 0;

  constructor(base: number, grow: Grow) {
    this.#end = Math.ceil(base / ALIGN) * ALIGN;
    this.#grow = grow;
    this.#extend(this.#end);
  }

  /** Bytes in blocks. */
  get used(): number {
    return this.#used;
  }

  /** Bytes of memory in all. */
  get capacity(): number {
    return this.i.length * 4;
  }

  /** The address of a new block of `bytes` zeros. Throws `memory`. */
  allocate(bytes: number): number {
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
    const address = this.#take(size);
    this.#sizes.set(address, size);
    this.#used += size;
    this.f.fill(0, address / 4, (address + size) / 4);
    this.i.fill(0, address / 4, (address + size) / 4);
    this.d.fill(0, address / 8, (address + size) / 8);
    return address;
  }

  /** Bytes of a block: those that were asked for, up to a whole cache line. */
  sizeOf(address: number): number {
    return this.#sizes.get(address) ?? 0;
  }

  /** Takes a block back. */
  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new Error(`no block at ${address}`);
    this.#sizes.delete(address);
    this.#used -= size;
    const next = this.#free.findIndex((range) => range.address > address);
    const at = next < 0 ? this.#free.length : next;
    this.#free.splice(at, 0, { address, size });
    this.#join(at);
    this.#join(at - 1);
    const last = this.#free.at(-1);
    if (last && last.address + last.size === this.#end) {
      this.#end = last.address;
      this.#free.pop();
    }
  }

  #take(size: number): number {
    const at = this.#free.findIndex((range) => range.size >= size);
    if (at < 0) {
      const address = this.#end;
      this.#extend(address + size);
      this.#end = address + size;
      return address;
    }
    const range = this.#free[at];
    const address = range.address;
    range.address += size;
    range.size -= size;
    if (range.size === 0) this.#free.splice(at, 1);
    return address;
  }

  /** Makes one of range `at` and its right neighbour where they touch. */
  #join(at: number): void {
    const range = this.#free[at];
    const next = this.#free[at + 1];
    if (range && next && range.address + range.size === next.address) {
      range.size += next.size;
      this.#free.splice(at + 1, 1);
    }
  }

  #extend(end: number): void {
    if (this.i && end <= this.capacity) return;
    if (end > ADDRESS_SPACE) {
      throw new DeltawasmError("memory", `${gibibytes(end)} GiB of memory are needed, and 4 GiB are the most that WebAssembly addresses: use a smaller network, batch size or data set`);
    }
    const { f, i, d } = this.#grow(end);
    this.f = f;
    this.i = i;
    this.d = d;
  }
}

/** Bytes in GiB, as messages show them. */
export function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(2);
}
