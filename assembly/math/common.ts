// Constants are read from memory: V8 builds a v128 constant with three or four instructions each time it is used, a
// splatting load is one. In Node 20 that took exp from 7.8 to 5.6 ns for four lanes, log from 12.4 to 9.7, erf from
// 18.2 to 13.2. The polynomials are split into even and odd powers, which halves the chain of dependent operations
// without adding any: from there to 4.8, 8.5 and 11.4 ns.

/** Numbers that several functions need; the names below are indices into it. */
export const COMMON: usize = memory.data<f32>([
  1, // ONE
  1.44269504088896341, // LOG2E
  12582912, // ROUND: adding 1.5·2²³ rounds to an integer and leaves that integer in the low bits of the sum
  12583039, // ROUND_BIASED: the same and the exponent bias, so the low bits shifted up by 23 are the float 2^n
  0.693359375, // LN2_HIGH: ln 2 = HIGH + LOW; HIGH has 9 significant bits, so n·HIGH is exact
  -2.12194440e-4, // LN2_LOW
  88.72283172607421875, // EXP_LARGEST: the largest x whose e^x is finite
  -87.33654022216796875, // EXP_SMALLEST: the smallest x whose e^x is normal, ≥ 2^-126
  -0.0, // SIGN: only the sign bit
  Infinity, // INFINITE
  7.888609052210118e-31, // FLUSH: 2^-100
]);
export const ONE: usize = 0;
export const LOG2E: usize = 1;
export const ROUND: usize = 2;
export const ROUND_BIASED: usize = 3;
export const LN2_HIGH: usize = 4;
export const LN2_LOW: usize = 5;
export const EXP_LARGEST: usize = 6;
export const EXP_SMALLEST: usize = 7;
export const SIGN: usize = 8;
export const INFINITE: usize = 9;
export const FLUSH: usize = 10;

/** All lanes the number at `index` of `table`. */
// @ts-ignore: decorator
@inline
export function lanes(table: usize, index: usize): v128 {
  return v128.load32_splat(table + (index << 2));
}

/** p·x + c, rounded twice: a step of Horner's rule. */
// @ts-ignore: decorator
@inline
export function mulAdd(p: v128, x: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(p, x), c);
}
