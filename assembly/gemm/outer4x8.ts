import { FLUSH_BELOW, flush } from "../math";

// The gradient of one row is an outer product: one term, so nothing is summed.

/** One panel of one row's gradient: dw[4 · tiles, 8] = xᵀ · dz, an outer product. */
export function outerProduct4x8(dw: usize, x: usize, dz: usize, tiles: i32): void {
  const b0 = v128.load(dz), b1 = v128.load(dz, 16);
  for (; tiles > 0; tiles--) {
    let s = v128.load32_splat(x);
    v128.store(dw, flush(f32x4.mul(s, b0))); v128.store(dw, flush(f32x4.mul(s, b1)), 16);
    s = v128.load32_splat(x, 4);
    v128.store(dw, flush(f32x4.mul(s, b0)), 32); v128.store(dw, flush(f32x4.mul(s, b1)), 48);
    s = v128.load32_splat(x, 8);
    v128.store(dw, flush(f32x4.mul(s, b0)), 64); v128.store(dw, flush(f32x4.mul(s, b1)), 80);
    s = v128.load32_splat(x, 12);
    v128.store(dw, flush(f32x4.mul(s, b0)), 96); v128.store(dw, flush(f32x4.mul(s, b1)), 112);
    dw += 128; x += 16;
  }
}

/**
 * One panel of one row's gradient, straight into SGD's step: w[4 · tiles, 8] − rate · xᵀ · dz, the bits of outerProduct4x8 and
 * then sgd. Where no product can be so small that it flushes, that is left out.
 */
export function sgdOuter4x8(w: usize, x: usize, dz: usize, tiles: i32, rate: v128): void {
  const b0 = v128.load(dz), b1 = v128.load(dz, 16);
  const s0 = f32x4.abs(b0), s1 = f32x4.abs(b1);
  // The smallest |dz| that is not 0; a factor of two more than needed, which covers the rounding of the quotient.
  const none = f32x4.splat(Infinity), zero = f32x4.splat(0);
  const least = f32x4.min(v128.bitselect(none, s0, f32x4.eq(s0, zero)), v128.bitselect(none, s1, f32x4.eq(s1, zero)));
  const smallest = min(
    min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)), min(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)),
  );
  const finite = v128.and(f32x4.lt(s0, none), f32x4.lt(s1, none));
  const bound = i32x4.all_true(finite) ? f32x4.splat(2 * FLUSH_BELOW / smallest) : none;
  for (; tiles > 0; tiles--) {
    const a = v128.load(x), size = f32x4.abs(a);
    if (i32x4.all_true(f32x4.ge(size, bound))) {
      let s = v128.load32_splat(x);
      step(w, f32x4.mul(s, b0), rate); step(w + 16, f32x4.mul(s, b1), rate);
      s = v128.load32_splat(x, 4);
      step(w + 32, f32x4.mul(s, b0), rate); step(w + 48, f32x4.mul(s, b1), rate);
      s = v128.load32_splat(x, 8);
      step(w + 64, f32x4.mul(s, b0), rate); step(w + 80, f32x4.mul(s, b1), rate);
      s = v128.load32_splat(x, 12);
      step(w + 96, f32x4.mul(s, b0), rate); step(w + 112, f32x4.mul(s, b1), rate);
    } else {
      for (let i = 0; i < 4; i++) {
        const s = v128.load32_splat(x + (<usize>i << 2)), at = w + (<usize>i << 5);
        step(at, flush(f32x4.mul(s, b0)), rate); step(at + 16, flush(f32x4.mul(s, b1)), rate);
      }
    }
    w += 128; x += 16;
  }
}

/** w − rate · g, one vector. */
// @ts-ignore: decorator
@inline
function step(w: usize, g: v128, rate: v128): void {
  v128.store(w, flush(f32x4.sub(v128.load(w), f32x4.mul(rate, g))));
}
