import { splitSeed } from "../core/seed";
import { fillBits } from "../reference/random";

/** Random words are asked for in blocks. */
const BLOCK = 1024;

/** Random words of 32 bits, one after the other: the same in every run. */
export class RandomWords {
  readonly #key: [low: number, high: number];
  readonly #words = new Uint32Array(BLOCK);
  readonly #first: number;
  #count = 0;

  /** Those of a seed, from its number `first` on. */
  constructor(seed: number, first = 0) {
    this.#key = splitSeed(seed);
    this.#first = first;
  }

  next(): number {
    const at = this.#count++ % BLOCK;
    if (at === 0) fillBits(this.#words, 0, BLOCK, ...this.#key, 0, 0, this.#first + this.#count - 1);
    return this.#words[at];
  }
}

/** Chooses, of what comes one by one, so many that each was as likely to be kept (Vitter 1985, algorithm R). */
export class Reservoir {
  readonly #size: number;
  readonly #words: RandomWords;
  #count = 0;

  constructor(size: number, words: RandomWords) {
    this.#size = size;
    this.#words = words;
  }

  /** The place, among those that are kept, of the one that comes; −1 where it isn't kept. */
  next(): number {
    const n = this.#count++;
    if (n < this.#size) return n;
    const place = Math.floor((this.#words.next() / 2 ** 32) * (n + 1));
    return place < this.#size ? place : -1;
  }
}
