import { verf, vexp, vexpm1, vlog1p, vsigmoid, vtanh, flush } from "./math";
import { Activation, SELU_ALPHA, SELU_SCALE } from "./records";
import { addLanes, lanesBelow, maskTail } from "./rowTail";

const SQRT_HALF: f32 = 0.70710678118654752;
/** 1 / √(2π) */
const GAUSS: f32 = 0.39894228040143268;
/** √(2/π) */
const GELU_SLOPE: f32 = 0.79788456080286536;
const GELU_CUBIC: f32 = 0.044715;
/** 3 · 0.044715, written out: AssemblyScript would multiply it in 32 bits. */
const GELU_SQUARE: f32 = 0.134145;
const SIXTH: f32 = 1.0 / 6.0;
const SELU_NEGATIVE: f32 = <f32>(SELU_SCALE * SELU_ALPHA);

/** f(z) of one activation; `p` is its slope or alpha. Formulas: docs/numerics.md. */
// @ts-ignore: decorator
@inline
export function value(kind: i32, z: v128, p: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1), half = f32x4.splat(0.5);
  switch (kind) {
    case Activation.sigmoid: return vsigmoid(z);
    case Activation.tanh: return vtanh(z);
    case Activation.leakyRelu: return v128.bitselect(z, f32x4.mul(z, p), f32x4.gt(z, zero));
    case Activation.elu: return v128.bitselect(z, f32x4.mul(p, vexpm1(z)), f32x4.gt(z, zero));
    case Activation.selu: {
      const below = f32x4.mul(f32x4.splat(SELU_NEGATIVE), vexpm1(z));
      return v128.bitselect(f32x4.mul(f32x4.splat(<f32>SELU_SCALE), z), below, f32x4.gt(z, zero));
    }
    case Activation.softplus: return f32x4.add(f32x4.max(z, zero), vlog1p(vexp(f32x4.neg(f32x4.abs(z)))));
    case Activation.swish: return f32x4.mul(z, vsigmoid(z));
    case Activation.gelu: {
      const e = verf(f32x4.mul(z, f32x4.splat(SQRT_HALF)));
      return f32x4.mul(f32x4.mul(half, z), f32x4.add(one, e));
    }
    case Activation.geluTanh: return f32x4.mul(f32x4.mul(half, z), f32x4.add(one, geluTanhInner(z)));
    default: {
      const line = f32x4.mul(f32x4.add(z, f32x4.splat(3)), f32x4.splat(SIXTH));
      return f32x4.min(f32x4.max(line, zero), one);
    }
  }
}

// @ts-ignore: decorator
@inline
function geluTanhInner(z: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(z, z), z);
  return vtanh(f32x4.mul(f32x4.splat(GELU_SLOPE), f32x4.add(z, f32x4.mul(f32x4.splat(GELU_CUBIC), cube))));
}

/** da ⊙ f′, with f′ from the stored output `s`, or from the stored pre-activation for softplus, swish and gelu. */
// @ts-ignore: decorator
@inline
export function derivative(kind: i32, da: v128, s: v128, p: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1), half = f32x4.splat(0.5);
  switch (kind) {
    case Activation.sigmoid: return f32x4.mul(da, f32x4.mul(s, f32x4.sub(one, s)));
    case Activation.tanh: return f32x4.mul(da, f32x4.sub(one, f32x4.mul(s, s)));
    case Activation.leakyRelu: return v128.bitselect(da, f32x4.mul(da, p), f32x4.gt(s, zero));
    case Activation.elu: return v128.bitselect(da, f32x4.mul(da, f32x4.add(s, p)), f32x4.gt(s, zero));
    case Activation.selu: {
      const below = f32x4.add(s, f32x4.splat(SELU_NEGATIVE));
      return f32x4.mul(da, v128.bitselect(f32x4.splat(<f32>SELU_SCALE), below, f32x4.gt(s, zero)));
    }
    case Activation.softplus: return f32x4.mul(da, vsigmoid(s));
    case Activation.swish: {
      const f = vsigmoid(s);
      return f32x4.mul(da, f32x4.mul(f, f32x4.add(one, f32x4.mul(s, f32x4.sub(one, f)))));
    }
    case Activation.gelu: {
      const cdf = f32x4.mul(half, f32x4.add(one, verf(f32x4.mul(s, f32x4.splat(SQRT_HALF)))));
      const pdf = f32x4.mul(f32x4.splat(GAUSS), vexp(f32x4.mul(f32x4.splat(-0.5), f32x4.mul(s, s))));
      return f32x4.mul(da, f32x4.add(cdf, f32x4.mul(s, pdf)));
    }
    case Activation.geluTanh: {
      // Beyond ±16 the derivative is 0 or 1 to the last bit; the bound keeps s² from overflowing.
      const near = f32x4.max(f32x4.min(s, f32x4.splat(16)), f32x4.splat(-16));
      const t = geluTanhInner(near);
      const square = f32x4.mul(near, near);
      const inner = f32x4.mul(f32x4.splat(GELU_SLOPE), f32x4.add(one, f32x4.mul(f32x4.splat(GELU_SQUARE), square)));
      const rise = f32x4.mul(f32x4.mul(half, near), f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), inner));
      return f32x4.mul(da, f32x4.add(f32x4.mul(half, f32x4.add(one, t)), rise));
    }
    default: {
      const inside = v128.and(f32x4.gt(s, zero), f32x4.lt(s, one));
      return v128.and(f32x4.mul(da, f32x4.splat(SIXTH)), inside);
    }
  }
}

/** a[rows, cols] = f(z[rows, cols]); `ld` in bytes, `a` may be `z`. Padding stays zero. */
export function activationForward(kind: i32, a: usize, z: usize, rows: i32, cols: i32, ld: usize, parameter: f32): void {
  if (kind == Activation.softmax) return softmaxForward(a, z, rows, cols, ld);
  if (kind == Activation.relu) return reluForward(a, z, rows, cols, ld);
  const p = f32x4.splat(parameter);
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) v128.store(a + c, flush(value(kind, v128.load(z + c), p)));
    maskTail(a, cols);
    a += ld; z += ld;
  }
}

/** dz[rows, cols] = da[rows, cols] ⊙ f′; `ld` in bytes, `dz` may be `da`. */
export function activationBackward(
  kind: i32, dz: usize, da: usize, saved: usize, rows: i32, cols: i32, ld: usize, parameter: f32,
): void {
  if (kind == Activation.softmax) return softmaxBackward(dz, da, saved, rows, cols, ld);
  if (kind == Activation.relu) return reluBackward(dz, da, saved, rows, cols, ld);
  const p = f32x4.splat(parameter);
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) {
      v128.store(dz + c, flush(derivative(kind, v128.load(da + c), v128.load(saved + c), p)));
    }
    dz += ld; da += ld; saved += ld;
  }
}

// relu is cheaper than the choice of a formula for every vector. What it passes on is flushed already.

/** a = max(z, 0): not f32x4.max, which takes eight instructions on x86. */
function reluForward(a: usize, z: usize, rows: i32, cols: i32, ld: usize): void {
  const zero = f32x4.splat(0);
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) {
      const x = v128.load(z + c);
      v128.store(a + c, v128.andnot(x, f32x4.le(x, zero)));
    }
    a += ld; z += ld;
  }
}

/** dz = da where a > 0. */
function reluBackward(dz: usize, da: usize, a: usize, rows: i32, cols: i32, ld: usize): void {
  const zero = f32x4.splat(0);
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) v128.store(dz + c, v128.and(v128.load(da + c), f32x4.gt(v128.load(a + c), zero)));
    dz += ld; da += ld; a += ld;
  }
}

/** max over z[cols], but for NaN. pmax is one instruction where max, which minds NaN and the sign of zero, takes eight on x86. */
export function rowMax(z: usize, cols: i32): f32 {
  let m = f32x4.splat(-Infinity);
  const width = <usize>(cols & ~3) << 2;
  for (let c: usize = 0; c < width; c += 16) m = f32x4.pmax(m, v128.load(z + c));
  if (cols & 3) m = f32x4.pmax(m, v128.bitselect(v128.load(z + width), f32x4.splat(-Infinity), lanesBelow(cols & 3)));
  m = f32x4.pmax(m, v128.shuffle<f32>(m, m, 2, 3, 0, 1));
  m = f32x4.pmax(m, v128.shuffle<f32>(m, m, 1, 0, 3, 2));
  return f32x4.extract_lane(m, 0);
}

/** e[cols] = exp(z − shift), where `e` is not 0; returns Σ e in four lanes, then (0 + 1) + (2 + 3). */
export function rowExp(e: usize, z: usize, cols: i32, shift: f32): f32 {
  let sum = f32x4.splat(0);
  const by = f32x4.splat(shift);
  for (let c = 0; c < cols; c += 4) {
    const at = <usize>c << 2;
    let v = vexp(f32x4.sub(v128.load(z + at), by));
    if (cols - c < 4) v = v128.and(v, lanesBelow(cols - c));
    if (e) v128.store(e + at, v);
    sum = f32x4.add(sum, v);
  }
  return addLanes(sum);
}

/** a = exp(z − max z) / Σ exp(z − max z), row by row. */
function softmaxForward(a: usize, z: usize, rows: i32, cols: i32, ld: usize): void {
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    const sum = f32x4.splat(rowExp(a, z, cols, rowMax(z, cols)));
    for (let c: usize = 0; c < width; c += 16) v128.store(a + c, flush(f32x4.div(v128.load(a + c), sum)));
    // 0 / NaN
    maskTail(a, cols);
    a += ld; z += ld;
  }
}

/** dz = a ⊙ (da − Σ da ⊙ a), row by row. */
function softmaxBackward(dz: usize, da: usize, a: usize, rows: i32, cols: i32, ld: usize): void {
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    let dot = f32x4.splat(0);
    for (let c: usize = 0; c < width; c += 16) dot = f32x4.add(dot, f32x4.mul(v128.load(da + c), v128.load(a + c)));
    const shift = f32x4.splat(addLanes(dot));
    for (let c: usize = 0; c < width; c += 16) {
      v128.store(dz + c, flush(f32x4.mul(v128.load(a + c), f32x4.sub(v128.load(da + c), shift))));
    }
    dz += ld; da += ld; a += ld;
  }
}
