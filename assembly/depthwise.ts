import { word } from "./fields";
import { madd } from "./gemm/sums";
import { flush } from "./math";
import { SweepShape } from "./records";

/** Bytes of a panel of weights: eight channels of all taps, padded to fours of these. */
// @ts-ignore: decorator
@inline
export function panelBytes(shape: usize): usize {
  return <usize>((word(shape, SweepShape.kernelY) * word(shape, SweepShape.kernelX) + 3) & ~3) << 5;
}

/**
 * A strip of pixels (see pool.ts): y = Σ over the taps of x ⊙ w, + bias, each channel for itself. `w` is where the first tap lies in the first
 * panel of weights, `panel` bytes from the next one; `rowW` and `colW` bytes lead to the next tap of a column and of a row. `bias` is 0 where there
 * is none.
 *
 * Eight channels of four pixels at a time, which share the weights: as many sums as V8 keeps in registers.
 */
export function depthwiseStrip(
  y: usize, stepY: usize, x: usize, stepX: usize, count: i32, width: usize, w: usize, panel: usize, rowW: usize, colW: usize,
  bias: usize, ny: i32, nx: i32, rowMove: usize, colMove: usize,
): void {
  for (const end = y + width; y < end; y += 32) {
    let to = y, from = x, left = count;
    for (; left > 3; left -= 4) {
      fourPixels(to, stepY, from, stepX, w, rowW, colW, bias, ny, nx, rowMove, colMove);
      to += stepY << 2; from += stepX << 2;
    }
    for (; left > 0; left--) {
      onePixel(to, from, w, rowW, colW, bias, ny, nx, rowMove, colMove);
      to += stepY; from += stepX;
    }
    x += 32; w += panel;
    if (bias) bias += 32;
  }
}

function fourPixels(
  y: usize, stepY: usize, x: usize, stepX: usize, w: usize, rowW: usize, colW: usize, bias: usize,
  ny: i32, nx: i32, rowMove: usize, colMove: usize,
): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (; ny > 0; ny--) {
    let at = x, weight = w;
    for (let kx = nx; kx > 0; kx--) {
      const w0 = v128.load(weight), w1 = v128.load(weight, 16);
      s00 = madd(s00, v128.load(at), w0); s01 = madd(s01, v128.load(at, 16), w1);
      let next = at + stepX;
      s10 = madd(s10, v128.load(next), w0); s11 = madd(s11, v128.load(next, 16), w1);
      next += stepX;
      s20 = madd(s20, v128.load(next), w0); s21 = madd(s21, v128.load(next, 16), w1);
      next += stepX;
      s30 = madd(s30, v128.load(next), w0); s31 = madd(s31, v128.load(next, 16), w1);
      at += colMove; weight += colW;
    }
    x += rowMove; w += rowW;
  }
  let b0 = f32x4.splat(0), b1 = b0;
  if (bias) { b0 = v128.load(bias); b1 = v128.load(bias, 16); }
  v128.store(y, flush(f32x4.add(s00, b0))); v128.store(y, flush(f32x4.add(s01, b1)), 16);
  y += stepY;
  v128.store(y, flush(f32x4.add(s10, b0))); v128.store(y, flush(f32x4.add(s11, b1)), 16);
  y += stepY;
  v128.store(y, flush(f32x4.add(s20, b0))); v128.store(y, flush(f32x4.add(s21, b1)), 16);
  y += stepY;
  v128.store(y, flush(f32x4.add(s30, b0))); v128.store(y, flush(f32x4.add(s31, b1)), 16);
}

function onePixel(
  y: usize, x: usize, w: usize, rowW: usize, colW: usize, bias: usize, ny: i32, nx: i32, rowMove: usize, colMove: usize,
): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (; ny > 0; ny--) {
    let at = x, weight = w;
    for (let kx = nx; kx > 0; kx--) {
      s0 = madd(s0, v128.load(at), v128.load(weight)); s1 = madd(s1, v128.load(at, 16), v128.load(weight, 16));
      at += colMove; weight += colW;
    }
    x += rowMove; w += rowW;
  }
  let b0 = f32x4.splat(0), b1 = b0;
  if (bias) { b0 = v128.load(bias); b1 = v128.load(bias, 16); }
  v128.store(y, flush(f32x4.add(s0, b0))); v128.store(y, flush(f32x4.add(s1, b1)), 16);
}
