import { flush } from "../math";
import { madd, NONE } from "./sums";

/**
 * One panel of a product, four rows at a time: c[rows, 8] = a[rows, depth] · b[depth, 8] + bias.
 *
 * `b` is a packed panel, `rows` a multiple of 4; lda and ldc are in bytes. A product too deep for one pass comes in
 * several: `first` starts the sums at zero, `last` adds the bias (none where 0) and flushes. Each element is one sum over
 * ascending k whatever the passes.
 *
 * 4x8 with a plain k loop is the fastest shape that V8 keeps in registers on every version (bench/: tile table).
 */
// @ts-ignore: decorator
@inline
export function panel4x8(
  c: usize, ldc: usize, a: usize, lda: usize, b: usize, bias: usize, rows: i32, depth: i32, first: bool, last: bool,
): void {
  const end = b + (<usize>depth << 5);
  for (; rows > 0; rows -= 4) {
    const c1 = c + ldc, c2 = c1 + ldc, c3 = c2 + ldc;
    const s0 = first ? NONE : c, s1 = first ? NONE : c1, s2 = first ? NONE : c2, s3 = first ? NONE : c3;
    let c00 = v128.load(s0), c01 = v128.load(s0, 16), c10 = v128.load(s1), c11 = v128.load(s1, 16);
    let c20 = v128.load(s2), c21 = v128.load(s2, 16), c30 = v128.load(s3), c31 = v128.load(s3, 16);
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda;
    a = a3 + lda;
    for (let p = b; p < end; p += 32) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(a0);
      c00 = madd(c00, x, b0); c01 = madd(c01, x, b1);
      x = v128.load32_splat(a1);
      c10 = madd(c10, x, b0); c11 = madd(c11, x, b1);
      x = v128.load32_splat(a2);
      c20 = madd(c20, x, b0); c21 = madd(c21, x, b1);
      x = v128.load32_splat(a3);
      c30 = madd(c30, x, b0); c31 = madd(c31, x, b1);
      a0 += 4; a1 += 4; a2 += 4; a3 += 4;
    }
    if (last) {
      let b0 = f32x4.splat(0), b1 = b0;
      if (bias) { b0 = v128.load(bias); b1 = v128.load(bias, 16); }
      c00 = flush(f32x4.add(c00, b0)); c01 = flush(f32x4.add(c01, b1));
      c10 = flush(f32x4.add(c10, b0)); c11 = flush(f32x4.add(c11, b1));
      c20 = flush(f32x4.add(c20, b0)); c21 = flush(f32x4.add(c21, b1));
      c30 = flush(f32x4.add(c30, b0)); c31 = flush(f32x4.add(c31, b1));
    }
    v128.store(c, c00); v128.store(c, c01, 16);
    v128.store(c1, c10); v128.store(c1, c11, 16);
    v128.store(c2, c20); v128.store(c2, c21, 16);
    v128.store(c3, c30); v128.store(c3, c31, 16);
    c = c3 + ldc;
  }
}
