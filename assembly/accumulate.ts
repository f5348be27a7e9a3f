import { address, get, set, word } from "./fields";
import { flush } from "./math";
import { flatStart } from "./operations";
import { AccumulateGradient, MeanGradient, Op, RECORD_WORDS, SkipUnlessDue, State } from "./records";

// One update from the gradients of several batches: their mean over all rows.

/** sum + weight·g; the first batch starts the sum anew. */
export function accumulateGradientPart(r: usize, state: usize, thread: i32, size: i32): void {
  const count = word(r, AccumulateGradient.count), from = <usize>flatStart(count, thread, size) << 2;
  const weight = f32x4.splat(<f32>get(state, State.weight)), isFirst = get(state, State.accumulated) == 0;
  let sum = address(r, AccumulateGradient.sum) + from, g = address(r, AccumulateGradient.g) + from;
  for (const end = g + ((<usize>flatStart(count, thread + 1, size) << 2) - from); g < end; g += 16) {
    const before = isFirst ? f32x4.splat(0) : v128.load(sum);
    v128.store(sum, flush(f32x4.add(before, f32x4.mul(weight, v128.load(g)))));
    sum += 16;
  }
}

/** g = sum / the weight of all batches. */
export function meanGradientPart(r: usize, state: usize, thread: i32, size: i32): void {
  const count = word(r, MeanGradient.count), from = <usize>flatStart(count, thread, size) << 2;
  const weight = <f32>get(state, State.accumulatedWeight);
  // Where all weights are 0, so are the sums.
  const by = f32x4.splat(weight > 0 ? weight : 1);
  let g = address(r, MeanGradient.g) + from, sum = address(r, MeanGradient.sum) + from;
  for (const end = g + ((<usize>flatStart(count, thread + 1, size) << 2) - from); g < end; g += 16) {
    v128.store(g, flush(f32x4.div(v128.load(sum), by)));
    sum += 16;
  }
}

/** Counts a batch, and its pass unless an update follows: that one's Advance does. */
export function countBatch(state: usize): void {
  set(state, State.accumulated, get(state, State.accumulated) + 1);
  set(state, State.accumulatedWeight, get(state, State.accumulatedWeight) + get(state, State.weight));
  if (!isDue(state)) set(state, State.pass, get(state, State.pass) + 1);
}

export function resetCount(state: usize): void {
  set(state, State.accumulated, 0);
  set(state, State.accumulatedWeight, 0);
}

/** Whether the batches that are accumulated make an update: there are enough, or no more rows. */
// @ts-ignore: decorator
@inline
function isDue(state: usize): bool {
  return get(state, State.accumulated) >= get(state, State.accumulate) || get(state, State.cursor) >= get(state, State.rowCount);
}

/**
 * The record after which the walk goes on: this one, or the last that is left out. A branch that is hardly ever taken: computed for each record,
 * the address of the next would have to wait for the code of this one (Node 20: 1 ns a record).
 */
// @ts-ignore: decorator
@inline
export function lastSkipped(r: usize, state: usize): usize {
  if (word(r, 0) == Op.SkipUnlessDue) {
    if (!isDue(state)) r += <usize>word(r, SkipUnlessDue.records) * RECORD_WORDS << 2;
  }
  return r;
}
