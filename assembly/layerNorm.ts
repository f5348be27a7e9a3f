import { flushed } from "./columns";
import { address, shareStart, stride, word } from "./fields";
import { flush } from "./math";
import { LayerNormBackward, LayerNormForward } from "./records";
import { lanesBelow, maskTail } from "./rowTail";

// Normalising by the moments of each row. Sums over a row are 64-bit: column c to lane c mod 4, joined as (0 + 1) + (2 + 3), so that a long
// row far from zero keeps its small differences.

export function layerNormForwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, LayerNormForward.ldy), ldx = stride(r, LayerNormForward.ldx);
  const weight = address(r, LayerNormForward.weight), bias = address(r, LayerNormForward.bias);
  const means = address(r, LayerNormForward.mean), inverses = address(r, LayerNormForward.inverse);
  const cols = word(r, LayerNormForward.cols), epsilon = load<f64>(address(r, LayerNormForward.epsilon));
  const to = shareStart(rows, thread + 1, size);
  for (let row = <usize>shareStart(rows, thread, size); row < <usize>to; row++) {
    const x = address(r, LayerNormForward.x) + row * ldx;
    const mean = flushed(rowSum(x, cols) / cols);
    const inverse = flushed(1 / sqrt<f64>(rowSquares(x, mean, cols) / cols + epsilon));
    if (means) store<f32>(means + (row << 2), mean);
    if (inverses) store<f32>(inverses + (row << 2), inverse);
    normaliseRow(address(r, LayerNormForward.y) + row * ldy, x, weight, bias, mean, inverse, cols);
  }
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 0));
}

// @ts-ignore: decorator
@inline
function join(low: v128, high: v128): f64 {
  return (f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1));
}

/** Σ x[cols]. */
function rowSum(x: usize, cols: i32): f64 {
  let low = f64x2.splat(0), high = low;
  for (const end = x + (<usize>(cols & ~3) << 2); x < end; x += 16) {
    const v = v128.load(x);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, upper(v));
  }
  if (cols & 3) {
    const v = v128.and(v128.load(x), lanesBelow(cols & 3));
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, upper(v));
  }
  return join(low, high);
}

/** Σ (x − mean)² over x[cols]. */
function rowSquares(x: usize, mean: f32, cols: i32): f64 {
  const m = f32x4.splat(mean);
  let low = f64x2.splat(0), high = low;
  for (const end = x + (<usize>(cols & ~3) << 2); x < end; x += 16) {
    const d = f32x4.sub(v128.load(x), m);
    const a = f64x2.promote_low_f32x4(d), b = upper(d);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  if (cols & 3) {
    const d = v128.and(f32x4.sub(v128.load(x), m), lanesBelow(cols & 3));
    const a = f64x2.promote_low_f32x4(d), b = upper(d);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  return join(low, high);
}

/** y[cols] = ((x − mean)·inverse)·weight + bias, whole panels of it. */
function normaliseRow(y: usize, x: usize, weight: usize, bias: usize, mean: f32, inverse: f32, cols: i32): void {
  const m = f32x4.splat(mean), i = f32x4.splat(inverse), width = <usize>cols << 2;
  for (let c: usize = 0; c < width; c += 16) {
    let v = f32x4.mul(f32x4.sub(v128.load(x + c), m), i);
    if (weight) v = f32x4.add(f32x4.mul(v, v128.load(weight + c)), v128.load(bias + c));
    v128.store(y + c, flush(v));
  }
  maskTail(y, cols);
  if ((cols - 1 & 7) < 4) v128.store(y + ((width + 15) & ~15), f32x4.splat(0));
}

export function layerNormBackwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const lddx = stride(r, LayerNormBackward.lddx), lddy = stride(r, LayerNormBackward.lddy), ldx = stride(r, LayerNormBackward.ldx);
  const means = address(r, LayerNormBackward.mean), inverses = address(r, LayerNormBackward.inverse);
  const weight = address(r, LayerNormBackward.weight), cols = word(r, LayerNormBackward.cols);
  const to = shareStart(rows, thread + 1, size);
  for (let row = <usize>shareStart(rows, thread, size); row < <usize>to; row++) {
    rowBackward(
      address(r, LayerNormBackward.dx) + row * lddx, address(r, LayerNormBackward.dy) + row * lddy,
      address(r, LayerNormBackward.x) + row * ldx, weight, load<f32>(means + (row << 2)), load<f32>(inverses + (row << 2)), cols,
    );
  }
}

/** With g = dy·weight and x̂ = (x − mean)·inverse: dx[cols] = inverse · (g − (Σ g / cols + x̂ · (Σ g·x̂ / cols))). */
function rowBackward(dx: usize, dy: usize, x: usize, weight: usize, mean: f32, inverse: f32, cols: i32): void {
  const m = f32x4.splat(mean), i = f32x4.splat(inverse), whole = <usize>(cols & ~3) << 2;
  let g0 = f64x2.splat(0), g1 = g0, p0 = g0, p1 = g0;
  let c: usize = 0;
  for (; c < whole; c += 16) {
    const g = weight ? f32x4.mul(v128.load(dy + c), v128.load(weight + c)) : v128.load(dy + c);
    const p = f32x4.mul(g, f32x4.mul(f32x4.sub(v128.load(x + c), m), i));
    g0 = f64x2.add(g0, f64x2.promote_low_f32x4(g));
    g1 = f64x2.add(g1, upper(g));
    p0 = f64x2.add(p0, f64x2.promote_low_f32x4(p));
    p1 = f64x2.add(p1, upper(p));
  }
  if (cols & 3) {
    const below = lanesBelow(cols & 3);
    const g = v128.and(below, weight ? f32x4.mul(v128.load(dy + c), v128.load(weight + c)) : v128.load(dy + c));
    const p = v128.and(below, f32x4.mul(g, f32x4.mul(f32x4.sub(v128.load(x + c), m), i)));
    g0 = f64x2.add(g0, f64x2.promote_low_f32x4(g));
    g1 = f64x2.add(g1, upper(g));
    p0 = f64x2.add(p0, f64x2.promote_low_f32x4(p));
    p1 = f64x2.add(p1, upper(p));
  }
  const a = f32x4.splat(<f32>(join(g0, g1) / cols)), b = f32x4.splat(<f32>(join(p0, p1) / cols));
  const width = <usize>cols << 2;
  for (c = 0; c < width; c += 16) {
    const g = weight ? f32x4.mul(v128.load(dy + c), v128.load(weight + c)) : v128.load(dy + c);
    const n = f32x4.mul(f32x4.sub(v128.load(x + c), m), i);
    v128.store(dx + c, flush(f32x4.mul(i, f32x4.sub(g, f32x4.add(a, f32x4.mul(n, b))))));
  }
  maskTail(dx, cols);
}
