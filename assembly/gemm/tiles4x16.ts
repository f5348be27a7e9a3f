import { flush } from "../math";
import { madd, NONE } from "./sums";

// For engines that make one 256-bit operation of two neighbouring ones (V8's revectorization): two panels at once, two terms a turn.
// With 128-bit registers so many sums would not fit.

/** Whether the engine does so; told by TypeScript when the core starts. */
export let isWide: bool = false;

export function setWide(on: bool): void {
  isWide = on;
}

/**
 * As tiles4x8 for two panels of b, `bStep` bytes apart, and of c, `cStep` bytes apart, with `a` from packRows or packTiles
 * (tiles `step` bytes apart) and bias `biasStep` bytes apart.
 */
export function tiles4x16(
  c: usize, ldc: usize, cStep: usize, a: usize, step: usize, b: usize, bStep: usize, bias: usize, biasStep: usize, tiles: i32,
  depth: i32, first: bool, last: bool,
): void {
  const end = b + (<usize>(depth & ~1) << 5), odd = (depth & 1) != 0;
  for (; tiles > 0; tiles--) {
    const c1 = c + ldc, c2 = c1 + ldc, c3 = c2 + ldc;
    let s0 = c, s1 = c1, s2 = c2, s3 = c3, sStep = cStep;
    if (first) { s0 = NONE; s1 = NONE; s2 = NONE; s3 = NONE; sStep = 0; }
    let c00 = v128.load(s0), c01 = v128.load(s0, 16), c10 = v128.load(s1), c11 = v128.load(s1, 16);
    let c20 = v128.load(s2), c21 = v128.load(s2, 16), c30 = v128.load(s3), c31 = v128.load(s3, 16);
    s0 += sStep; s1 += sStep; s2 += sStep; s3 += sStep;
    let c02 = v128.load(s0), c03 = v128.load(s0, 16), c12 = v128.load(s1), c13 = v128.load(s1, 16);
    let c22 = v128.load(s2), c23 = v128.load(s2, 16), c32 = v128.load(s3), c33 = v128.load(s3, 16);
    let at = a, q = b + bStep, p = b;
    for (; p < end; p += 64) {
      let b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(q), b3 = v128.load(q, 16);
      let s = v128.load32_splat(at);
      c00 = madd(c00, s, b0); c01 = madd(c01, s, b1); c02 = madd(c02, s, b2); c03 = madd(c03, s, b3);
      s = v128.load32_splat(at, 4);
      c10 = madd(c10, s, b0); c11 = madd(c11, s, b1); c12 = madd(c12, s, b2); c13 = madd(c13, s, b3);
      s = v128.load32_splat(at, 8);
      c20 = madd(c20, s, b0); c21 = madd(c21, s, b1); c22 = madd(c22, s, b2); c23 = madd(c23, s, b3);
      s = v128.load32_splat(at, 12);
      c30 = madd(c30, s, b0); c31 = madd(c31, s, b1); c32 = madd(c32, s, b2); c33 = madd(c33, s, b3);
      b0 = v128.load(p, 32); b1 = v128.load(p, 48); b2 = v128.load(q, 32); b3 = v128.load(q, 48);
      s = v128.load32_splat(at, 16);
      c00 = madd(c00, s, b0); c01 = madd(c01, s, b1); c02 = madd(c02, s, b2); c03 = madd(c03, s, b3);
      s = v128.load32_splat(at, 20);
      c10 = madd(c10, s, b0); c11 = madd(c11, s, b1); c12 = madd(c12, s, b2); c13 = madd(c13, s, b3);
      s = v128.load32_splat(at, 24);
      c20 = madd(c20, s, b0); c21 = madd(c21, s, b1); c22 = madd(c22, s, b2); c23 = madd(c23, s, b3);
      s = v128.load32_splat(at, 28);
      c30 = madd(c30, s, b0); c31 = madd(c31, s, b1); c32 = madd(c32, s, b2); c33 = madd(c33, s, b3);
      at += 32; q += 64;
    }
    if (odd) {
      const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(q), b3 = v128.load(q, 16);
      let s = v128.load32_splat(at);
      c00 = madd(c00, s, b0); c01 = madd(c01, s, b1); c02 = madd(c02, s, b2); c03 = madd(c03, s, b3);
      s = v128.load32_splat(at, 4);
      c10 = madd(c10, s, b0); c11 = madd(c11, s, b1); c12 = madd(c12, s, b2); c13 = madd(c13, s, b3);
      s = v128.load32_splat(at, 8);
      c20 = madd(c20, s, b0); c21 = madd(c21, s, b1); c22 = madd(c22, s, b2); c23 = madd(c23, s, b3);
      s = v128.load32_splat(at, 12);
      c30 = madd(c30, s, b0); c31 = madd(c31, s, b1); c32 = madd(c32, s, b2); c33 = madd(c33, s, b3);
    }
    const d = c + cStep, d1 = c1 + cStep, d2 = c2 + cStep, d3 = c3 + cStep;
    if (last) {
      let b0 = f32x4.splat(0), b1 = b0, b2 = b0, b3 = b0;
      if (bias) {
        b0 = v128.load(bias); b1 = v128.load(bias, 16);
        b2 = v128.load(bias + biasStep); b3 = v128.load(bias + biasStep, 16);
      }
      v128.store(c, flush(f32x4.add(c00, b0))); v128.store(c, flush(f32x4.add(c01, b1)), 16);
      v128.store(d, flush(f32x4.add(c02, b2))); v128.store(d, flush(f32x4.add(c03, b3)), 16);
      v128.store(c1, flush(f32x4.add(c10, b0))); v128.store(c1, flush(f32x4.add(c11, b1)), 16);
      v128.store(d1, flush(f32x4.add(c12, b2))); v128.store(d1, flush(f32x4.add(c13, b3)), 16);
      v128.store(c2, flush(f32x4.add(c20, b0))); v128.store(c2, flush(f32x4.add(c21, b1)), 16);
      v128.store(d2, flush(f32x4.add(c22, b2))); v128.store(d2, flush(f32x4.add(c23, b3)), 16);
      v128.store(c3, flush(f32x4.add(c30, b0))); v128.store(c3, flush(f32x4.add(c31, b1)), 16);
      v128.store(d3, flush(f32x4.add(c32, b2))); v128.store(d3, flush(f32x4.add(c33, b3)), 16);
    } else {
      v128.store(c, c00); v128.store(c, c01, 16); v128.store(d, c02); v128.store(d, c03, 16);
      v128.store(c1, c10); v128.store(c1, c11, 16); v128.store(d1, c12); v128.store(d1, c13, 16);
      v128.store(c2, c20); v128.store(c2, c21, 16); v128.store(d2, c22); v128.store(d2, c23, 16);
      v128.store(c3, c30); v128.store(c3, c31, 16); v128.store(d3, c32); v128.store(d3, c33, 16);
    }
    c = c3 + ldc; a += step;
  }
}
