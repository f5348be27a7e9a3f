import { addBlock, ELEMENT_BLOCK, flushed } from "./columns";
import { address, scratch, shareStart, stride, word } from "./fields";
import { flush } from "./math";
import { ColumnMoments, Normalise, NormaliseBackward, RunningInverse, RunningMoments, SUM_BLOCK } from "./records";

// Normalising by the moments of each column. Moments are divided among threads by panels of columns, the rest by rows.

export function columnMomentsPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const cols = word(r, ColumnMoments.cols), panels = (cols + 7) >> 3;
  const from = shareStart(panels, thread, size), to = shareStart(panels, thread + 1, size), at = <usize>from << 5;
  if (from == to) return;
  const mean = address(r, ColumnMoments.mean) + at;
  const x = address(r, ColumnMoments.x) + at, ldx = stride(r, ColumnMoments.ldx);
  const sums = scratch(r, ColumnMoments.sums, state, thread), width = min(cols, to << 3) - (from << 3);
  columnSums(sums, x, ldx, 0, rows, to - from);
  for (let c: usize = 0; c < <usize>width; c++) store<f32>(mean + (c << 2), flushed(load<f64>(sums + (c << 3)) / rows));
  columnSums(sums, x, ldx, mean, rows, to - from);
  const variance = address(r, ColumnMoments.variance) + at, inverse = address(r, ColumnMoments.inverse) + at;
  const epsilon = load<f64>(address(r, ColumnMoments.epsilon));
  for (let c: usize = 0; c < <usize>width; c++) {
    const v = load<f64>(sums + (c << 3)) / rows;
    store<f32>(variance + (c << 2), flushed(v));
    // NaN where twice the variance is beyond 32 bits, so that the step is refused.
    const twice = <f32>(v + v);
    store<f32>(inverse + (c << 2), flushed(<f64>(twice - twice) + 1 / sqrt<f64>(v + epsilon)));
  }
}

/** sums[8 · panels] = Σ over rows of x, or of (x − mean)² where there is a `mean`. */
function columnSums(sums: usize, x: usize, ldx: usize, mean: usize, rows: i32, panels: i32): void {
  memory.fill(sums, 0, <usize>panels << 6);
  for (; rows > 0; rows -= SUM_BLOCK) {
    const count = min(rows, SUM_BLOCK);
    for (let p: usize = 0; p < <usize>panels; p++) {
      if (mean) panelSquares(sums + (p << 6), x + (p << 5), ldx, mean + (p << 5), count);
      else panelSums(sums + (p << 6), x + (p << 5), ldx, count);
    }
    x += <usize>count * ldx;
  }
}

function panelSums(sums: usize, x: usize, ldx: usize, rows: i32): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (; rows > 0; rows--) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    x += ldx;
  }
  addBlock(sums, s0, s1);
}

function panelSquares(sums: usize, x: usize, ldx: usize, mean: usize, rows: i32): void {
  const m0 = v128.load(mean), m1 = v128.load(mean, 16);
  let s0 = f32x4.splat(0), s1 = s0;
  for (; rows > 0; rows--) {
    const d0 = f32x4.sub(v128.load(x), m0), d1 = f32x4.sub(v128.load(x, 16), m1);
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    x += ldx;
  }
  addBlock(sums, s0, s1);
}

export function runningMoments(r: usize, rows: i32): void {
  const momentum = load<f64>(address(r, RunningMoments.momentum)), rest = 1 - momentum;
  let runningMean = address(r, RunningMoments.runningMean), runningVariance = address(r, RunningMoments.runningVariance);
  let mean = address(r, RunningMoments.mean), variance = address(r, RunningMoments.variance);
  const unbiased = <f64>rows / <f64>(rows - 1);
  for (let c = word(r, RunningMoments.cols); c > 0; c--) {
    move(runningMean, rest, momentum * <f64>load<f32>(mean));
    if (rows > 1) move(runningVariance, rest, momentum * (<f64>load<f32>(variance) * unbiased));
    runningMean += 4; runningVariance += 4; mean += 4; variance += 4;
  }
}

/** running = rest · running + change, unless that is beyond 32 bits: an activation may have hidden it from the loss. */
// @ts-ignore: decorator
@inline
function move(running: usize, rest: f64, change: f64): void {
  const moved = flushed(rest * <f64>load<f32>(running) + change);
  if (moved - moved == 0) store<f32>(running, moved);
}

export function runningInverse(r: usize): void {
  const epsilon = load<f64>(address(r, RunningInverse.epsilon));
  let inverse = address(r, RunningInverse.inverse), variance = address(r, RunningInverse.variance);
  for (let c = word(r, RunningInverse.cols); c > 0; c--) {
    store<f32>(inverse, flushed(1 / sqrt<f64>(<f64>load<f32>(variance) + epsilon)));
    inverse += 4; variance += 4;
  }
}

export function normalisePart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, Normalise.ldy), ldx = stride(r, Normalise.ldx);
  const from = shareStart(rows, thread, size), panels = <usize>((word(r, Normalise.cols) + 7) >> 3) << 5;
  let y = address(r, Normalise.y) + <usize>from * ldy, x = address(r, Normalise.x) + <usize>from * ldx;
  const mean = address(r, Normalise.mean), inverse = address(r, Normalise.inverse);
  const weight = address(r, Normalise.weight), bias = address(r, Normalise.bias);
  for (let left = shareStart(rows, thread + 1, size) - from; left > 0; left -= ELEMENT_BLOCK) {
    const count = min(left, ELEMENT_BLOCK);
    for (let p: usize = 0; p < panels; p += 32) {
      normalisePanel(y + p, ldy, x + p, ldx, mean + p, inverse + p, weight ? weight + p : 0, bias ? bias + p : 0, count);
    }
    y += <usize>count * ldy; x += <usize>count * ldx;
  }
}

/** Eight columns of y = ((x − mean)·inverse)·weight + bias. A product with 1 and a sum with 0 change nothing that flush doesn't. */
function normalisePanel(
  y: usize, ldy: usize, x: usize, ldx: usize, mean: usize, inverse: usize, weight: usize, bias: usize, rows: i32,
): void {
  const m0 = v128.load(mean), m1 = v128.load(mean, 16), i0 = v128.load(inverse), i1 = v128.load(inverse, 16);
  let w0 = f32x4.splat(1), w1 = w0, b0 = f32x4.splat(0), b1 = b0;
  if (weight) { w0 = v128.load(weight); w1 = v128.load(weight, 16); }
  if (bias) { b0 = v128.load(bias); b1 = v128.load(bias, 16); }
  for (; rows > 0; rows--) {
    const n0 = f32x4.mul(f32x4.sub(v128.load(x), m0), i0), n1 = f32x4.mul(f32x4.sub(v128.load(x, 16), m1), i1);
    v128.store(y, flush(f32x4.add(f32x4.mul(n0, w0), b0)));
    v128.store(y, flush(f32x4.add(f32x4.mul(n1, w1), b1)), 16);
    y += ldy; x += ldx;
  }
}

export function normaliseBackwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const lddx = stride(r, NormaliseBackward.lddx), lddy = stride(r, NormaliseBackward.lddy), ldx = stride(r, NormaliseBackward.ldx);
  const from = <usize>shareStart(rows, thread, size), panels = <usize>((word(r, NormaliseBackward.cols) + 7) >> 3) << 5;
  let dx = address(r, NormaliseBackward.dx) + from * lddx, dy = address(r, NormaliseBackward.dy) + from * lddy;
  let x = address(r, NormaliseBackward.x) + from * ldx;
  const mean = address(r, NormaliseBackward.mean), inverse = address(r, NormaliseBackward.inverse);
  const weight = address(r, NormaliseBackward.weight);
  const dweight = address(r, NormaliseBackward.dweight), dbias = address(r, NormaliseBackward.dbias);
  for (let left = shareStart(rows, thread + 1, size) - <i32>from; left > 0; left -= ELEMENT_BLOCK) {
    const count = min(left, ELEMENT_BLOCK);
    for (let p: usize = 0; p < panels; p += 32) {
      const w = weight ? weight + p : 0;
      if (dweight) panelBackward(dx + p, lddx, dy + p, lddy, x + p, ldx, mean + p, inverse + p, w, dweight + p, dbias + p, <f32>rows, count);
      else panelScaled(dx + p, lddx, dy + p, lddy, inverse + p, w, count);
    }
    dx += <usize>count * lddx; dy += <usize>count * lddy; x += <usize>count * ldx;
  }
}

/** Eight columns of dx = (weight·inverse) · (dy − (dbias/n + (x − mean)·((dweight/n)·inverse))). */
function panelBackward(
  dx: usize, lddx: usize, dy: usize, lddy: usize, x: usize, ldx: usize, mean: usize, inverse: usize, weight: usize, dweight: usize,
  dbias: usize, n: f32, rows: i32,
): void {
  const over = f32x4.splat(n);
  const m0 = v128.load(mean), m1 = v128.load(mean, 16);
  const a0 = f32x4.div(v128.load(dbias), over), a1 = f32x4.div(v128.load(dbias, 16), over);
  let k0 = v128.load(inverse), k1 = v128.load(inverse, 16);
  const c0 = f32x4.mul(f32x4.div(v128.load(dweight), over), k0), c1 = f32x4.mul(f32x4.div(v128.load(dweight, 16), over), k1);
  if (weight) { k0 = f32x4.mul(v128.load(weight), k0); k1 = f32x4.mul(v128.load(weight, 16), k1); }
  for (; rows > 0; rows--) {
    const s0 = f32x4.add(a0, f32x4.mul(f32x4.sub(v128.load(x), m0), c0));
    const s1 = f32x4.add(a1, f32x4.mul(f32x4.sub(v128.load(x, 16), m1), c1));
    v128.store(dx, flush(f32x4.mul(k0, f32x4.sub(v128.load(dy), s0))));
    v128.store(dx, flush(f32x4.mul(k1, f32x4.sub(v128.load(dy, 16), s1))), 16);
    dx += lddx; dy += lddy; x += ldx;
  }
}

/** Eight columns of dx = (weight·inverse) · dy. */
function panelScaled(dx: usize, lddx: usize, dy: usize, lddy: usize, inverse: usize, weight: usize, rows: i32): void {
  let k0 = v128.load(inverse), k1 = v128.load(inverse, 16);
  if (weight) { k0 = f32x4.mul(v128.load(weight), k0); k1 = f32x4.mul(v128.load(weight, 16), k1); }
  for (; rows > 0; rows--) {
    v128.store(dx, flush(f32x4.mul(k0, v128.load(dy))));
    v128.store(dx, flush(f32x4.mul(k1, v128.load(dy, 16))), 16);
    dx += lddx; dy += lddy;
  }
}
