import { flush } from "../math";
import { madd } from "./sums";

// The rows that a multiple of four leaves over, one to three, over `panels` panels that lie `stride` bytes apart: few rows
// give too few independent sums to hide the latency of an addition, so these take several panels at once.
// Arguments and the order of each sum are as in panel4x8.

/** c[rows, 8 · panels] = a[rows, depth] · b + bias for 1 ≤ rows ≤ 3. */
export function panelRows(
  c: usize, ldc: usize, a: usize, lda: usize, b: usize, stride: usize, bias: usize,
  rows: i32, panels: i32, depth: i32, first: bool, last: bool,
): void {
  if (rows == 1) {
    for (; panels > 1; panels -= 2) {
      row1x16(c, a, b, stride, bias, depth, first, last);
      c += 64; b += stride << 1; bias += select<usize>(64, 0, bias != 0);
    }
    if (panels) row1x8(c, a, b, bias, depth, first, last);
  } else if (rows == 2) {
    for (; panels > 1; panels -= 2) {
      rows2x16(c, ldc, a, lda, b, stride, bias, depth, first, last);
      c += 64; b += stride << 1; bias += select<usize>(64, 0, bias != 0);
    }
    if (panels) {
      row1x8(c, a, b, bias, depth, first, last);
      row1x8(c + ldc, a + lda, b, bias, depth, first, last);
    }
  } else {
    for (; panels > 0; panels--) {
      rows3x8(c, ldc, a, lda, b, bias, depth, first, last);
      c += 32; b += stride; bias += select<usize>(32, 0, bias != 0);
    }
  }
}

// @ts-ignore: decorator
@inline
export function finish(c: usize, sum: v128, bias: usize, last: bool): void {
  if (last) {
    if (bias) sum = f32x4.add(sum, v128.load(bias));
    sum = flush(sum);
  }
  v128.store(c, sum);
}

function row1x8(c: usize, a: usize, b: usize, bias: usize, depth: i32, first: bool, last: bool): void {
  let c0 = f32x4.splat(0), c1 = c0;
  if (!first) { c0 = v128.load(c); c1 = v128.load(c, 16); }
  const end = b + (<usize>depth << 5);
  for (; b < end; b += 32) {
    const x = v128.load32_splat(a);
    c0 = madd(c0, x, v128.load(b));
    c1 = madd(c1, x, v128.load(b, 16));
    a += 4;
  }
  finish(c, c0, bias, last);
  finish(c + 16, c1, select<usize>(bias + 16, 0, bias != 0), last);
}

/** V8 loads all of w that a turn takes before it multiplies: four panels would be more than it has registers for. */
function row1x16(c: usize, a: usize, b: usize, stride: usize, bias: usize, depth: i32, first: bool, last: bool): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  if (!first) { c0 = v128.load(c); c1 = v128.load(c, 16); c2 = v128.load(c, 32); c3 = v128.load(c, 48); }
  const end = b + (<usize>depth << 5);
  let p = b + stride;
  for (; b < end; b += 32) {
    const x = v128.load32_splat(a);
    c0 = madd(c0, x, v128.load(b));
    c1 = madd(c1, x, v128.load(b, 16));
    c2 = madd(c2, x, v128.load(p));
    c3 = madd(c3, x, v128.load(p, 16));
    a += 4; p += 32;
  }
  const step = select<usize>(16, 0, bias != 0);
  finish(c, c0, bias, last); bias += step;
  finish(c + 16, c1, bias, last); bias += step;
  finish(c + 32, c2, bias, last); bias += step;
  finish(c + 48, c3, bias, last);
}

function rows2x16(
  c: usize, ldc: usize, a: usize, lda: usize, b: usize, stride: usize, bias: usize, depth: i32, first: bool, last: bool,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, d0 = c0, d1 = c0, d2 = c0, d3 = c0;
  const d = c + ldc;
  if (!first) {
    c0 = v128.load(c); c1 = v128.load(c, 16); c2 = v128.load(c, 32); c3 = v128.load(c, 48);
    d0 = v128.load(d); d1 = v128.load(d, 16); d2 = v128.load(d, 32); d3 = v128.load(d, 48);
  }
  const end = b + (<usize>depth << 5);
  let p = b + stride, a1 = a + lda;
  for (; b < end; b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(p), b3 = v128.load(p, 16);
    let x = v128.load32_splat(a);
    c0 = madd(c0, x, b0); c1 = madd(c1, x, b1);
    c2 = madd(c2, x, b2); c3 = madd(c3, x, b3);
    x = v128.load32_splat(a1);
    d0 = madd(d0, x, b0); d1 = madd(d1, x, b1);
    d2 = madd(d2, x, b2); d3 = madd(d3, x, b3);
    a += 4; a1 += 4; p += 32;
  }
  const step = select<usize>(16, 0, bias != 0);
  finish(c, c0, bias, last); finish(d, d0, bias, last); bias += step;
  finish(c + 16, c1, bias, last); finish(d + 16, d1, bias, last); bias += step;
  finish(c + 32, c2, bias, last); finish(d + 32, d2, bias, last); bias += step;
  finish(c + 48, c3, bias, last); finish(d + 48, d3, bias, last);
}

function rows3x8(
  c: usize, ldc: usize, a: usize, lda: usize, b: usize, bias: usize, depth: i32, first: bool, last: bool,
): void {
  let c0 = f32x4.splat(0), c1 = c0, d0 = c0, d1 = c0, e0 = c0, e1 = c0;
  const d = c + ldc, e = d + ldc;
  if (!first) {
    c0 = v128.load(c); c1 = v128.load(c, 16);
    d0 = v128.load(d); d1 = v128.load(d, 16);
    e0 = v128.load(e); e1 = v128.load(e, 16);
  }
  const end = b + (<usize>depth << 5);
  let a1 = a + lda, a2 = a1 + lda;
  for (; b < end; b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c0 = madd(c0, x, b0); c1 = madd(c1, x, b1);
    x = v128.load32_splat(a1);
    d0 = madd(d0, x, b0); d1 = madd(d1, x, b1);
    x = v128.load32_splat(a2);
    e0 = madd(e0, x, b0); e1 = madd(e1, x, b1);
    a += 4; a1 += 4; a2 += 4;
  }
  finish(c, c0, bias, last); finish(d, d0, bias, last); finish(e, e0, bias, last);
  bias += select<usize>(16, 0, bias != 0);
  finish(c + 16, c1, bias, last); finish(d + 16, d1, bias, last); finish(e + 16, e1, bias, last);
}
