import { flush } from "../math";

/**
 * One panel of a weight gradient, four inputs at a time: dw[4 · tiles, 8] = xᵀ · dz over `rows` terms in ascending order.
 *
 * Of x, rows lie `ldx` bytes apart and tiles of four inputs `step`; of dz, rows lie `lddz` apart. `first` starts the sums at
 * zero, `last` flushes them.
 */
// @ts-ignore: decorator
@inline
export function weightGradient4x8(
  dw: usize, x: usize, ldx: usize, step: usize, dz: usize, lddz: usize, tiles: i32, rows: i32, first: bool, last: bool,
): void {
  const end = dz + <usize>rows * lddz;
  for (; tiles > 0; tiles--) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    if (!first) {
      c00 = v128.load(dw); c01 = v128.load(dw, 16); c10 = v128.load(dw, 32); c11 = v128.load(dw, 48);
      c20 = v128.load(dw, 64); c21 = v128.load(dw, 80); c30 = v128.load(dw, 96); c31 = v128.load(dw, 112);
    }
    let a = x;
    for (let d = dz; d < end; d += lddz) {
      const b0 = v128.load(d), b1 = v128.load(d, 16);
      let s = v128.load32_splat(a);
      c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
      s = v128.load32_splat(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
      s = v128.load32_splat(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
      s = v128.load32_splat(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
      a += ldx;
    }
    if (last) {
      c00 = flush(c00); c01 = flush(c01); c10 = flush(c10); c11 = flush(c11);
      c20 = flush(c20); c21 = flush(c21); c30 = flush(c30); c31 = flush(c31);
    }
    v128.store(dw, c00); v128.store(dw, c01, 16); v128.store(dw, c10, 32); v128.store(dw, c11, 48);
    v128.store(dw, c20, 64); v128.store(dw, c21, 80); v128.store(dw, c30, 96); v128.store(dw, c31, 112);
    dw += 128; x += step;
  }
}

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
