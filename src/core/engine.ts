import type { Build } from "./coreBytes";
import type { Heap } from "./heap";
import type { Team } from "./team";

/** Where random numbers come from: the seed (a non-negative safe integer), what they are for, and how often it was done before. */
export interface RandomSource {
  seed: number;
  stream: number;
  step: number;
}

/** Runs plans over its heap. All engines give the same bits. Addresses are bytes of the heap. */
export interface Runner {
  readonly heap: Heap;
  /** The threads that share large operations; undefined where there is one. Plans have scratch for each. */
  readonly team: Team | undefined;
  /** Networks that live on it. With the last one the team goes home. */
  networks: number;
  /** Walks `count` records `repeats` times on this thread; returns how many rounds were finished. */
  run(state: number, records: number, count: number, repeats: number): number;
  /** max |x| over x[count], a multiple of four; NaN if one is. */
  largest(x: number, count: number): number;
  /** The same, and what is closer to 0 than 2^-100 becomes 0. */
  clean(x: number, count: number): number;
}

/** What a network needs beside, to be made and trained. */
export interface Engine extends Runner {
  readonly kind: "wasm" | "reference";
  /** "none" is the reference engine. */
  readonly build: Build | "none";
  /** Whether it computes in 256-bit registers. */
  readonly wide: boolean;
  /** Why it is not more: why the reference engine runs where nobody asked for it, or one thread, or no wide registers. */
  readonly notes: readonly string[];
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
