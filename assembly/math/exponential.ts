import {
  COMMON, EXP_LARGEST, EXP_SMALLEST, INFINITE, LN2_HIGH, LN2_LOW, LOG2E, ONE, ROUND, ROUND_BIASED, lanes, mulAdd,
} from "./common";

/** (e^r − 1 − r) / r² for |r| ≤ ln 2 / 2: degree 5, from Cephes (expf.c); highest power first. */
const EXP: usize = memory.data<f32>([
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  -25, // EXPM1_SMALLEST
]);
const EXPM1_SMALLEST: usize = 6;

/** x − n·ln 2 */
// @ts-ignore: decorator
@inline
function reduceLn2(x: v128, n: v128): v128 {
  return f32x4.sub(
    f32x4.sub(x, f32x4.mul(n, lanes(COMMON, LN2_HIGH))),
    f32x4.mul(n, lanes(COMMON, LN2_LOW)),
  );
}

/** e^r − 1 for |r| ≤ ln 2 / 2, as r + r²·P(r). */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  const square = f32x4.mul(r, r);
  let odd = mulAdd(lanes(EXP, 0), square, lanes(EXP, 2));
  odd = mulAdd(odd, square, lanes(EXP, 4));
  let even = mulAdd(lanes(EXP, 1), square, lanes(EXP, 3));
  even = mulAdd(even, square, lanes(EXP, 5));
  return mulAdd(mulAdd(odd, r, even), square, r);
}

/** e^x where |x| ≤ 87.34, anything elsewhere except that NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function expBounded(x: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(x, lanes(COMMON, LOG2E)), lanes(COMMON, ROUND_BIASED));
  const n = f32x4.sub(rounded, lanes(COMMON, ROUND_BIASED));
  const y = f32x4.add(expm1Reduced(reduceLn2(x, n)), lanes(COMMON, ONE));
  return f32x4.mul(y, i32x4.shl(rounded, 23));
}

/** 1 − e^x where -87 ≤ x ≤ 0: (1 − 2^n) − 2^n·(e^r − 1), where nothing cancels near x = 0 because n is 0 there. */
// @ts-ignore: decorator
@inline
export function oneMinusExp(x: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(x, lanes(COMMON, LOG2E)), lanes(COMMON, ROUND_BIASED));
  const n = f32x4.sub(rounded, lanes(COMMON, ROUND_BIASED));
  const power = i32x4.shl(rounded, 23);
  return f32x4.sub(f32x4.sub(lanes(COMMON, ONE), power), f32x4.mul(power, expm1Reduced(reduceLn2(x, n))));
}

/**
 * e^x.
 *
 * Method: n = round(x / ln 2), r = x − n·ln 2 in two terms, e^r by the polynomial of Cephes, then n is added to the
 * exponent field.
 *
 * Error: ≤ 1.03 ulp. exp(x) = Infinity for x > 88.7228, +0 for x < -87.3365 (where e^x would be denormal),
 * exp(±0) = 1, exp(-Infinity) = +0.
 */
export function vexp(x: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(x, lanes(COMMON, LOG2E)), lanes(COMMON, ROUND));
  const n = f32x4.sub(rounded, lanes(COMMON, ROUND));
  let y = f32x4.add(expm1Reduced(reduceLn2(x, n)), lanes(COMMON, ONE));
  y = i32x4.add(y, i32x4.shl(rounded, 23));
  y = v128.andnot(y, f32x4.lt(x, lanes(COMMON, EXP_SMALLEST)));
  // The sum is Infinity for a large x, and NaN for NaN.
  return v128.bitselect(y, f32x4.add(x, lanes(COMMON, INFINITE)), f32x4.le(x, lanes(COMMON, EXP_LARGEST)));
}

/**
 * e^x − 1, accurate relative to the result also near zero.
 *
 * Method: n and r as in exp, q = e^r − 1 by the same polynomial, then 2^n·(q + (1 − 2^-n)). Below -25, where the
 * result is -1, x is taken as -25.
 *
 * Error: ≤ 1.79 ulp. expm1(±0) = +0, expm1(-Infinity) = -1, Infinity for x > 88.7228.
 */
export function vexpm1(x: v128): v128 {
  const bounded = f32x4.pmax(x, lanes(EXP, EXPM1_SMALLEST));
  const rounded = f32x4.add(f32x4.mul(bounded, lanes(COMMON, LOG2E)), lanes(COMMON, ROUND));
  const n = f32x4.sub(rounded, lanes(COMMON, ROUND));
  const exponent = i32x4.shl(rounded, 23);
  const one = lanes(COMMON, ONE);
  // 2^-n. No float is 2^-128, but 0 is as good.
  const inverse = i32x4.max_s(i32x4.sub(one, exponent), i32x4.splat(0));
  let y = f32x4.add(expm1Reduced(reduceLn2(bounded, n)), f32x4.sub(one, inverse));
  y = i32x4.add(y, exponent);
  return v128.bitselect(y, f32x4.add(x, lanes(COMMON, INFINITE)), f32x4.le(x, lanes(COMMON, EXP_LARGEST)));
}
