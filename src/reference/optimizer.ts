import { Optimizer, State } from "../../assembly/records";
import type { Machine } from "./machine";

/** One step over `count` parameters. `penalised`: g + l2·w + l1·sign(w) first; adamW's w shrinks by 1 − rate·weightDecay instead. */
export function update(
  m: Machine, kind: Optimizer, penalised: boolean, w: number, g: number, slot1: number, slot2: number, count: number, state: number,
): void {
  const { f, d: s, round: r } = m;
  const { flush } = m.math;
  const rate = s[state + State.learningRate];
  const l1 = r(s[state + State.l1]);
  const l2 = r(s[state + State.l2]);
  const shrink = r(1 - rate * s[state + State.weightDecay]);
  const momentum = r(s[state + State.momentum]);
  const rest = r(1 - s[state + State.momentum]);
  const beta2 = r(s[state + State.beta2]);
  const rest2 = r(1 - s[state + State.beta2]);
  const epsilon = r(s[state + State.epsilon]);
  const isAdam = kind === Optimizer.adam || kind === Optimizer.adamW;
  const stepSize = r(isAdam ? rate / (1 - s[state + State.beta1Power]) : rate);
  const correction = r(1 / Math.sqrt(1 - s[state + State.beta2Power]));
  for (let i = 0; i < count; i++) {
    let x = f[w + i];
    let d = f[g + i];
    if (penalised) {
      if (kind === Optimizer.adamW) x = r(x * shrink);
      d = r(d + r(r(l2 * x) + r(l1 * Math.sign(x))));
    }
    if (kind === Optimizer.momentum || kind === Optimizer.nesterov) {
      const v = flush(r(r(momentum * f[slot1 + i]) + d));
      f[slot1 + i] = v;
      d = kind === Optimizer.momentum ? v : r(d + r(momentum * v));
    } else if (kind === Optimizer.rmsprop || kind === Optimizer.adagrad) {
      const square = flush(r(d * d));
      const mean = kind === Optimizer.rmsprop ? r(r(momentum * f[slot1 + i]) + r(rest * square)) : r(f[slot1 + i] + square);
      f[slot1 + i] = flush(mean);
      d = r(d / r(r(Math.sqrt(f[slot1 + i])) + epsilon));
    } else if (isAdam) {
      const first = flush(r(r(momentum * f[slot1 + i]) + r(rest * d)));
      f[slot1 + i] = first;
      const second = flush(r(r(beta2 * f[slot2 + i]) + r(rest2 * flush(r(d * d)))));
      f[slot2 + i] = second;
      d = r(first / r(r(r(Math.sqrt(second)) * correction) + epsilon));
    }
    f[w + i] = flush(r(x - r(stepSize * d)));
  }
}

/** Counts an optimizer step, and the pass of its batch. */
export function advance({ d: s }: Machine, state: number): void {
  s[state + State.step] += 1;
  s[state + State.pass] += 1;
  s[state + State.beta1Power] *= s[state + State.momentum];
  s[state + State.beta2Power] *= s[state + State.beta2];
}

/** Whether weights are penalised or decay. */
export function isPenalised({ d: s }: Machine, state: number): boolean {
  return s[state + State.l1] !== 0 || s[state + State.l2] !== 0 || s[state + State.weightDecay] !== 0;
}

/** The updates of a flat vector: `decayed` weights, then what takes no penalty, `count` in all. */
export function optimize(
  m: Machine, kind: Optimizer, w: number, g: number, slot1: number, slot2: number, decayed: number, count: number, state: number,
): void {
  const split = isPenalised(m, state) ? decayed : 0;
  update(m, kind, true, w, g, slot1, slot2, split, state);
  update(m, kind, false, w + split, g + split, slot1 + split, slot2 + split, count - split, state);
}
