import { RandomWords, Reservoir } from "../reservoir";

/** Numbers that a sample holds: quantiles of a longer column are those of so many of its numbers. */
const SIZE = 16_384;

/** Of numbers that come one by one, so many that each was as likely to be kept. */
export class Sample {
  readonly #kept: number[] = [];
  readonly #reservoir = new Reservoir(SIZE, new RandomWords(0));
  #sorted: Float64Array | undefined;

  add(x: number): void {
    const place = this.#reservoir.next();
    if (place < 0) return;
    this.#sorted = undefined;
    this.#kept[place] = x;
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
