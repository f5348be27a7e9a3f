import { flush } from "./math";

/** Gradients per partial sum of a norm. */
const NORM_BLOCK: usize = 4096;

/** Limits g[count] to [−limit, limit]. */
export function clipValue(g: usize, count: i32, limit: f32): void {
  const high = f32x4.splat(limit), low = f32x4.splat(-limit);
  const end = g + (<usize>count << 2);
  for (; g < end; g += 16) v128.store(g, f32x4.max(f32x4.min(v128.load(g), high), low));
}

/** √Σ g², in 64 bits: four lanes per block of NORM_BLOCK, (0 + 1) + (2 + 3), blocks in ascending order. */
export function norm(g: usize, count: i32): f64 {
  let total: f64 = 0;
  const end = g + (<usize>count << 2);
  while (g < end) {
    const blockEnd = min(end, g + (NORM_BLOCK << 2));
    let low = f64x2.splat(0), high = low;
    for (; g < blockEnd; g += 16) {
      const v = v128.load(g);
      const a = f64x2.promote_low_f32x4(v), b = f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 0));
      low = f64x2.add(low, f64x2.mul(a, a));
      high = f64x2.add(high, f64x2.mul(b, b));
    }
    total += (f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1));
  }
  return sqrt<f64>(total);
}

/** g[count] · factor. */
export function scale(g: usize, count: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  const end = g + (<usize>count << 2);
  for (; g < end; g += 16) v128.store(g, flush(f32x4.mul(v128.load(g), f)));
}

/** max |x| over x[count], NaN if one is. Without their signs floats are in the order of their bits, NaN after infinity. */
export function largest(x: usize, count: i32): f32 {
  let m = i32x4.splat(0);
  const end = x + (<usize>count << 2);
  for (; x < end; x += 16) m = i32x4.max_s(m, v128.and(v128.load(x), i32x4.splat(i32.MAX_VALUE)));
  const bits = max(
    max(i32x4.extract_lane(m, 0), i32x4.extract_lane(m, 1)), max(i32x4.extract_lane(m, 2), i32x4.extract_lane(m, 3)),
  );
  return reinterpret<f32>(bits);
}
