/**
 * Elementary functions of one number: in single precision, equal bit for bit to assembly/math.ts (the payload of a NaN
 * aside), and in double precision, for gradient checks. Methods, errors and special values of the single precision
 * ones stand in assembly/math.ts; here are the same operations in the same order, each rounded by `Math.fround`.
 */

import { FLUSH_BELOW } from "../../assembly/records";

export { FLUSH_BELOW };

/** The functions that a network needs, in one precision. */
export interface ElementaryMath {
  /** e^x */
  readonly exp: (x: number) => number;
  /** ln x */
  readonly log: (x: number) => number;
  /** ln(1 + x), accurate near zero */
  readonly log1p: (x: number) => number;
  /** e^x − 1, accurate near zero */
  readonly expm1: (x: number) => number;
  readonly tanh: (x: number) => number;
  /** 1 / (1 + e^-x) */
  readonly sigmoid: (x: number) => number;
  /** The error function, 2/√π ∫₀ˣ e^-t² dt */
  readonly erf: (x: number) => number;
  /** x, or +0 where its magnitude is below 2^-100 (single precision only) */
  readonly flush: (x: number) => number;
}

const f = Math.fround;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

function toBits(x: number): number {
  float[0] = x;
  return bits[0]!;
}

function fromBits(i: number): number {
  bits[0] = i;
  return float[0]!;
}

const LOG2E = f(1.44269504088896341);
const LN2_HIGH = 0.693359375;
const LN2_LOW = f(-2.1219444e-4);
const ROUND = 12582912;
const ROUND_BIASED = 12583039;
const EXP_LARGEST = 88.72283172607421875;
const EXP_SMALLEST = -87.33654022216796875;
const ONE_BITS = 0x3f800000;

function reduceLn2(x: number, n: number): number {
  return f(f(x - f(n * LN2_HIGH)) - f(n * LN2_LOW));
}

const E5 = f(1.98756915e-4);
const E4 = f(1.3981999507e-3);
const E3 = f(8.3334519073e-3);
const E2 = f(4.1665795894e-2);
const E1 = f(1.6666665459e-1);
const E0 = f(5.0000001201e-1);

function expm1Reduced(r: number): number {
  const square = f(r * r);
  let odd = f(f(E5 * square) + E3);
  odd = f(f(odd * square) + E1);
  let even = f(f(E4 * square) + E2);
  even = f(f(even * square) + E0);
  const p = f(f(odd * r) + even);
  return f(f(p * square) + r);
}

function expBounded(x: number): number {
  const rounded = f(f(x * LOG2E) + ROUND_BIASED);
  const n = f(rounded - ROUND_BIASED);
  const y = f(expm1Reduced(reduceLn2(x, n)) + 1);
  return f(y * fromBits(toBits(rounded) << 23));
}

function oneMinusExp(x: number): number {
  const rounded = f(f(x * LOG2E) + ROUND_BIASED);
  const n = f(rounded - ROUND_BIASED);
  const power = fromBits(toBits(rounded) << 23);
  return f(f(1 - power) - f(power * expm1Reduced(reduceLn2(x, n))));
}

/** The magnitude y with the sign of x. */
function withSign(y: number, x: number): number {
  return x < 0 || Object.is(x, -0) ? -y : y;
}

/** e^x in single precision. */
export function exp(x: number): number {
  if (!(x <= EXP_LARGEST)) return x + Infinity;
  if (x < EXP_SMALLEST) return 0;
  const rounded = f(f(x * LOG2E) + ROUND);
  const n = f(rounded - ROUND);
  const y = f(expm1Reduced(reduceLn2(x, n)) + 1);
  return fromBits(toBits(y) + (toBits(rounded) << 23));
}

/** e^x − 1 in single precision. */
export function expm1(x: number): number {
  if (!(x <= EXP_LARGEST)) return x + Infinity;
  const bounded = x < -25 ? -25 : x;
  const rounded = f(f(bounded * LOG2E) + ROUND);
  const n = f(rounded - ROUND);
  const exponent = toBits(rounded) << 23;
  const inverse = fromBits(Math.max((ONE_BITS - exponent) | 0, 0));
  const y = f(expm1Reduced(reduceLn2(bounded, n)) + f(1 - inverse));
  return fromBits(toBits(y) + exponent);
}

const SQRT_HALF_BITS = 0x3f3504f3;
const SMALLEST_NORMAL = 2 ** -126;

const L8 = f(7.0376836292e-2);
const L7 = f(-1.151461031e-1);
const L6 = f(1.167699874e-1);
const L5 = f(-1.2420140846e-1);
const L4 = f(1.4249322787e-1);
const L3 = f(-1.6668057665e-1);
const L2 = f(2.0000714765e-1);
const L1 = f(-2.4999993993e-1);
const L0 = f(3.3333331174e-1);

function logReduced(r: number, e: number): number {
  const square = f(r * r);
  let even = f(f(L8 * square) + L6);
  even = f(f(even * square) + L4);
  even = f(f(even * square) + L2);
  even = f(f(even * square) + L0);
  let odd = f(f(L7 * square) + L5);
  odd = f(f(odd * square) + L3);
  odd = f(f(odd * square) + L1);
  const cube = f(f(f(odd * r) + even) * r);
  let y = f(f(cube * square) + f(e * LN2_LOW));
  y = f(y - f(square * 0.5));
  y = f(r + y);
  return f(y + f(e * LN2_HIGH));
}

function logLimits(x: number): number {
  return x === 0 ? -Infinity : x < 0 ? NaN : x;
}

/** ln x in single precision. */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return logLimits(x);
  const tiny = x < SMALLEST_NORMAL;
  const normal = toBits(tiny ? x * 33554432 : x);
  const exponent = (normal - SQRT_HALF_BITS) >> 23;
  const mantissa = fromBits(normal - (exponent << 23));
  return logReduced(f(mantissa - 1), tiny ? exponent - 25 : exponent);
}

/** ln(1 + x) in single precision. */
export function log1p(x: number): number {
  const larger = x < 1 ? 1 : x;
  const smaller = x < 1 ? x : 1;
  const u = f(larger + smaller);
  if (!(u > 0 && u < Infinity)) return logLimits(u);
  const c = f(smaller - f(u - larger));
  const uBits = toBits(u);
  const exponent = (uBits - SQRT_HALF_BITS) >> 23;
  const shifted = exponent << 23;
  const inverse = fromBits(Math.max((ONE_BITS - shifted) | 0, 0));
  const r = f(f(fromBits(uBits - shifted) - 1) + f(c * inverse));
  return logReduced(r, exponent);
}

/** 1 / (1 + e^-x) in single precision. */
export function sigmoid(x: number): number {
  const negative = -Math.abs(x);
  const z = negative < EXP_SMALLEST ? 0 : expBounded(negative);
  return f((x < 0 ? z : 1) / f(1 + z));
}

/** tanh x in single precision. */
export function tanh(x: number): number {
  const negative = -Math.abs(x);
  const doubled = f(negative + negative);
  const t = oneMinusExp(doubled < -20 ? -20 : doubled);
  return withSign(f(t / f(2 - t)), x);
}

const P5 = f(-6.203264929e-4);
const P4 = f(5.032183137e-3);
const P3 = f(-2.679146454e-2);
const P2 = f(1.128245518e-1);
const P1 = f(-3.761255145e-1);
const P0 = f(1.283791512e-1);
const Q5 = f(-2.152232337e-4);
const Q4 = f(3.225110471e-3);
const Q3 = f(-2.292234451e-2);
const Q2 = f(1.053120419e-1);
const Q1 = f(6.356804371e-1);
const Q0 = f(1.285254806e-1);

/** erf x in single precision. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  const a = magnitude > 4 ? 4 : magnitude;
  const square = f(a * a);
  let odd: number;
  let even: number;
  if (a < 0.875) {
    const fourth = f(square * square);
    odd = f(f(P5 * fourth) + P3);
    odd = f(f(odd * fourth) + P1);
    even = f(f(P4 * fourth) + P2);
    even = f(f(even * fourth) + P0);
    const p = f(f(odd * square) + even);
    return withSign(f(f(p * a) + a), x);
  }
  odd = f(f(Q5 * square) + Q3);
  odd = f(f(odd * square) + Q1);
  even = f(f(Q4 * square) + Q2);
  even = f(f(even * square) + Q0);
  const q = f(f(odd * a) + even);
  return withSign(f(1 - expBounded(-f(f(q * a) + a))), x);
}

/** x, or +0 where |x| < 2^-100. NaN stays NaN. */
export function flush(x: number): number {
  return Math.abs(x) < FLUSH_BELOW ? 0 : x;
}

/** The functions as the wasm core computes them. */
export const float32Math: ElementaryMath = { exp, log, log1p, expm1, tanh, sigmoid, erf, flush };

/** 1 / (1 + e^-x) in double precision, relatively accurate on both sides. */
function sigmoid64(x: number): number {
  const z = Math.exp(-Math.abs(x));
  return (x < 0 ? z : 1) / (1 + z);
}

/**
 * erf x in double precision, to about 1e-15 of the result.
 *
 * Method: below 2 the series 2/√π · e^-x² · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)), all of whose terms are positive
 * (Abramowitz & Stegun 7.1.6); above, 1 − erfc x by the continued fraction 7.1.14, 60 terms of it.
 */
function erf64(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a >= 2) {
    let tail = a;
    for (let k = 60; k > 0; k--) tail = a + (0.5 * k) / tail;
    return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * tail));
  }
  const square = 2 * x * x;
  let term = 1;
  let sum = 1;
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= square / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * x * sum;
}

/** The same functions in double precision, as exact as the engine's `Math`: for gradient checks, and as an oracle. */
export const float64Math: ElementaryMath = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  tanh: Math.tanh,
  sigmoid: sigmoid64,
  erf: erf64,
  flush: (x) => x,
};
