import { sumRows } from "./dense";
import { panelBytes } from "./depthwise";
import { address, shareStart, stride, word } from "./fields";
import { madd } from "./gemm/sums";
import { flush } from "./math";
import { DepthwiseWeightGradient, SweepShape } from "./records";

// dw[tap] = Σ over rows, then pixels of dz in ascending order, of x ⊙ dz, each channel for itself. The sums stay in dw from one row of pixels to
// the next, so that an image of x and dz is read for all taps while it is in the cache.

/** Each thread makes panels of rows of taps; of the bias, panels. */
export function depthwiseWeightGradientPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const x = address(r, DepthwiseWeightGradient.x), dz = address(r, DepthwiseWeightGradient.dz), shape = address(r, DepthwiseWeightGradient.shape);
  const ldx = stride(r, DepthwiseWeightGradient.ldx), lddz = stride(r, DepthwiseWeightGradient.lddz);
  const panels = (word(r, DepthwiseWeightGradient.cols) + 7) >> 3, panelOfTaps = panelBytes(shape);
  const points = word(shape, SweepShape.outHeight) * word(shape, SweepShape.outWidth), kernelX = word(shape, SweepShape.kernelX);

  const dbias = address(r, DepthwiseWeightGradient.dbias);
  if (dbias) {
    const from = shareStart(panels, thread, size), at = <usize>from << 5;
    sumRows(dbias + at, dz + at, lddz, rows * points, shareStart(panels, thread + 1, size) - from);
  }

  const dw = address(r, DepthwiseWeightGradient.dw);
  if (!dw) return;
  const units = word(shape, SweepShape.kernelY) * panels, from = shareStart(units, thread, size), to = shareStart(units, thread + 1, size);
  for (let unit = from; unit < to; unit++) finish(dw + tapsOf(unit, panels, panelOfTaps, kernelX), kernelX, false);
  const rowX = <usize>(word(shape, SweepShape.height) * word(shape, SweepShape.width)) * ldx, rowDz = <usize>points * lddz;
  for (let row = 0; row < rows; row++) {
    const image = x + <usize>row * rowX, gradient = dz + <usize>row * rowDz;
    for (let unit = from; unit < to; unit++) {
      const panel = <usize>(unit % panels) << 5;
      addImage(dw + tapsOf(unit, panels, panelOfTaps, kernelX), image + panel, ldx, gradient + panel, lddz, shape, unit / panels);
    }
  }
  for (let unit = from; unit < to; unit++) finish(dw + tapsOf(unit, panels, panelOfTaps, kernelX), kernelX, true);
}

/** Where the taps of a unit lie: those of row unit / panels, in panel unit % panels. */
// @ts-ignore: decorator
@inline
function tapsOf(unit: i32, panels: i32, panelOfTaps: usize, kernelX: i32): usize {
  return <usize>(unit % panels) * panelOfTaps + (<usize>(unit / panels * kernelX) << 5);
}

/** Sets a row of taps to zero, or flushes it at the `end`. */
function finish(dw: usize, kernelX: i32, end: bool): void {
  for (; kernelX > 0; kernelX--) {
    v128.store(dw, end ? flush(v128.load(dw)) : f32x4.splat(0));
    v128.store(dw, end ? flush(v128.load(dw, 16)) : f32x4.splat(0), 16);
    dw += 32;
  }
}

/** The first of the outputs whose tap at `at` (dilated, from the padding on) lies at position `edge` or beyond, within 0 and `outputs`. */
// @ts-ignore: decorator
@inline
function firstOutput(edge: i32, at: i32, stride: i32, outputs: i32): i32 {
  const beyond = edge - at;
  return beyond <= 0 ? 0 : min(outputs, (beyond + stride - 1) / stride);
}

/** Adds one image to a panel of the taps of row ky. */
function addImage(dw: usize, x: usize, ldx: usize, dz: usize, lddz: usize, shape: usize, ky: i32): void {
  const height = word(shape, SweepShape.height), width = word(shape, SweepShape.width), kernelX = word(shape, SweepShape.kernelX);
  const outHeight = word(shape, SweepShape.outHeight), outWidth = word(shape, SweepShape.outWidth);
  const strideY = word(shape, SweepShape.strideY), strideX = word(shape, SweepShape.strideX), dilation = word(shape, SweepShape.dilationX);
  const top = ky * word(shape, SweepShape.dilationY) - word(shape, SweepShape.paddingY), left = word(shape, SweepShape.paddingX);
  const stepX = <usize>strideX * ldx, colMove = <usize>dilation * ldx;
  const end = firstOutput(height, top, strideY, outHeight);
  for (let oy = firstOutput(0, top, strideY, outHeight); oy < end; oy++) {
    const row = x + <usize>((oy * strideY + top) * width) * ldx, gradient = dz + <usize>(oy * outWidth) * lddz;
    let kx = 0;
    // Three taps share the pixels of dz that all of them reach; the others of each come before and after.
    for (; kx + 3 <= kernelX; kx += 3) {
      const at = kx * dilation - left, sums = dw + (<usize>kx << 5);
      const from = firstOutput(0, at, strideX, outWidth), to = firstOutput(width, at + 2 * dilation, strideX, outWidth);
      if (from >= to) {
        for (let k = 0; k < 3; k++) addTap(sums, row, ldx, gradient, lddz, stepX, at, k, dilation, strideX, width, outWidth, 0, outWidth);
        continue;
      }
      for (let k = 1; k < 3; k++) addTap(sums, row, ldx, gradient, lddz, stepX, at, k, dilation, strideX, width, outWidth, 0, from);
      addThree(sums, row + <usize>(from * strideX + at) * ldx, stepX, colMove, gradient + <usize>from * lddz, lddz, to - from);
      for (let k = 0; k < 2; k++) addTap(sums, row, ldx, gradient, lddz, stepX, at, k, dilation, strideX, width, outWidth, to, outWidth);
    }
    for (; kx < kernelX; kx++) {
      addTap(dw + (<usize>kx << 5), row, ldx, gradient, lddz, stepX, kx * dilation - left, 0, dilation, strideX, width, outWidth, 0, outWidth);
    }
  }
}

/** Adds to the sum of tap k behind the one at `at` what it reaches of outputs `from` to `to`, which go to its edge at least. */
function addTap(
  dw: usize, row: usize, ldx: usize, dz: usize, lddz: usize, stepX: usize, at: i32, k: i32, dilation: i32, strideX: i32, width: i32,
  outWidth: i32, from: i32, to: i32,
): void {
  at += k * dilation;
  from = max(from, firstOutput(0, at, strideX, outWidth)); to = min(to, firstOutput(width, at, strideX, outWidth));
  if (from < to) addOne(dw + (<usize>k << 5), row + <usize>(from * strideX + at) * ldx, stepX, dz + <usize>from * lddz, lddz, to - from);
}

/** dw += Σ over `count` pixels of x ⊙ dz, eight channels. */
function addOne(dw: usize, x: usize, stepX: usize, dz: usize, lddz: usize, count: i32): void {
  let s0 = v128.load(dw), s1 = v128.load(dw, 16);
  for (; count > 0; count--) {
    s0 = madd(s0, v128.load(x), v128.load(dz)); s1 = madd(s1, v128.load(x, 16), v128.load(dz, 16));
    x += stepX; dz += lddz;
  }
  v128.store(dw, s0); v128.store(dw, s1, 16);
}

/** The same for three taps, whose pixels of x are `colMove` bytes apart. */
function addThree(dw: usize, x: usize, stepX: usize, colMove: usize, dz: usize, lddz: usize, count: i32): void {
  let s00 = v128.load(dw), s01 = v128.load(dw, 16), s10 = v128.load(dw, 32), s11 = v128.load(dw, 48);
  let s20 = v128.load(dw, 64), s21 = v128.load(dw, 80);
  for (; count > 0; count--) {
    const d0 = v128.load(dz), d1 = v128.load(dz, 16);
    s00 = madd(s00, v128.load(x), d0); s01 = madd(s01, v128.load(x, 16), d1);
    let next = x + colMove;
    s10 = madd(s10, v128.load(next), d0); s11 = madd(s11, v128.load(next, 16), d1);
    next += colMove;
    s20 = madd(s20, v128.load(next), d0); s21 = madd(s21, v128.load(next, 16), d1);
    x += stepX; dz += lddz;
  }
  v128.store(dw, s00); v128.store(dw, s01, 16);
  v128.store(dw, s10, 32); v128.store(dw, s11, 48);
  v128.store(dw, s20, 64); v128.store(dw, s21, 80);
}
