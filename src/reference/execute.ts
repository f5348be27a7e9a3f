import {
  ActivationBackward, ActivationForward, CheckGradient, ClipNorm, ClipValue, DenseForward, DenseInputGradient,
  DenseUpdate, DenseWeightGradient, LARGEST_GRADIENT, LARGEST_UPDATE, LARGEST_WEIGHT, Loss, LossKind, Op, Optimize, RECORD_WORDS,
  State, Stop, TakeBatch,
} from "../../assembly/records";
import { activationBackward, activationForward } from "./activation";
import { denseForward, denseInputGradient, denseUpdate, denseWeightGradient } from "./dense";
import { clipValue, largest, norm, scale } from "./gradient";
import { lossRows } from "./loss";
import type { Machine } from "./machine";
import { advance, optimize } from "./optimizer";

/** Walks `count` records `repeats` times, as the core's `run`; returns how many rounds were finished. */
export function run(m: Machine, state: number, records: number, count: number, repeats: number): number {
  const first = records >>> 2;
  for (let round = 0; round < repeats; round++) {
    for (let n = 0; n < count; n++) {
      if (!execute(m, first + n * RECORD_WORDS, state >>> 3)) return round;
    }
  }
  return repeats;
}

/** Carries out the record at word `r`, with the state block at 64-bit index `s`. False where the round may not go on. */
function execute(m: Machine, r: number, s: number): boolean {
  const { i, d } = m;
  const word = (field: number) => i[r + field];
  /** An address as an index of `m.f`, −1 where there is none. */
  const at = (field: number) => (i[r + field] === 0 ? -1 : i[r + field] >>> 2);
  const constant = (field: number) => (i[r + field] === 0 ? 0 : d[i[r + field] >>> 3]);
  const rows = d[s + State.rows];
  switch (i[r] as Op) {
    case Op.TakeBatch: {
      const cursor = d[s + State.cursor];
      const taken = Math.min(d[s + State.batchSize], d[s + State.rowCount] - cursor);
      d[s + State.rows] = taken;
      d[s + State.cursor] = cursor + taken;
      const order = at(TakeBatch.order) + cursor;
      gather(m, at(TakeBatch.x), word(TakeBatch.ldx), at(TakeBatch.xData), word(TakeBatch.xStride), order, taken);
      gather(m, at(TakeBatch.y), word(TakeBatch.ldy), at(TakeBatch.yData), word(TakeBatch.yStride), order, taken);
      return true;
    }
    case Op.DenseForward:
      denseForward(
        m, at(DenseForward.z), word(DenseForward.ldz), at(DenseForward.x), word(DenseForward.ldx), at(DenseForward.w),
        at(DenseForward.bias), rows, word(DenseForward.inputs), word(DenseForward.outputs),
      );
      return true;
    case Op.ActivationForward:
      activationForward(
        m, word(ActivationForward.kind), at(ActivationForward.a), at(ActivationForward.z), rows, word(ActivationForward.cols),
        word(ActivationForward.ld), constant(ActivationForward.parameter),
      );
      return true;
    case Op.Loss:
      return loss(m, word, at, constant, rows, s);
    case Op.ActivationBackward:
      activationBackward(
        m, word(ActivationBackward.kind), at(ActivationBackward.dz), at(ActivationBackward.da), at(ActivationBackward.saved),
        rows, word(ActivationBackward.cols), word(ActivationBackward.ld), constant(ActivationBackward.parameter),
      );
      return true;
    case Op.DenseWeightGradient:
      denseWeightGradient(
        m, at(DenseWeightGradient.dw), at(DenseWeightGradient.dbias), at(DenseWeightGradient.x), word(DenseWeightGradient.ldx),
        at(DenseWeightGradient.dz), word(DenseWeightGradient.lddz), rows, word(DenseWeightGradient.inputs),
        word(DenseWeightGradient.outputs),
      );
      return true;
    case Op.DenseInputGradient:
      denseInputGradient(
        m, at(DenseInputGradient.dx), word(DenseInputGradient.lddx), at(DenseInputGradient.dz), word(DenseInputGradient.lddz),
        at(DenseInputGradient.w), rows, word(DenseInputGradient.inputs), word(DenseInputGradient.outputs),
      );
      return true;
    case Op.ClipValue:
      clipValue(m, at(ClipValue.g), word(ClipValue.count), d[s + State.clipValue]);
      return true;
    case Op.ClipNorm: {
      const size = norm(m, at(ClipNorm.g), word(ClipNorm.count));
      d[s + State.gradientNorm] = size;
      const factor = d[s + State.clipNorm] / (size + 1e-6);
      if (factor < 1) scale(m, at(ClipNorm.g), word(ClipNorm.count), factor);
      return true;
    }
    case Op.CheckGradient: {
      const count = word(CheckGradient.count);
      const weight = largest(m, at(CheckGradient.w), count);
      const size = largest(m, at(CheckGradient.g), count) + d[s + State.l2] * weight + d[s + State.l1];
      const fits = size <= LARGEST_GRADIENT && size * d[s + State.learningRate] <= LARGEST_UPDATE;
      if (fits && weight <= LARGEST_WEIGHT) return true;
      d[s + State.stop] = Stop.gradient;
      return false;
    }
    case Op.Advance:
      advance(m, s);
      return true;
    case Op.DenseUpdate:
      denseUpdate(
        m, at(DenseUpdate.w), at(DenseUpdate.dbias), at(DenseUpdate.x), word(DenseUpdate.ldx), at(DenseUpdate.dz),
        word(DenseUpdate.lddz), rows, word(DenseUpdate.inputs), word(DenseUpdate.outputs), at(DenseUpdate.chunk),
        word(DenseUpdate.kind), at(DenseUpdate.slot1), at(DenseUpdate.slot2), s,
      );
      return true;
    case Op.Optimize:
      optimize(
        m, word(Optimize.kind), at(Optimize.w), at(Optimize.g), at(Optimize.slot1), at(Optimize.slot2),
        word(Optimize.decayed), word(Optimize.count), s,
      );
      return true;
  }
}

/** to[row] = from[order[row]]. `stride` is that of `from`: whole vectors, or 1 where it holds class indices. */
function gather(m: Machine, to: number, ld: number, from: number, stride: number, order: number, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const source = from + (m.i[order + row] >>> 0) * stride;
    if (stride === 1) m.i[to + row * ld] = m.i[source];
    else m.f.copyWithin(to + row * ld, source, source + stride);
  }
}

function loss(
  m: Machine, word: (field: number) => number, at: (field: number) => number, constant: (field: number) => number,
  rows: number, s: number,
): boolean {
  const { f, d } = m;
  const kind = word(Loss.kind) as LossKind;
  const rowLoss = at(Loss.rowLoss);
  const overOutputs = kind === LossKind.meanSquaredError || kind === LossKind.meanAbsoluteError || kind === LossKind.huber;
  const share = 1 / (overOutputs ? rows * word(Loss.cols) : rows);
  lossRows(
    m, kind, at(Loss.da), at(Loss.a), at(Loss.y), rows, word(Loss.cols), word(Loss.ld), word(Loss.ldy), rowLoss,
    constant(Loss.parameter), kind === LossKind.meanSquaredError ? 2 * share : share,
  );
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += f[rowLoss + row];
  const mean = sum * share;
  d[s + State.loss] = mean;
  if (!(mean < Infinity)) {
    d[s + State.stop] = Stop.loss;
    return false;
  }
  d[s + State.lossSum] += mean * rows;
  d[s + State.lossRows] += rows;
  return true;
}
