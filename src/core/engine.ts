import type { Heap } from "./heap";

/** Where random numbers come from: the seed (a non-negative safe integer), what they are for, and how often it was done before. */
export interface RandomSource {
  seed: number;
  stream: number;
  step: number;
}

/** Runs plans over its heap. Both engines give the same bits. Addresses are bytes of the heap. */
export interface Engine {
  readonly kind: "wasm" | "reference";
  /** Why it is the reference engine where nobody asked for it. */
  readonly note?: string;
  readonly heap: Heap;
  /** Walks `count` records `repeats` times; returns how many rounds were finished. */
  run(state: number, records: number, count: number, repeats: number): number;
  /** max |x| over x[count], a multiple of four; NaN if one is. */
  largest(x: number, count: number): number;
  /** order[count] = a random permutation of 0 … count − 1. */
  shuffle(order: number, count: number, source: RandomSource): void;
  /** Weights [outputs, inputs] in panels, uniform between low and high. */
  fillPanelsUniform(w: number, inputs: number, outputs: number, low: number, high: number, source: RandomSource): void;
  /** Weights [outputs, inputs] in panels, normal. */
  fillPanelsNormal(w: number, inputs: number, outputs: number, mean: number, deviation: number, source: RandomSource): void;
  /** x[count] normal. */
  fillNormal(x: number, count: number, mean: number, deviation: number, source: RandomSource): void;
  /** x[count] uniform between low and high. */
  fillUniform(x: number, count: number, low: number, high: number, source: RandomSource): void;
}
