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
