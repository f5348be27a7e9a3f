import { FLUSH_BELOW, flush } from "./math";
import { Optimizer, State } from "./records";

/** √FLUSH_BELOW: smaller numbers have squares that flush. */
const SQUARE_BELOW: f32 = 8.881784197001252e-16;

/** flush(g²), without a denormal on the way. */
// @ts-ignore: decorator
@inline
function square(g: v128): v128 {
  const kept = v128.andnot(g, f32x4.lt(f32x4.abs(g), f32x4.splat(SQUARE_BELOW)));
  return f32x4.mul(kept, kept);
}

// @ts-ignore: decorator
@inline
function sign(w: v128): v128 {
  return v128.and(v128.or(v128.and(w, i32x4.splat(i32.MIN_VALUE)), f32x4.splat(1)), f32x4.ne(w, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function stateOf(state: usize, field: i32): f64 {
  return load<f64>(state + (<usize>field << 3));
}

/**
 * One step over `count` parameters w with gradients g, in vectors of four. `penalised`: g + l2·w + l1·sign(w) first
 * (adamW: w shrinks by 1 − learningRate·weightDecay instead). `kind` and `penalised` are constants wherever this is inlined.
 */
// @ts-ignore: decorator
@inline
function update(kind: i32, penalised: bool, w: usize, g: usize, slot1: usize, slot2: usize, count: i32, state: usize): void {
  const rate = stateOf(state, State.learningRate);
  const first = stateOf(state, State.momentum), second = stateOf(state, State.beta2);
  const l1 = f32x4.splat(<f32>stateOf(state, State.l1)), l2 = f32x4.splat(<f32>stateOf(state, State.l2));
  const shrink = f32x4.splat(<f32>(1 - rate * stateOf(state, State.weightDecay)));
  const momentum = f32x4.splat(<f32>first), rest = f32x4.splat(<f32>(1 - first));
  const beta2 = f32x4.splat(<f32>second), rest2 = f32x4.splat(<f32>(1 - second));
  const epsilon = f32x4.splat(<f32>stateOf(state, State.epsilon));
  const isAdam = kind == Optimizer.adam || kind == Optimizer.adamW;
  const stepSize = f32x4.splat(<f32>(isAdam ? rate / (1 - stateOf(state, State.beta1Power)) : rate));
  const correction = f32x4.splat(<f32>(1 / sqrt<f64>(1 - stateOf(state, State.beta2Power))));
  const bytes = <usize>count << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    let x = v128.load(w + i), d = v128.load(g + i);
    if (penalised) {
      if (kind == Optimizer.adamW) x = f32x4.mul(x, shrink);
      d = f32x4.add(d, f32x4.add(f32x4.mul(l2, x), f32x4.mul(l1, sign(x))));
    }
    if (kind == Optimizer.momentum || kind == Optimizer.nesterov) {
      const v = flush(f32x4.add(f32x4.mul(momentum, v128.load(slot1 + i)), d));
      v128.store(slot1 + i, v);
      d = kind == Optimizer.momentum ? v : f32x4.add(d, f32x4.mul(momentum, v));
    } else if (kind == Optimizer.rmsprop || kind == Optimizer.adagrad) {
      let s = v128.load(slot1 + i);
      if (kind == Optimizer.rmsprop) s = f32x4.add(f32x4.mul(momentum, s), f32x4.mul(rest, square(d)));
      else s = f32x4.add(s, square(d));
      s = flush(s);
      v128.store(slot1 + i, s);
      d = f32x4.div(d, f32x4.add(f32x4.sqrt(s), epsilon));
    } else if (isAdam) {
      const m = flush(f32x4.add(f32x4.mul(momentum, v128.load(slot1 + i)), f32x4.mul(rest, d)));
      v128.store(slot1 + i, m);
      const v = flush(f32x4.add(f32x4.mul(beta2, v128.load(slot2 + i)), f32x4.mul(rest2, square(d))));
      v128.store(slot2 + i, v);
      d = f32x4.div(m, f32x4.add(f32x4.mul(f32x4.sqrt(v), correction), epsilon));
    }
    v128.store(w + i, flush(f32x4.sub(x, f32x4.mul(stepSize, d))));
  }
}

/** The update of one range by one optimizer; `penalised` as `isPenalised` says where the range takes penalties. */
export function updateRange(kind: i32, penalised: bool, w: usize, g: usize, slot1: usize, slot2: usize, count: i32, state: usize): void {
  if (penalised) {
    switch (kind) {
      case Optimizer.sgd: return update(Optimizer.sgd, true, w, g, slot1, slot2, count, state);
      case Optimizer.momentum: return update(Optimizer.momentum, true, w, g, slot1, slot2, count, state);
      case Optimizer.nesterov: return update(Optimizer.nesterov, true, w, g, slot1, slot2, count, state);
      case Optimizer.rmsprop: return update(Optimizer.rmsprop, true, w, g, slot1, slot2, count, state);
      case Optimizer.adagrad: return update(Optimizer.adagrad, true, w, g, slot1, slot2, count, state);
      case Optimizer.adam: return update(Optimizer.adam, true, w, g, slot1, slot2, count, state);
      default: return update(Optimizer.adamW, true, w, g, slot1, slot2, count, state);
    }
  }
  switch (kind) {
    case Optimizer.sgd: return update(Optimizer.sgd, false, w, g, slot1, slot2, count, state);
    case Optimizer.momentum: return update(Optimizer.momentum, false, w, g, slot1, slot2, count, state);
    case Optimizer.nesterov: return update(Optimizer.nesterov, false, w, g, slot1, slot2, count, state);
    case Optimizer.rmsprop: return update(Optimizer.rmsprop, false, w, g, slot1, slot2, count, state);
    case Optimizer.adagrad: return update(Optimizer.adagrad, false, w, g, slot1, slot2, count, state);
    // Without a penalty adamW is adam.
    default: return update(Optimizer.adam, false, w, g, slot1, slot2, count, state);
  }
}

/** Counts an optimizer step. */
export function advance(state: usize): void {
  store<f64>(state, stateOf(state, State.step) + 1, State.step << 3);
  store<f64>(state, stateOf(state, State.beta1Power) * stateOf(state, State.momentum), State.beta1Power << 3);
  store<f64>(state, stateOf(state, State.beta2Power) * stateOf(state, State.beta2), State.beta2Power << 3);
}

/** Whether weights are penalised or decay. */
export function isPenalised(state: usize): bool {
  return stateOf(state, State.l1) != 0 || stateOf(state, State.l2) != 0 || stateOf(state, State.weightDecay) != 0;
}

/** The updates of a flat vector: `decayed` weights, then what takes no penalty, `count` in all (multiples of four). */
export function optimize(kind: i32, w: usize, g: usize, slot1: usize, slot2: usize, decayed: i32, count: i32, state: usize): void {
  const split = isPenalised(state) ? decayed : 0;
  if (split) updateRange(kind, true, w, g, slot1, slot2, split, state);
  const at = <usize>split << 2;
  updateRange(kind, false, w + at, g + at, slot1 + at, slot2 + at, count - split, state);
}
