/**
 * Where the sums of eight columns start: loaded, like sums that go on, so that both halves come about alike. With a constant in one
 * of two branches V8 doesn't find that they are a pair (wide registers).
 */
export const NONE: usize = memory.data(32, 16);

/**
 * sum + a · b: rounded twice, and so to the same bits everywhere; in the relaxed builds once, where the processor has a fused
 * multiply-add.
 */
// @ts-ignore: decorator
@inline
export function madd(sum: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}
