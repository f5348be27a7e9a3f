import { type ElementaryMath, float32Math, float64Math } from "./math";

/**
 * What the reference computes with: memory addressed as the core's (bytes of 32-bit words), and an arithmetic.
 * With `round` = Math.fround every operation has the bits of the core; with 64-bit floats the same plan serves gradient checks.
 */
export interface Machine {
  /** Floats, at address / 4. */
  readonly f: Float32Array | Float64Array;
  /** 32-bit integers, at address / 4. */
  readonly i: Int32Array;
  /** 64-bit floats (state blocks and constants), at address / 8. */
  readonly d: Float64Array;
  /** Rounds the result of one operation to the machine's floats. */
  readonly round: (x: number) => number;
  readonly math: ElementaryMath;
}

export type Precision = "float32" | "float64";

export const arithmetic: Record<Precision, Pick<Machine, "round" | "math">> = {
  float32: { round: Math.fround, math: float32Math },
  float64: { round: (x) => x, math: float64Math },
};

/** (0 + 1) + (2 + 3): how the lanes of a vector sum are joined. */
export function addLanes(round: Machine["round"], lanes: ArrayLike<number>): number {
  return round(round(lanes[0] + lanes[1]) + round(lanes[2] + lanes[3]));
}
