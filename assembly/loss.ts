import { rowExp, rowMax } from "./activation";
import { vexp, vlog, vlog1p, vsigmoid, flush } from "./math";
import { LossKind } from "./records";
import { addLanes, lanesBelow, maskTail } from "./rowTail";

/**
 * The loss of each row to `rowLoss` (not yet averaged) and, where `da` is not 0, scale · its derivative to da[rows, cols].
 * For binaryCrossEntropy and crossEntropy `a` holds pre-activations and `da` gets the derivative by them. `ldy` 0: class indices.
 * Their targets are smoothed by `parameter`. Strides are in bytes. A row's sum goes over four lanes, then (0 + 1) + (2 + 3).
 */
export function lossRows(
  kind: i32, da: usize, a: usize, y: usize, rows: i32, cols: i32, ld: usize, ldy: usize,
  rowLoss: usize, parameter: f32, scale: f32,
): void {
  for (; rows > 0; rows--) {
    let loss: f32;
    switch (kind) {
      case LossKind.squaredError:
      case LossKind.meanSquaredError: { loss = squaredRow(da, a, y, cols, scale); break; }
      case LossKind.meanAbsoluteError: { loss = absoluteRow(da, a, y, cols, scale); break; }
      case LossKind.huber: { loss = huberRow(da, a, y, cols, scale, parameter); break; }
      case LossKind.binaryCrossEntropy: {
        loss = parameter == 0 ? binaryRow(da, a, y, cols, scale) : binarySmoothRow(da, a, y, cols, scale, parameter);
        break;
      }
      default: {
        if (parameter == 0) loss = ldy ? crossEntropyRow(da, a, y, cols, scale) : crossEntropyIndex(da, a, load<i32>(y), cols, scale);
        else if (ldy) loss = crossEntropySmoothRow(da, a, y, cols, scale, parameter);
        else loss = crossEntropySmoothIndex(da, a, load<i32>(y), cols, scale, parameter);
      }
    }
    store<f32>(rowLoss, kind == LossKind.squaredError ? loss * 0.5 : loss);
    rowLoss += 4; a += ld;
    y += ldy ? ldy : 4;
    if (da) da += ld;
  }
}

/** Σ (a − y)²; da = scale · (a − y). */
function squaredRow(da: usize, a: usize, y: usize, cols: i32, scale: f32): f32 {
  let sum = f32x4.splat(0);
  const s = f32x4.splat(scale), width = <usize>cols << 2;
  for (let c: usize = 0; c < width; c += 16) {
    const d = f32x4.sub(v128.load(a + c), v128.load(y + c));
    sum = f32x4.add(sum, f32x4.mul(d, d));
    if (da) v128.store(da + c, flush(f32x4.mul(d, s)));
  }
  return addLanes(sum);
}

/** Σ |a − y|; da = scale · sign(a − y). */
function absoluteRow(da: usize, a: usize, y: usize, cols: i32, scale: f32): f32 {
  let sum = f32x4.splat(0);
  const s = f32x4.splat(scale), width = <usize>cols << 2, sign = i32x4.splat(i32.MIN_VALUE);
  for (let c: usize = 0; c < width; c += 16) {
    const d = f32x4.sub(v128.load(a + c), v128.load(y + c));
    sum = f32x4.add(sum, f32x4.abs(d));
    if (da) v128.store(da + c, v128.and(v128.or(s, v128.and(d, sign)), f32x4.ne(d, f32x4.splat(0))));
  }
  return addLanes(sum);
}

/** Σ ½d² where |d| ≤ delta, delta · (|d| − ½delta) beyond; da = scale · d limited to ±delta. */
function huberRow(da: usize, a: usize, y: usize, cols: i32, scale: f32, delta: f32): f32 {
  let sum = f32x4.splat(0);
  const s = f32x4.splat(scale), width = <usize>cols << 2, limit = f32x4.splat(delta), half = f32x4.splat(0.5);
  const offset = f32x4.mul(half, limit);
  for (let c: usize = 0; c < width; c += 16) {
    const d = f32x4.sub(v128.load(a + c), v128.load(y + c));
    const size = f32x4.abs(d);
    const near = f32x4.mul(half, f32x4.mul(d, d));
    const far = f32x4.mul(limit, f32x4.sub(size, offset));
    sum = f32x4.add(sum, v128.bitselect(near, far, f32x4.le(size, limit)));
    if (da) {
      const limited = f32x4.max(f32x4.min(d, limit), f32x4.neg(limit));
      v128.store(da + c, flush(f32x4.mul(limited, s)));
    }
  }
  return addLanes(sum);
}

function binaryRow(dz: usize, z: usize, y: usize, cols: i32, scale: f32): f32 {
  return binary(dz, z, y, cols, scale, 0, false);
}

function binarySmoothRow(dz: usize, z: usize, y: usize, cols: i32, scale: f32, smoothing: f32): f32 {
  return binary(dz, z, y, cols, scale, smoothing, true);
}

/**
 * From z, the pre-activation of a sigmoid: Σ max(z, 0) − z·y + ln(1 + e^−|z|); dz = scale · (σ(z) − y). Smoothed, y is
 * (1 − smoothing) · y + smoothing / 2.
 */
// @ts-ignore: decorator
@inline
function binary(dz: usize, z: usize, y: usize, cols: i32, scale: f32, smoothing: f32, isSmooth: bool): f32 {
  let sum = f32x4.splat(0);
  const s = f32x4.splat(scale), kept = f32x4.splat(1 - smoothing), added = f32x4.splat(0.5 * smoothing);
  for (let c = 0; c < cols; c += 4) {
    const at = <usize>c << 2;
    const x = v128.load(z + at);
    let t = v128.load(y + at);
    if (isSmooth) t = f32x4.add(f32x4.mul(kept, t), added);
    const tail = vlog1p(vexp(f32x4.neg(f32x4.abs(x))));
    let loss = f32x4.add(f32x4.sub(f32x4.max(x, f32x4.splat(0)), f32x4.mul(x, t)), tail);
    if (cols - c < 4) loss = v128.and(loss, lanesBelow(cols - c));
    sum = f32x4.add(sum, loss);
    if (dz) v128.store(dz + at, flush(f32x4.mul(f32x4.sub(vsigmoid(x), t), s)));
  }
  if (dz) maskTail(dz, cols);
  return addLanes(sum);
}

/** From z, the pre-activations of a softmax p: −ln p[label]; dz = scale · (p − onehot). */
function crossEntropyIndex(dz: usize, z: usize, label: i32, cols: i32, scale: f32): f32 {
  const shift = rowMax(z, cols);
  const sum = rowExp(dz, z, cols, shift);
  const at = <usize>label << 2;
  if (dz) {
    const e = load<f32>(dz + at);
    softmaxDelta(dz, cols, sum, scale);
    // The one element that a target touches, with its p as softmaxDelta has it.
    store<f32>(dz + at, f32x4.extract_lane(flush(f32x4.splat((e / sum - 1) * scale)), 0));
  }
  return logOf(sum) + (shift - load<f32>(z + at));
}

/**
 * crossEntropyIndex with the smoothed target 1 − smoothing + smoothing / cols, and smoothing / cols for the others:
 * (1 − smoothing) · −ln p[label] + smoothing / cols · Σ −ln p.
 */
function crossEntropySmoothIndex(dz: usize, z: usize, label: i32, cols: i32, scale: f32, smoothing: f32): f32 {
  const shift = rowMax(z, cols);
  const sum = rowExp(dz, z, cols, shift);
  const at = <usize>label << 2, width = <usize>cols << 2, kept: f32 = 1 - smoothing, added = smoothing / <f32>cols, top = logOf(sum);
  const total = f32x4.splat(sum), s = f32x4.splat(scale), low = f32x4.splat(added), tops = f32x4.splat(top), by = f32x4.splat(shift);
  const e: f32 = dz ? load<f32>(dz + at) : 0;
  let all = f32x4.splat(0);
  for (let c: usize = 0; c < width; c += 16) {
    let terms = f32x4.add(tops, f32x4.sub(by, v128.load(z + c)));
    if (c + 16 > width) terms = v128.and(terms, lanesBelow(cols & 3));
    all = f32x4.add(all, terms);
    if (dz) v128.store(dz + c, flush(f32x4.mul(f32x4.sub(f32x4.div(v128.load(dz + c), total), low), s)));
  }
  if (dz) {
    maskTail(dz, cols);
    store<f32>(dz + at, f32x4.extract_lane(flush(f32x4.splat((e / sum - (kept + added)) * scale)), 0));
  }
  return kept * (top + (shift - load<f32>(z + at))) + added * addLanes(all);
}

/** dz = scale · dz / sum. */
function softmaxDelta(dz: usize, cols: i32, sum: f32, scale: f32): void {
  const total = f32x4.splat(sum), s = f32x4.splat(scale), width = <usize>cols << 2;
  for (let c: usize = 0; c < width; c += 16) {
    v128.store(dz + c, flush(f32x4.mul(f32x4.div(v128.load(dz + c), total), s)));
  }
}

function crossEntropyRow(dz: usize, z: usize, y: usize, cols: i32, scale: f32): f32 {
  return crossEntropy(dz, z, y, cols, scale, 0, false);
}

function crossEntropySmoothRow(dz: usize, z: usize, y: usize, cols: i32, scale: f32, smoothing: f32): f32 {
  return crossEntropy(dz, z, y, cols, scale, smoothing, true);
}

/**
 * As crossEntropyIndex, for a row of probabilities y: Σ −y·ln p; dz = scale · (p − y). Smoothed, y is (1 − smoothing) · y + smoothing / cols.
 */
// @ts-ignore: decorator
@inline
function crossEntropy(dz: usize, z: usize, y: usize, cols: i32, scale: f32, smoothing: f32, isSmooth: bool): f32 {
  const shift = rowMax(z, cols);
  const sum = rowExp(dz, z, cols, shift);
  const total = f32x4.splat(sum), s = f32x4.splat(scale), width = <usize>cols << 2;
  const top = f32x4.splat(logOf(sum)), by = f32x4.splat(shift);
  const kept = f32x4.splat(1 - smoothing), added = f32x4.splat(smoothing / <f32>cols);
  let loss = f32x4.splat(0);
  for (let c: usize = 0; c < width; c += 16) {
    let t = v128.load(y + c);
    if (isSmooth) {
      t = f32x4.add(f32x4.mul(kept, t), added);
      if (c + 16 > width) t = v128.and(t, lanesBelow(cols & 3));
    }
    // The padding has t = 0, and so no share.
    loss = f32x4.add(loss, f32x4.mul(t, f32x4.add(top, f32x4.sub(by, v128.load(z + c)))));
    if (dz) v128.store(dz + c, flush(f32x4.mul(f32x4.sub(f32x4.div(v128.load(dz + c), total), t), s)));
  }
  return addLanes(loss);
}

// @ts-ignore: decorator
@inline
function logOf(x: f32): f32 {
  return f32x4.extract_lane(vlog(f32x4.splat(x)), 0);
}
