import { flush } from "./math";
import { Optimizer, State } from "./records";

// The updates of w by its gradient g, over `count` parameters, in vectors of four. `penalised`: g + l2·w + l1·sign(w) first.
//
// The loops test at their end, and `count` is never 0: V8 moves what a loop needs into the loop unless its body is sure to run,
// so with a test in front the coefficients were made from the state again for every vector (Node 20: Adam 12 ns, now 7).

/** √(2^-100): smaller numbers have squares that flush. */
const SQUARE_BELOW: f32 = 8.881784197001252e-16;

/** flush(g²), without a denormal on the way. */
// @ts-ignore: decorator
@inline
export function square(g: v128): v128 {
  const kept = v128.andnot(g, f32x4.lt(f32x4.abs(g), f32x4.splat(SQUARE_BELOW)));
  return f32x4.mul(kept, kept);
}

/** g + (l2·w + l1·sign(w)). */
// @ts-ignore: decorator
@inline
function penalty(g: v128, w: v128, l1: v128, l2: v128): v128 {
  const sign = v128.and(v128.or(v128.and(w, i32x4.splat(i32.MIN_VALUE)), f32x4.splat(1)), f32x4.ne(w, f32x4.splat(0)));
  return f32x4.add(g, f32x4.add(f32x4.mul(l2, w), f32x4.mul(l1, sign)));
}

/** w − rate·g. */
function sgd(w: usize, g: usize, count: i32, rate: v128, penalised: bool, l1: v128, l2: v128): void {
  const end = w + (<usize>count << 2);
  do {
    const x = v128.load(w);
    let d = v128.load(g);
    if (penalised) d = penalty(d, x, l1, l2);
    v128.store(w, flush(f32x4.sub(x, f32x4.mul(rate, d))));
    w += 16; g += 16;
  } while (w < end);
}

/** v ← momentum·v + g; w − rate·v, or w − rate·(g + momentum·v) for Nesterov's. */
function momentum(
  w: usize, g: usize, v: usize, count: i32, rate: v128, momentum: v128, nesterov: bool, penalised: bool, l1: v128, l2: v128,
): void {
  const end = w + (<usize>count << 2);
  do {
    const x = v128.load(w);
    let d = v128.load(g);
    if (penalised) d = penalty(d, x, l1, l2);
    const velocity = flush(f32x4.add(f32x4.mul(momentum, v128.load(v)), d));
    v128.store(v, velocity);
    d = nesterov ? f32x4.add(d, f32x4.mul(momentum, velocity)) : velocity;
    v128.store(w, flush(f32x4.sub(x, f32x4.mul(rate, d))));
    w += 16; g += 16; v += 16;
  } while (w < end);
}

/** s ← rho·s + rest·g²; w − rate·g / (√s + epsilon). With rho = rest = 1 this is Adagrad. */
function rmsprop(
  w: usize, g: usize, s: usize, count: i32, rate: v128, rho: v128, rest: v128, epsilon: v128, penalised: bool, l1: v128, l2: v128,
): void {
  const end = w + (<usize>count << 2);
  do {
    const x = v128.load(w);
    let d = v128.load(g);
    if (penalised) d = penalty(d, x, l1, l2);
    const mean = flush(f32x4.add(f32x4.mul(rho, v128.load(s)), f32x4.mul(rest, square(d))));
    v128.store(s, mean);
    d = f32x4.div(d, f32x4.add(f32x4.sqrt(mean), epsilon));
    v128.store(w, flush(f32x4.sub(x, f32x4.mul(rate, d))));
    w += 16; g += 16; s += 16;
  } while (w < end);
}

/**
 * w ← shrink·w; m ← beta1·m + rest1·g; v ← beta2·v + rest2·g²; w − rate·m / (correction·√v + epsilon), with both bias
 * corrections in `rate` and `correction`. `shrink` is 1 but for AdamW.
 */
function adam(
  w: usize, g: usize, m: usize, v: usize, count: i32, rate: v128, beta1: v128, rest1: v128, beta2: v128, rest2: v128,
  correction: v128, epsilon: v128, shrink: v128, penalised: bool, l1: v128, l2: v128,
): void {
  const end = w + (<usize>count << 2);
  do {
    const x = f32x4.mul(v128.load(w), shrink);
    let d = v128.load(g);
    if (penalised) d = penalty(d, x, l1, l2);
    const first = flush(f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(rest1, d)));
    v128.store(m, first);
    const second = flush(f32x4.add(f32x4.mul(beta2, v128.load(v)), f32x4.mul(rest2, square(d))));
    v128.store(v, second);
    d = f32x4.div(first, f32x4.add(f32x4.mul(f32x4.sqrt(second), correction), epsilon));
    v128.store(w, flush(f32x4.sub(x, f32x4.mul(rate, d))));
    w += 16; g += 16; m += 16; v += 16;
  } while (w < end);
}

// @ts-ignore: decorator
@inline
function stateOf(state: usize, field: i32): f64 {
  return load<f64>(state + (<usize>field << 3));
}

/** A number of the state, rounded to 32 bits, in all lanes. */
// @ts-ignore: decorator
@inline
function lanes(x: f64): v128 {
  return f32x4.splat(<f32>x);
}

/** The update of one range, not empty; `penalised` where it takes penalties and there are any. */
export function updateRange(
  kind: i32, penalised: bool, w: usize, g: usize, slot1: usize, slot2: usize, count: i32, state: usize,
): void {
  const rate = stateOf(state, State.learningRate);
  const l1 = lanes(stateOf(state, State.l1)), l2 = lanes(stateOf(state, State.l2));
  const first = stateOf(state, State.momentum), second = stateOf(state, State.beta2);
  const epsilon = lanes(stateOf(state, State.epsilon));
  switch (kind) {
    case Optimizer.sgd: {
      sgd(w, g, count, lanes(rate), penalised, l1, l2);
      break;
    }
    case Optimizer.momentum:
    case Optimizer.nesterov: {
      momentum(w, g, slot1, count, lanes(rate), lanes(first), kind == Optimizer.nesterov, penalised, l1, l2);
      break;
    }
    case Optimizer.rmsprop: {
      rmsprop(w, g, slot1, count, lanes(rate), lanes(first), lanes(1 - first), epsilon, penalised, l1, l2);
      break;
    }
    case Optimizer.adagrad: {
      rmsprop(w, g, slot1, count, lanes(rate), lanes(1), lanes(1), epsilon, penalised, l1, l2);
      break;
    }
    default: {
      const shrink = penalised && kind == Optimizer.adamW ? 1 - rate * stateOf(state, State.weightDecay) : 1;
      adam(
        w, g, slot1, slot2, count, lanes(rate / (1 - stateOf(state, State.beta1Power))), lanes(first), lanes(1 - first),
        lanes(second), lanes(1 - second), lanes(1 / sqrt<f64>(1 - stateOf(state, State.beta2Power))), epsilon, lanes(shrink),
        penalised, l1, l2,
      );
    }
  }
}

/** Counts an optimizer step, and the pass of its batch. */
export function advance(state: usize): void {
  store<f64>(state, stateOf(state, State.step) + 1, State.step << 3);
  store<f64>(state, stateOf(state, State.pass) + 1, State.pass << 3);
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
  if (count > split) updateRange(kind, false, w + at, g + at, slot1 + at, slot2 + at, count - split, state);
}
