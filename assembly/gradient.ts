import { flush } from "./math";
import { BLOCK } from "./records";

/** Limits g[count] to [−limit, limit]. */
export function clipValue(g: usize, count: i32, limit: f32): void {
  const high = f32x4.splat(limit), low = f32x4.splat(-limit);
  const end = g + (<usize>count << 2);
  for (; g < end; g += 16) v128.store(g, f32x4.max(f32x4.min(v128.load(g), high), low));
}

/** sums[blocks] = Σ g² over each BLOCK of g[count], in 64 bits: four lanes, (0 + 1) + (2 + 3). */
export function squareSums(sums: usize, g: usize, count: i32): void {
  const end = g + (<usize>count << 2);
  for (; g < end; sums += 8) {
    const blockEnd = min(end, g + (BLOCK << 2));
    let low = f64x2.splat(0), high = low;
    for (; g < blockEnd; g += 16) {
      const v = v128.load(g);
      const a = f64x2.promote_low_f32x4(v), b = f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 0));
      low = f64x2.add(low, f64x2.mul(a, a));
      high = f64x2.add(high, f64x2.mul(b, b));
    }
    store<f64>(
      sums,
      (f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1)),
    );
  }
}

/** √Σ of these sums, in ascending order. */
export function norm(sums: usize, count: i32): f64 {
  let total: f64 = 0;
  for (const end = sums + (<usize>blocks(count) << 3); sums < end; sums += 8) total += load<f64>(sums);
  return sqrt<f64>(total);
}

/** BLOCKs of a flat vector, the last of which may be shorter. */
// @ts-ignore: decorator
@inline
export function blocks(count: i32): i32 {
  return (count + BLOCK - 1) / BLOCK;
}

/** g[count] · factor. */
export function scale(g: usize, count: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  const end = g + (<usize>count << 2);
  for (; g < end; g += 16) v128.store(g, flush(f32x4.mul(v128.load(g), f)));
}

/** Flushes x[count], and gives max |x| as `largest` does: what a user's numbers go through. */
export function clean(x: usize, count: i32): f32 {
  const size = largest(x, count);
  for (const end = x + (<usize>count << 2); x < end; x += 16) v128.store(x, flush(v128.load(x)));
  return size;
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
