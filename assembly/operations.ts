import { activationBackward, activationForward } from "./activation";
import { address, constant, get, set, shareStart, stride, word } from "./fields";
import { blocks, clipValue, largest, norm, scale, squareSums } from "./gradient";
import { lossRows } from "./loss";
import { optimize } from "./optimizer";
import {
  ActivationBackward, ActivationForward, BLOCK, CheckGradient, ClipNorm, ClipValue, LARGEST_GRADIENT, LARGEST_UPDATE, LARGEST_WEIGHT,
  Loss, LossKind, MeanLoss, Optimize, Scale, ScheduledRate, SquareSums, State, Stop, TakeBatch,
} from "./records";
import { weightedLossPart, weightedMeanLoss } from "./rowWeights";

// What each record does. Those that a team can divide make the part of one thread among `size`; those of a dense layer are
// in dense.ts.

export function nextBatch(state: usize): void {
  const cursor = get(state, State.cursor);
  const rows = min(get(state, State.batchSize), get(state, State.rowCount) - cursor);
  set(state, State.rows, rows);
  set(state, State.weight, rows);
  set(state, State.cursor, cursor + rows);
}

export function takeBatchPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const first = <i32>get(state, State.cursor) - rows;
  const from = shareStart(rows, thread, size), count = shareStart(rows, thread + 1, size) - from;
  const order = address(r, TakeBatch.order) + (<usize>(first + from) << 2);
  const ldx = stride(r, TakeBatch.ldx), ldy = stride(r, TakeBatch.ldy);
  gather(address(r, TakeBatch.x) + <usize>from * ldx, ldx, address(r, TakeBatch.xData), stride(r, TakeBatch.xStride), order, count);
  gather(address(r, TakeBatch.y) + <usize>from * ldy, ldy, address(r, TakeBatch.yData), stride(r, TakeBatch.yStride), order, count);
  const weights = address(r, TakeBatch.weights);
  if (weights) gather(weights + (<usize>from << 2), 4, address(r, TakeBatch.weightsData), 4, order, count);
}

/** to[row] = from[order[row]]. `width` is the stride of `from`: whole vectors, or one word where it holds class indices or weights. */
function gather(to: usize, ld: usize, from: usize, width: usize, order: usize, rows: i32): void {
  for (const end = order + (<usize>rows << 2); order < end; order += 4) {
    const source = from + <usize>load<u32>(order) * width;
    if (width == 4) store<i32>(to, load<i32>(source));
    else for (let c: usize = 0; c < width; c += 16) v128.store(to + c, v128.load(source + c));
    to += ld;
  }
}

export function activationForwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ld = stride(r, ActivationForward.ld), from = shareStart(rows, thread, size), at = <usize>from * ld;
  activationForward(
    word(r, ActivationForward.kind), address(r, ActivationForward.a) + at, address(r, ActivationForward.z) + at,
    shareStart(rows, thread + 1, size) - from, word(r, ActivationForward.cols), ld, constant(r, ActivationForward.parameter),
  );
}

export function activationBackwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ld = stride(r, ActivationBackward.ld), from = shareStart(rows, thread, size), at = <usize>from * ld;
  activationBackward(
    word(r, ActivationBackward.kind), address(r, ActivationBackward.dz) + at, address(r, ActivationBackward.da) + at,
    address(r, ActivationBackward.saved) + at, shareStart(rows, thread + 1, size) - from, word(r, ActivationBackward.cols), ld,
    constant(r, ActivationBackward.parameter),
  );
}

/** Whether a loss is a mean over the outputs as well. */
// @ts-ignore: decorator
@inline
export function isOverOutputs(kind: i32): bool {
  return kind == LossKind.meanSquaredError || kind == LossKind.meanAbsoluteError || kind == LossKind.huber;
}

/** 1 / the number of terms of a loss's mean. */
// @ts-ignore: decorator
@inline
export function share(kind: i32, rows: i32, cols: i32): f64 {
  return 1 / <f64>(isOverOutputs(kind) ? rows * cols : rows);
}

export function lossPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  if (word(r, Loss.weights) != 0) return weightedLossPart(r, state, rows, thread, size);
  const kind = word(r, Loss.kind), cols = word(r, Loss.cols), ld = stride(r, Loss.ld), ldy = stride(r, Loss.ldy);
  const from = shareStart(rows, thread, size), at = <usize>from * ld, da = address(r, Loss.da);
  const part = share(kind, rows, cols);
  lossRows(
    kind, da ? da + at : 0, address(r, Loss.a) + at, address(r, Loss.y) + <usize>from * (ldy ? ldy : 4),
    shareStart(rows, thread + 1, size) - from, cols, ld, ldy, address(r, Loss.rowLoss) + (<usize>from << 2),
    constant(r, Loss.parameter), <f32>(kind == LossKind.meanSquaredError ? 2 * part : part),
  );
}

export function meanLoss(r: usize, state: usize, rows: i32): bool {
  if (word(r, MeanLoss.weights) != 0) return weightedMeanLoss(r, state, rows);
  let sum: f64 = 0, at = address(r, MeanLoss.rowLoss);
  for (const end = at + (<usize>rows << 2); at < end; at += 4) sum += <f64>load<f32>(at);
  return finishLoss(state, sum * share(word(r, MeanLoss.kind), rows, word(r, MeanLoss.cols)), rows);
}

/** Notes the mean loss of a batch, whose rows have this weight together; false where it is not finite. */
// @ts-ignore: decorator
@inline
export function finishLoss(state: usize, mean: f64, weight: f64): bool {
  set(state, State.loss, mean);
  if (!(mean < Infinity)) {
    set(state, State.stop, Stop.loss);
    return false;
  }
  set(state, State.lossSum, get(state, State.lossSum) + mean * weight);
  set(state, State.lossRows, get(state, State.lossRows) + weight);
  return true;
}

/** The rate of the step that comes. */
export function scheduledRate(r: usize, state: usize): void {
  const step = <i32>(get(state, State.step) - get(state, State.rateStart));
  set(state, State.learningRate, load<f64>(address(r, ScheduledRate.rates) + (<usize>step << 3)));
}

// Parts of a flat vector are whole cache lines, so that no two threads write to one.

/** The first element that falls to a thread. */
// @ts-ignore: decorator
@inline
export function flatStart(count: i32, thread: i32, size: i32): i32 {
  return min(count, shareStart((count + 15) >> 4, thread, size) << 4);
}

export function clipValuePart(r: usize, state: usize, thread: i32, size: i32): void {
  const count = word(r, ClipValue.count), from = flatStart(count, thread, size);
  const g = address(r, ClipValue.g) + (<usize>from << 2);
  clipValue(g, flatStart(count, thread + 1, size) - from, <f32>get(state, State.clipValue));
}

export function squareSumsPart(r: usize, thread: i32, size: i32): void {
  const count = word(r, SquareSums.count);
  const from = shareStart(blocks(count), thread, size), to = shareStart(blocks(count), thread + 1, size);
  const g = address(r, SquareSums.g) + (<usize>from * BLOCK << 2);
  squareSums(address(r, SquareSums.sums) + (<usize>from << 3), g, min(count, to * BLOCK) - from * BLOCK);
}

export function clipNorm(r: usize, state: usize): void {
  const size = norm(address(r, ClipNorm.sums), word(r, ClipNorm.count));
  set(state, State.gradientNorm, size);
  // The 1e-6 is PyTorch's (torch.nn.utils.clip_grad_norm_).
  const factor = get(state, State.clipNorm) / (size + 1e-6);
  set(state, State.clipFactor, factor < 1 ? factor : 1);
}

export function scalePart(r: usize, state: usize, thread: i32, size: i32): void {
  const factor = get(state, State.clipFactor);
  if (factor == 1) return;
  const count = word(r, Scale.count), from = flatStart(count, thread, size);
  scale(address(r, Scale.g) + (<usize>from << 2), flatStart(count, thread + 1, size) - from, <f32>factor);
}

/** Any thread may end the run: all write the same reason. */
export function checkGradientPart(r: usize, state: usize, thread: i32, size: i32): bool {
  const count = word(r, CheckGradient.count), end = shareStart(blocks(count), thread + 1, size);
  for (let block = shareStart(blocks(count), thread, size); block < end; block++) {
    const at = <usize>block * BLOCK << 2, length = min(BLOCK, count - block * BLOCK);
    const weight = <f64>largest(address(r, CheckGradient.w) + at, length);
    const gradient = <f64>largest(address(r, CheckGradient.g) + at, length) + get(state, State.l2) * weight + get(state, State.l1);
    const fits = gradient <= LARGEST_GRADIENT && gradient * get(state, State.learningRate) <= LARGEST_UPDATE;
    if (!(fits && weight <= LARGEST_WEIGHT)) {
      set(state, State.stop, Stop.gradient);
      return false;
    }
  }
  return true;
}

export function optimizePart(r: usize, state: usize, thread: i32, size: i32): void {
  const count = word(r, Optimize.count), from = flatStart(count, thread, size), to = flatStart(count, thread + 1, size);
  if (from == to) return;
  const at = <usize>from << 2, decayed = max(0, min(word(r, Optimize.decayed), to) - from);
  optimize(
    word(r, Optimize.kind), address(r, Optimize.w) + at, address(r, Optimize.g) + at, address(r, Optimize.slot1) + at,
    address(r, Optimize.slot2) + at, decayed, to - from, state,
  );
}
