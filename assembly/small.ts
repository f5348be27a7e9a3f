import { derivative, value } from "./activation";
import { address, constant, get, set, stride, word } from "./fields";
import { madd } from "./gemm/sums";
import { lossRows } from "./loss";
import { flush } from "./math";
import { finishLoss, share } from "./operations";
import { advance } from "./optimizer";
import { Activation, LossKind, SMALL_LAYER_WORDS, SmallLayer, SmallStep, State } from "./records";
import { lanesBelow } from "./rowTail";

// A whole step of SGD on one row for a network of dense layers with at most eight outputs each, in one operation: what the
// records of such a step do, number by number, without the time between them. Sums and products stay in registers.

const LAYER: usize = SMALL_LAYER_WORDS << 2;

/** One step on the next row. False where its loss is not finite: nothing was updated then. */
export function smallStep(r: usize, state: usize): bool {
  const cursor = <i32>get(state, State.cursor);
  set(state, State.rows, 1);
  set(state, State.weight, 1);
  set(state, State.cursor, <f64>(cursor + 1));
  const row = <usize>load<u32>(address(r, SmallStep.order) + (<usize>cursor << 2));
  const data = address(r, SmallStep.xData) + row * stride(r, SmallStep.xStride);
  const first = address(r, SmallStep.layers), last = first + <usize>(word(r, SmallStep.count) - 1) * LAYER;
  let x = data;
  for (let layer = first; layer <= last; layer += LAYER) x = forward(layer, x);

  const kind = word(r, SmallStep.loss), cols = word(last, SmallLayer.outputs), da = address(r, SmallStep.da);
  const part = share(kind, 1, cols), yStride = stride(r, SmallStep.yStride);
  lossRows(
    kind, da, x, address(r, SmallStep.yData) + row * yStride, 1, cols, 0, word(r, SmallStep.labels) ? 0 : yStride,
    address(r, SmallStep.rowLoss), constant(r, SmallStep.parameter), <f32>(kind == LossKind.meanSquaredError ? 2 * part : part),
  );
  if (!finishLoss(state, <f64>load<f32>(address(r, SmallStep.rowLoss)) * part, 1)) return false;
  advance(state);

  const rate = f32x4.splat(<f32>get(state, State.learningRate));
  let d0 = v128.load(da), d1 = v128.load(da, 16);
  for (let layer = last; layer >= first; layer -= LAYER) {
    const inputs = word(layer, SmallLayer.inputs), outputs = word(layer, SmallLayer.outputs), w = address(layer, SmallLayer.w);
    const f = word(layer, SmallLayer.kind), two = outputs > 4;
    if (f != Activation.linear) {
      const p = f32x4.splat(constant(layer, SmallLayer.parameter)), saved = address(layer, SmallLayer.saved);
      d0 = slope(f, d0, v128.load(saved), p);
      if (two) d1 = slope(f, d1, v128.load(saved, 16), p);
    }
    let e0 = f32x4.splat(0), e1 = e0;
    if (layer != first) {
      e0 = gradientByInputs(d0, d1, w, outputs);
      if (inputs > 4) e1 = gradientByInputs(d0, d1, w + 128, outputs);
      x = address(layer - LAYER, SmallLayer.a);
    } else {
      x = data;
    }
    update(w, x, inputs, d0, d1, rate, two);
    const bias = address(layer, SmallLayer.bias);
    if (bias) {
      // The sum over one row: +0 where it is −0.
      const zero = f32x4.splat(0);
      v128.store(bias, step(v128.load(bias), flush(f32x4.add(zero, d0)), rate));
      if (two) v128.store(bias, step(v128.load(bias, 16), flush(f32x4.add(zero, d1)), rate), 16);
    }
    d0 = e0; d1 = e1;
  }
  return true;
}

/** z = x · w + bias and a = f(z); the address of a. */
// @ts-ignore: decorator
@inline
function forward(layer: usize, x: usize): usize {
  const inputs = word(layer, SmallLayer.inputs), outputs = word(layer, SmallLayer.outputs);
  const bias = address(layer, SmallLayer.bias), z = address(layer, SmallLayer.z), a = address(layer, SmallLayer.a);
  const f = word(layer, SmallLayer.kind);
  let z0 = f32x4.splat(0), z1 = z0;
  let w = address(layer, SmallLayer.w);
  const end = x + (<usize>inputs << 2);
  if (outputs <= 4) {
    do {
      z0 = madd(z0, v128.load32_splat(x), v128.load(w));
      x += 4; w += 32;
    } while (x < end);
  } else {
    do {
      const s = v128.load32_splat(x);
      z0 = madd(z0, s, v128.load(w)); z1 = madd(z1, s, v128.load(w, 16));
      x += 4; w += 32;
    } while (x < end);
  }
  if (bias) {
    z0 = f32x4.add(z0, v128.load(bias));
    if (outputs > 4) z1 = f32x4.add(z1, v128.load(bias, 16));
  }
  z0 = flush(z0);
  v128.store(z, z0);
  const p = f32x4.splat(constant(layer, SmallLayer.parameter));
  if (f != Activation.linear) v128.store(a, v128.and(activate(f, z0, p), lanesBelow(outputs)));
  if (outputs > 4) {
    z1 = flush(z1);
    v128.store(z, z1, 16);
    if (f != Activation.linear) v128.store(a, v128.and(activate(f, z1, p), lanesBelow(outputs - 4)), 16);
  }
  return a;
}

function activate(kind: i32, z: v128, p: v128): v128 {
  if (kind == Activation.relu) return v128.andnot(z, f32x4.le(z, f32x4.splat(0)));
  return flush(value(kind, z, p));
}

function slope(kind: i32, da: v128, saved: v128, p: v128): v128 {
  if (kind == Activation.relu) return v128.and(da, f32x4.gt(saved, f32x4.splat(0)));
  return flush(derivative(kind, da, saved, p));
}

/** Four inputs' gradients: Σ over ascending outputs of d · w. */
// @ts-ignore: decorator
@inline
function gradientByInputs(d0: v128, d1: v128, w: usize, outputs: i32): v128 {
  let sum = addTurned(f32x4.splat(0), d0, w, outputs);
  if (outputs > 4) sum = addTurned(sum, d1, w + 16, outputs - 4);
  return flush(sum);
}

// @ts-ignore: decorator
@inline
function addTurned(sum: v128, d: v128, w: usize, terms: i32): v128 {
  const r0 = v128.load(w), r1 = v128.load(w, 32), r2 = v128.load(w, 64), r3 = v128.load(w, 96);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  sum = madd(sum, v128.shuffle<f32>(d, d, 0, 0, 0, 0), v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  if (terms > 1) sum = madd(sum, v128.shuffle<f32>(d, d, 1, 1, 1, 1), v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
  if (terms > 2) {
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    sum = madd(sum, v128.shuffle<f32>(d, d, 2, 2, 2, 2), v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
    if (terms > 3) sum = madd(sum, v128.shuffle<f32>(d, d, 3, 3, 3, 3), v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
  }
  return sum;
}

/** w − rate · flush(x · d). */
// @ts-ignore: decorator
@inline
function update(w: usize, x: usize, inputs: i32, d0: v128, d1: v128, rate: v128, two: bool): void {
  const end = x + (<usize>inputs << 2);
  do {
    const s = v128.load32_splat(x);
    v128.store(w, step(v128.load(w), flush(f32x4.mul(s, d0)), rate));
    if (two) v128.store(w, step(v128.load(w, 16), flush(f32x4.mul(s, d1)), rate), 16);
    x += 4; w += 32;
  } while (x < end);
}

// @ts-ignore: decorator
@inline
function step(w: v128, g: v128, rate: v128): v128 {
  return flush(f32x4.sub(w, f32x4.mul(rate, g)));
}
