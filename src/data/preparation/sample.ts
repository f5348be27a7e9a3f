import { fillBits } from "../../reference/random";

/** Numbers that a sample holds: quantiles of a longer column are those of so many of its numbers. */
const SIZE = 16_384;

/** A word of 32 random bits is asked for in blocks. */
const BLOCK = 1024;

/** Of numbers that come one by one, so many that each was as likely to be kept: a reservoir (Vitter 1985, algorithm R). The same in every run. */
export class Sample {
  readonly #kept: number[] = [];
  readonly #words = new Uint32Array(BLOCK);
  #count = 0;
  #sorted: Float64Array | undefined;

  add(x: number): void {
    this.#sorted = undefined;
    const n = this.#count++;
    if (n < SIZE) {
      this.#kept.push(x);
      return;
    }
    const index = n - SIZE;
    if (index % BLOCK === 0) fillBits(this.#words, 0, BLOCK, 0, 0, 0, 0, index);
    const place = Math.floor((this.#words[index % BLOCK] / 2 ** 32) * (n + 1));
    if (place < SIZE) this.#kept[place] = x;
  }

  /** The number below which the share q, from 0 to 1, of them lies: between two neighbours on the line between them, as numpy's default. */
  quantile(q: number): number {
    this.#sorted ??= Float64Array.from(this.#kept).sort();
    const place = q * (this.#sorted.length - 1);
    const below = Math.floor(place);
    const low = this.#sorted[below];
    const high = this.#sorted[Math.min(below + 1, this.#sorted.length - 1)];
    return low + (high - low) * (place - below);
  }
}
