import { COMMON, INFINITE, LN2_HIGH, LN2_LOW, ONE, lanes, mulAdd } from "./common";

/** (ln(1 + f) − f + f²/2) / f³ for 1 + f in [√½, √2): degree 8, from Cephes (logf.c); highest power first. */
const LOG: usize = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  0.5, // HALF
  0.70710677, // SQRT_HALF
  1.1754943508222875e-38, // SMALLEST_NORMAL: 2^-126
  33554432, // TINY_SCALE: 2^25
  25, // TINY_EXPONENT
]);
const HALF: usize = 9;
const SQRT_HALF: usize = 10;
const SMALLEST_NORMAL: usize = 11;
const TINY_SCALE: usize = 12;
const TINY_EXPONENT: usize = 13;

/** ln(1 + f) + e·ln 2 for 1 + f in [√½, √2), the sum begun with its smallest terms. */
// @ts-ignore: decorator
@inline
function logReduced(f: v128, e: v128): v128 {
  const square = f32x4.mul(f, f);
  let even = mulAdd(lanes(LOG, 0), square, lanes(LOG, 2));
  even = mulAdd(even, square, lanes(LOG, 4));
  even = mulAdd(even, square, lanes(LOG, 6));
  even = mulAdd(even, square, lanes(LOG, 8));
  let odd = mulAdd(lanes(LOG, 1), square, lanes(LOG, 3));
  odd = mulAdd(odd, square, lanes(LOG, 5));
  odd = mulAdd(odd, square, lanes(LOG, 7));
  const cube = f32x4.mul(mulAdd(odd, f, even), f);
  let y = f32x4.add(f32x4.mul(cube, square), f32x4.mul(e, lanes(COMMON, LN2_LOW)));
  y = f32x4.sub(y, f32x4.mul(square, lanes(LOG, HALF)));
  y = f32x4.add(f, y);
  return f32x4.add(y, f32x4.mul(e, lanes(COMMON, LN2_HIGH)));
}

/** y, or the logarithm of x where y is none: Infinity and NaN stay, -Infinity at ±0, NaN below. */
// @ts-ignore: decorator
@inline
function logLimits(y: v128, x: v128): v128 {
  const infinite = lanes(COMMON, INFINITE);
  y = v128.bitselect(y, x, f32x4.lt(x, infinite));
  y = f32x4.sub(y, v128.and(infinite, f32x4.eq(x, f32x4.splat(0))));
  return v128.or(y, f32x4.lt(x, f32x4.splat(0)));
}

/**
 * ln x.
 *
 * Method: x = 2^e·(1 + f) with 1 + f in [√½, √2), the polynomial of Cephes, and e·ln 2 in two terms. A denormal is
 * scaled by 2^25 first, so it is as exact as any other number.
 *
 * Error: ≤ 0.86 ulp. log(±0) = -Infinity, log(x < 0) = NaN, log(1) = +0, log(Infinity) = Infinity.
 */
export function vlog(x: v128): v128 {
  const tiny = f32x4.lt(x, lanes(LOG, SMALLEST_NORMAL));
  const normal = v128.bitselect(f32x4.mul(x, lanes(LOG, TINY_SCALE)), x, tiny);
  const exponent = i32x4.shr_s(i32x4.sub(normal, lanes(LOG, SQRT_HALF)), 23);
  const mantissa = i32x4.sub(normal, i32x4.shl(exponent, 23));
  const e = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(tiny, lanes(LOG, TINY_EXPONENT)));
  return logLimits(logReduced(f32x4.sub(mantissa, lanes(COMMON, ONE)), e), x);
}

/**
 * ln(1 + x), accurate relative to the result also near zero.
 *
 * Method: u = 1 + x rounded, and c = (1 + x) − u exactly (Dekker's fast two-sum, the larger term first). With
 * u = 2^e·m, f = (m − 1) + c·2^-e goes through the polynomial of log; for e = 0 it is x itself.
 *
 * Error: ≤ 1.41 ulp, for negative x too. log1p(±0) = +0, log1p(-1) = -Infinity, log1p(x < -1) = NaN,
 * log1p(Infinity) = Infinity.
 */
export function vlog1p(x: v128): v128 {
  const one = lanes(COMMON, ONE);
  const larger = f32x4.pmax(x, one);
  const smaller = f32x4.pmin(x, one);
  const u = f32x4.add(larger, smaller);
  const c = f32x4.sub(smaller, f32x4.sub(u, larger));
  const exponent = i32x4.shr_s(i32x4.sub(u, lanes(LOG, SQRT_HALF)), 23);
  const shifted = i32x4.shl(exponent, 23);
  // 2^-e. No float is 2^-128, but c has no weight there.
  const inverse = i32x4.max_s(i32x4.sub(one, shifted), i32x4.splat(0));
  const f = f32x4.add(f32x4.sub(i32x4.sub(u, shifted), one), f32x4.mul(c, inverse));
  return logLimits(logReduced(f, f32x4.convert_i32x4_s(exponent)), u);
}
