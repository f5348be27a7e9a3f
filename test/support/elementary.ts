import { float32Math, float64Math, type ElementaryMath } from "../../src/reference/math";
import { loadKernels } from "./kernels";

/** An elementary function: the one in wasm, its twin in TypeScript, and what it is measured against. */
export interface ElementaryCase {
  readonly name: Exclude<keyof ElementaryMath, "flush">;
  readonly kernel: "mapExp" | "mapLog" | "mapLog1p" | "mapExpm1" | "mapTanh" | "mapSigmoid" | "mapErf";
  /** Largest error in ulp: what was seen over all 2^32 inputs, rounded up in the second digit after the point. */
  readonly bound: number;
  /** Results that would be denormal are +0. */
  readonly flushes?: boolean;
  /** f(-x) = -f(x), bit for bit. */
  readonly odd?: boolean;
  /** Inputs where the method changes. */
  readonly branchPoints: readonly number[];
}

export const elementaryCases: readonly ElementaryCase[] = [
  { name: "exp", kernel: "mapExp", bound: 1.03, flushes: true, branchPoints: [-87.33654, 88.72283, 0.34657359, 1.0397208] },
  { name: "log", kernel: "mapLog", bound: 0.86, branchPoints: [0.70710677, 1, 1.4142135] },
  { name: "log1p", kernel: "mapLog1p", bound: 1.41, branchPoints: [-1, -0.29289323, 0.41421357, 1, 1.8284271] },
  { name: "expm1", kernel: "mapExpm1", bound: 1.79, branchPoints: [-25, -17.33, 88.72283, 0.34657359, -0.34657359] },
  { name: "tanh", kernel: "mapTanh", bound: 2.5, odd: true, branchPoints: [0.1732868, 0.5198604, 9.01, 10] },
  { name: "sigmoid", kernel: "mapSigmoid", bound: 2.41, flushes: true, branchPoints: [-87.33654, 16.63, 17.33] },
  { name: "erf", kernel: "mapErf", bound: 1.4, odd: true, branchPoints: [0.875, 3.9192059, 4] },
];

type MapKernel = (y: number, x: number, n: number) => void;
export type MathKernels = Record<ElementaryCase["kernel"] | "mapFlush", MapKernel>;

/** Room for `capacity` inputs and outputs in the memory of the kernels, seen as floats and as bit patterns. */
export function loadMathKernels(capacity: number) {
  // The first pages are the module's own: its constants lie there.
  const x = 65536;
  const y = x + 4 * capacity;
  const kernels = loadKernels<MathKernels>("math", y + 4 * capacity);
  const { buffer } = kernels.memory;
  return {
    input: new Float32Array(buffer, x, capacity),
    inputBits: new Int32Array(buffer, x, capacity),
    output: new Float32Array(buffer, y, capacity),
    outputBits: new Int32Array(buffer, y, capacity),
    run: (kernel: keyof MathKernels) => kernels[kernel](y, x, capacity),
  };
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
/** By exponent field: what the last place of a float is worth. */
const ulp = Float64Array.from({ length: 255 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 150));

export function floatToBits(x: number): number {
  float[0] = x;
  return bits[0]!;
}

export function bitsToFloat(pattern: number): number {
  bits[0] = pattern;
  return float[0]!;
}

/**
 * |got − exact| in units in the last place of `exact` correctly rounded to a float. Infinity where one is NaN and the
 * other is not, or one is infinite and the other is not. With `flushes`, +0 is right where a float would be denormal.
 */
export function ulpError(got: number, exact: number, flushes: boolean): number {
  float[0] = exact;
  const rounded = float[0]!;
  if (rounded - rounded !== 0) return Object.is(got, rounded) ? 0 : Infinity;
  const exponent = (bits[0]! >> 23) & 255;
  if (flushes && exponent === 0) return Object.is(got, 0) ? 0 : Infinity;
  const error = Math.abs(got - exact) / ulp[exponent]!;
  return error === error ? error : Infinity;
}

/** The two functions that belong to a case, in single and in double precision. */
export function twins(name: ElementaryCase["name"]): { reference: (x: number) => number; exact: (x: number) => number } {
  return { reference: float32Math[name], exact: float64Math[name] };
}
