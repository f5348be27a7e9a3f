/** Numbers that are the same in every run: a linear congruential generator (Numerical Recipes, 7.1), its high bits alone. */
export class SeededNumbers {
  #state = 0;

  constructor(seed: number) {
    this.restart(seed);
  }

  restart(seed: number): void {
    this.#state = seed >>> 0;
    this.uniform(0, 1);
  }

  uniform(low: number, high: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * ((this.#state >>> 8) / 2 ** 24);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.uniform(0, limit));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  sign(): number {
    return this.uniform(0, 1) < 0.5 ? -1 : 1;
  }

  /** Rows of numbers, one after the other. */
  array(length: number, low = -1, high = 1): Float32Array {
    return Float32Array.from({ length }, () => this.uniform(low, high));
  }
}

/** A kind of numbers to try an operation on. */
export type Values = (numbers: SeededNumbers) => number;

/** What weights and activations usually are, with zeros of both signs among them. */
export const ordinary: Values = (n) => (n.uniform(0, 1) < 0.1 ? n.pick([0, -0, 1, -1]) : n.uniform(-2, 2));

/** Around 2^-100, where results count as zero, and around its root, where squares do. */
export const tiny: Values = (n) => n.sign() * n.pick([2 ** -100, 2 ** -50]) * n.uniform(0.25, 2);

/** Mostly zeros, as pixels are: `share` of them are something else. */
export const sparse = (share: number): Values => (n) => (n.uniform(0, 1) < share ? ordinary(n) : n.pick([0, 0, 0, -0]));

/** So large that sums and squares overflow. */
export const huge: Values = (n) => n.sign() * 10 ** n.uniform(15, 38.5);

/** Small ones beside large ones, and the numbers at which functions change their method. */
export const mixed: Values = (n) => n.pick([ordinary, ordinary, tiny, wide, edges])(n);

/** Where exp, tanh and the rest bend, saturate and overflow. */
export const wide: Values = (n) => n.sign() * 10 ** n.uniform(-8, 2.2);

/** Single numbers that deserve it. */
export const edges: Values = (n) => n.pick([0, -0, 0.5, 1, 3, 2 ** -100, 2 ** -50, 88.7, 104, 16]) * n.sign();

/** What no user can pass in, but an overflow can produce. */
export const special: Values = (n) => n.pick([Infinity, -Infinity, NaN, 0, -0, 1, 1e30, -1e30]);

/** The same, but zero where an operation's result would have been: what the operations of a network pass to one another. */
export function flushed(values: Values): Values {
  return (n) => {
    const value = values(n);
    return Math.abs(value) < 2 ** -100 ? 0 : value;
  };
}

export const finiteValues = { ordinary, tiny, huge, mixed } as const;
