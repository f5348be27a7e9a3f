import { COMMON, EXP_SMALLEST, ONE, SIGN, lanes } from "./common";
import { expBounded, oneMinusExp } from "./exponential";

/**
 * 1 / (1 + e^-x).
 *
 * Method: z = e^-|x| never overflows; 1 / (1 + z) for x ≥ 0 and z / (1 + z) below, in one division.
 *
 * Error: ≤ 2.41 ulp. sigmoid(±0) = ½, sigmoid(Infinity) = 1, +0 for x < -87.3365 (where the result would be
 * denormal).
 */
export function vsigmoid(x: v128): v128 {
  const negative = v128.or(x, lanes(COMMON, SIGN));
  const z = v128.andnot(expBounded(negative), f32x4.lt(negative, lanes(COMMON, EXP_SMALLEST)));
  const one = lanes(COMMON, ONE);
  return f32x4.div(v128.bitselect(z, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, z));
}

const TANH: usize = memory.data<f32>([
  -20, // TANH_ONE: 1 − e^-20 rounds to 1
  2, // TWO
]);
const TANH_ONE: usize = 0;
const TWO: usize = 1;

/**
 * tanh x.
 *
 * Method: (1 − z) / (1 + z) with z = e^-2|x|, as t / (2 − t) with t = 1 − z, which is accurate near zero. Beyond 10,
 * where the result is 1, 10 is taken. The sign is put on at the end, so tanh(-x) = -tanh(x) bit for bit.
 * (A polynomial for |x| < 0.625 beside 1 − 2 / (e^2|x| + 1), as in Cephes, has half the error, but costs half as much
 * again, for both branches are computed.)
 *
 * Error: ≤ 2.5 ulp. tanh(±0) = ±0, tanh(±Infinity) = ±1.
 */
export function vtanh(x: v128): v128 {
  const sign = lanes(COMMON, SIGN);
  const negative = v128.or(x, sign);
  const t = oneMinusExp(f32x4.pmax(f32x4.add(negative, negative), lanes(TANH, TANH_ONE)));
  const y = f32x4.div(t, f32x4.sub(lanes(TANH, TWO), t));
  return v128.or(y, v128.and(x, sign));
}
