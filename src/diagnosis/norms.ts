import type { Core, ObservedLayer } from "./observed";

/** The largest 32-bit float: what is beyond it in a sum of gradients is no number that a file can hold. */
const LARGEST = 3.4028234663852886e38;
/** Numbers of a parameter whose update is measured, at the most: of more, some that are spread evenly. */
const MEASURED = 1 << 16;

type Floats = Float32Array | Float64Array;

/** Euclidean norm of a layer's part of the flat vector at an address. */
export function norm(f: Floats, vector: number, { ranges }: ObservedLayer): number {
  let sum = 0;
  for (const { first, length } of ranges) {
    for (let at = vector / 4 + first, end = at + length; at < end; at++) sum += f[at] * f[at];
  }
  return sum <= LARGEST * LARGEST ? Math.sqrt(sum) : LARGEST;
}

/** Keeps parameters as they are before a step. */
export class Before {
  readonly #core: Core;
  readonly #kept: { layer: number; first: number; stride: number; values: Float32Array }[];

  constructor(core: Core, layers: readonly ObservedLayer[]) {
    this.#core = core;
    this.#kept = layers.flatMap(({ ranges }, layer) => ranges.map(({ first, length }) => {
      const stride = Math.ceil(length / MEASURED);
      return { layer, first: core.network.parameterBlock / 4 + first, stride, values: new Float32Array(Math.ceil(length / stride)) };
    }));
  }

  /** Keeps those of now. */
  keep(): void {
    const { f } = this.#core.network.engine.heap;
    for (const { first, stride, values } of this.#kept) {
      if (stride === 1) values.set(f.subarray(first, first + values.length));
      else for (let n = 0; n < values.length; n++) values[n] = f[first + n * stride];
    }
  }

  /** Of each layer, by its number, the norm of what has changed since, by what it was; missing where it was 0. */
  ratios(): Map<number, number> {
    const { f } = this.#core.network.engine.heap;
    const sums = new Map<number, { change: number; before: number }>();
    for (const { layer, first, stride, values } of this.#kept) {
      let change = 0, before = 0;
      for (let n = 0; n < values.length; n++) {
        const difference = f[first + n * stride] - values[n];
        change += difference * difference;
        before += values[n] * values[n];
      }
      const sum = sums.get(layer) ?? { change: 0, before: 0 };
      // What was left out between counts as what was measured.
      sums.set(layer, { change: sum.change + change * stride, before: sum.before + before * stride });
    }
    const ratios = [...sums].map(([layer, { change, before }]) => [layer, Math.sqrt(change / before)] as const);
    return new Map(ratios.filter(([, ratio]) => Number.isFinite(ratio)));
  }
}
