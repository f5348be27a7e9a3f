import { COMMON, ONE, SIGN, lanes, mulAdd } from "./common";
import { expBounded } from "./exponential";

/** P and Q of erf: degree 5, fitted by tools/fit-erf.mjs; highest power first. */
const ERF: usize = memory.data<f32>([
  -6.203264929e-4, 5.032183137e-3, -2.679146454e-2, 1.128245518e-1, -3.761255145e-1, 1.283791512e-1,
  -2.152232337e-4, 3.225110471e-3, -2.292234451e-2, 1.053120419e-1, 6.356804371e-1, 1.285254806e-1,
  0.875, // SPLIT
  4, // ERF_ONE: erf rounds to 1 from 3.92 on
]);
const SPLIT: usize = 12;
const ERF_ONE: usize = 13;

/**
 * erf x.
 *
 * Method: x + x·P(x²) for |x| < 0.875, otherwise 1 − e^-(|x| + |x|·Q(|x|)): -ln erfc is so smooth that degree 5 will
 * do, and needs no division. The sign is put on at the end, so erf(-x) = -erf(x) bit for bit.
 *
 * Error: ≤ 1.4 ulp. erf(±0) = ±0, erf(±Infinity) = ±1.
 */
export function verf(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), lanes(ERF, ERF_ONE));
  const square = f32x4.mul(a, a);
  const fourth = f32x4.mul(square, square);
  let odd = mulAdd(lanes(ERF, 0), fourth, lanes(ERF, 2));
  odd = mulAdd(odd, fourth, lanes(ERF, 4));
  let even = mulAdd(lanes(ERF, 1), fourth, lanes(ERF, 3));
  even = mulAdd(even, fourth, lanes(ERF, 5));
  const small = mulAdd(mulAdd(odd, square, even), a, a);

  odd = mulAdd(lanes(ERF, 6), square, lanes(ERF, 8));
  odd = mulAdd(odd, square, lanes(ERF, 10));
  even = mulAdd(lanes(ERF, 7), square, lanes(ERF, 9));
  even = mulAdd(even, square, lanes(ERF, 11));
  const exponent = mulAdd(mulAdd(odd, a, even), a, a);
  const large = f32x4.sub(lanes(COMMON, ONE), expBounded(f32x4.neg(exponent)));

  const y = v128.bitselect(small, large, f32x4.lt(a, lanes(ERF, SPLIT)));
  return v128.or(y, v128.and(x, lanes(COMMON, SIGN)));
}
