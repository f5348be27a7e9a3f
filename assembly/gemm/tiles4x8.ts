import { flush } from "../math";
import { madd, NONE } from "./sums";
import { isWide, tiles4x16 } from "./tiles4x16";

/**
 * Eight columns of a product, four rows at a time, where the four factors of a term lie side by side: c[4 · tiles, 8] =
 * aᵀ · b over `depth` terms in ascending order, + bias.
 *
 * Of c, rows lie `ldc` bytes apart; of a, terms `lda` and tiles of four rows `step`; of b, terms `ldb`. `first` starts the sums at
 * zero, `last` adds the bias (none where 0) and flushes. One pointer to a instead of panel4x8's four: 4 % more in Node 20.
 */
// @ts-ignore: decorator
@inline
export function tiles4x8(
  c: usize, ldc: usize, a: usize, lda: usize, step: usize, b: usize, ldb: usize, bias: usize, tiles: i32, depth: i32,
  first: bool, last: bool,
): void {
  const end = b + <usize>depth * ldb;
  for (; tiles > 0; tiles--) {
    const c1 = c + ldc, c2 = c1 + ldc, c3 = c2 + ldc;
    const s0 = first ? NONE : c, s1 = first ? NONE : c1, s2 = first ? NONE : c2, s3 = first ? NONE : c3;
    let c00 = v128.load(s0), c01 = v128.load(s0, 16), c10 = v128.load(s1), c11 = v128.load(s1, 16);
    let c20 = v128.load(s2), c21 = v128.load(s2, 16), c30 = v128.load(s3), c31 = v128.load(s3, 16);
    let at = a;
    for (let p = b; p < end; p += ldb) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let s = v128.load32_splat(at);
      c00 = madd(c00, s, b0); c01 = madd(c01, s, b1);
      s = v128.load32_splat(at, 4);
      c10 = madd(c10, s, b0); c11 = madd(c11, s, b1);
      s = v128.load32_splat(at, 8);
      c20 = madd(c20, s, b0); c21 = madd(c21, s, b1);
      s = v128.load32_splat(at, 12);
      c30 = madd(c30, s, b0); c31 = madd(c31, s, b1);
      at += lda;
    }
    if (last) {
      if (bias) {
        const b0 = v128.load(bias), b1 = v128.load(bias, 16);
        c00 = f32x4.add(c00, b0); c01 = f32x4.add(c01, b1); c10 = f32x4.add(c10, b0); c11 = f32x4.add(c11, b1);
        c20 = f32x4.add(c20, b0); c21 = f32x4.add(c21, b1); c30 = f32x4.add(c30, b0); c31 = f32x4.add(c31, b1);
      }
      c00 = flush(c00); c01 = flush(c01); c10 = flush(c10); c11 = flush(c11);
      c20 = flush(c20); c21 = flush(c21); c30 = flush(c30); c31 = flush(c31);
    }
    v128.store(c, c00); v128.store(c, c01, 16); v128.store(c1, c10); v128.store(c1, c11, 16);
    v128.store(c2, c20); v128.store(c2, c21, 16); v128.store(c3, c30); v128.store(c3, c31, 16);
    c = c3 + ldc; a += step;
  }
}

/**
 * `panels` panels of a product whose rows packRows has packed: c[4 · tiles, 8 · panels] = a · b + bias. Panels of b lie `stride` bytes
 * apart, those of bias `biasStep`. A function of its own: with a second such loop beside it V8 moves the sums between registers.
 */
export function packedPanels(
  c: usize, ldc: usize, a: usize, b: usize, stride: usize, bias: usize, biasStep: usize, tiles: i32, panels: i32, depth: i32,
  first: bool, last: bool,
): void {
  const step = <usize>((depth + 3) & ~3) << 4;
  if (isWide) {
    for (; panels > 1; panels -= 2) {
      tiles4x16(c, ldc, 32, a, step, b, stride, bias, biasStep, tiles, depth, first, last);
      c += 64; b += stride << 1; bias += biasStep << 1;
    }
  }
  for (; panels > 0; panels--) {
    tiles4x8(c, ldc, a, 16, step, b, 32, bias, tiles, depth, first, last);
    c += 32; b += stride; bias += biasStep;
  }
}
