import {
  Activation, ActivationBackward, ActivationForward, BLOCK, CheckGradient, ClipNorm, ClipValue, DenseForward, DenseInputGradient, DenseUpdate,
  DenseWeightGradient, LARGEST_GRADIENT, LARGEST_UPDATE, LARGEST_WEIGHT, Loss, LossKind, MeanLoss, Op, Optimize, PANEL, POINTS, RECORD_WORDS,
  Scale, SMALL_LAYER_WORDS, SmallLayer, SmallStep, SquareSums, State, Stop, TakeBatch,
} from "../../assembly/records";
import { activationBackward, activationForward, derivative } from "./activation";
import { arrange } from "./arrange";
import { augment } from "./augment";
import { batchNorm } from "./batchNorm";
import { conv } from "./conv";
import { denseForward, denseInputGradient, denseUpdate, denseWeightGradient } from "./dense";
import { embedding } from "./embedding";
import { clipValue, largest, norm, scale, squareSums } from "./gradient";
import { layerNorm } from "./layerNorm";
import { lossRows } from "./loss";
import type { Machine } from "./machine";
import { maxPieces } from "./maxPieces";
import { noise } from "./noise";
import type { Operation } from "./operation";
import { advance, optimize } from "./optimizer";
import { prelu } from "./prelu";
import { sweeps } from "./sweep";
import { skipped, training } from "./training";

/** The operations of the families of layers. */
const families: { [Code in Op]?: Operation } = {
  ...arrange,
  ...augment,
  ...sweeps,
  ...batchNorm,
  ...layerNorm,
  ...prelu,
  ...sweeps,
  ...maxPieces,
  ...embedding,
  ...noise,
  ...training,
  ...conv,
};

/** Walks `count` records `repeats` times, as the core's `run`; returns how many rounds were finished. */
export function run(m: Machine, state: number, records: number, count: number, repeats: number): number {
  const first = records >>> 2;
  for (let round = 0; round < repeats; round++) {
    for (let n = 0; n < count; n++) {
      const r = first + n * RECORD_WORDS;
      if (!execute(m, r, state >>> 3)) return round;
      n += skipped(m, r, state >>> 3);
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
  const rows = d[s + State.rows] * word(POINTS);
  switch (i[r] as Op) {
    case Op.NextBatch: {
      const taken = Math.min(d[s + State.batchSize], d[s + State.rowCount] - d[s + State.cursor]);
      d[s + State.rows] = taken;
      d[s + State.weight] = taken;
      d[s + State.cursor] += taken;
      return true;
    }
    case Op.TakeBatch: {
      const order = at(TakeBatch.order) + d[s + State.cursor] - rows;
      gather(m, at(TakeBatch.x), word(TakeBatch.ldx), at(TakeBatch.xData), word(TakeBatch.xStride), order, rows);
      gather(m, at(TakeBatch.y), word(TakeBatch.ldy), at(TakeBatch.yData), word(TakeBatch.yStride), order, rows);
      for (let row = 0; row < rows && at(TakeBatch.weights) >= 0; row++) {
        m.f[at(TakeBatch.weights) + row] = m.f[at(TakeBatch.weightsData) + (i[order + row] >>> 0)];
      }
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
    case Op.Loss: {
      const kind = word(Loss.kind) as LossKind, weights = at(Loss.weights);
      const part = share(kind, weights < 0 ? rows : d[s + State.weight], word(Loss.cols));
      lossRows(
        m, kind, at(Loss.da), at(Loss.a), at(Loss.y), rows, word(Loss.cols), word(Loss.ld), word(Loss.ldy), at(Loss.rowLoss),
        constant(Loss.parameter), kind === LossKind.meanSquaredError ? 2 * part : part, weights,
      );
      return true;
    }
    case Op.MeanLoss:
      return meanLoss(m, word(MeanLoss.kind), at(MeanLoss.rowLoss), at(MeanLoss.weights), rows, word(MeanLoss.cols), s);
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
    case Op.SquareSums:
      squareSums(m, i[r + SquareSums.sums] >>> 3, at(SquareSums.g), word(SquareSums.count));
      return true;
    case Op.ClipNorm: {
      const size = norm(m, i[r + ClipNorm.sums] >>> 3, word(ClipNorm.count));
      d[s + State.gradientNorm] = size;
      d[s + State.clipFactor] = Math.min(d[s + State.clipNorm] / (size + 1e-6), 1);
      return true;
    }
    case Op.Scale:
      if (d[s + State.clipFactor] !== 1) scale(m, at(Scale.g), word(Scale.count), d[s + State.clipFactor]);
      return true;
    case Op.CheckGradient:
      return checkGradient(m, at(CheckGradient.g), at(CheckGradient.w), word(CheckGradient.count), s);
    case Op.SmallStep:
      return smallStep(m, r, s);
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
    default:
      families[i[r] as Op]!(m, { rows, batch: d[s + State.rows], state: s, word, at, constant });
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

/** The records of a step on one row, one after the other. */
function smallStep(m: Machine, r: number, s: number): boolean {
  const { i, d, f } = m;
  const [layers, count] = [i[r + SmallStep.layers] >>> 2, i[r + SmallStep.count]];
  const word = (layer: number, field: SmallLayer) => i[layers + layer * SMALL_LAYER_WORDS + field];
  const at = (layer: number, field: SmallLayer) => (word(layer, field) === 0 ? -1 : word(layer, field) >>> 2);
  const constant = (address: number) => (address === 0 ? 0 : d[address >>> 3]);
  const row = i[(i[r + SmallStep.order] >>> 2) + d[s + State.cursor]] >>> 0;
  d[s + State.rows] = 1;
  d[s + State.weight] = 1;
  d[s + State.cursor]++;
  const data = (i[r + SmallStep.xData] >>> 2) + row * i[r + SmallStep.xStride];
  const input = (layer: number) => (layer === 0 ? data : at(layer - 1, SmallLayer.a));
  for (let n = 0; n < count; n++) {
    const [inputs, outputs, z, kind] = [word(n, SmallLayer.inputs), word(n, SmallLayer.outputs), at(n, SmallLayer.z), word(n, SmallLayer.kind)];
    denseForward(m, z, 0, input(n), 0, at(n, SmallLayer.w), at(n, SmallLayer.bias), 1, inputs, outputs);
    if (kind !== Activation.linear) activationForward(m, kind, at(n, SmallLayer.a), z, 1, outputs, 0, constant(word(n, SmallLayer.parameter)));
  }
  const kind = i[r + SmallStep.loss] as LossKind, cols = word(count - 1, SmallLayer.outputs), yStride = i[r + SmallStep.yStride];
  const [da, rowLoss, part] = [i[r + SmallStep.da] >>> 2, i[r + SmallStep.rowLoss] >>> 2, share(kind, 1, cols)];
  lossRows(
    m, kind, da, at(count - 1, SmallLayer.a), (i[r + SmallStep.yData] >>> 2) + row * yStride, 1, cols, 0, i[r + SmallStep.labels] ? 0 : yStride,
    rowLoss, constant(i[r + SmallStep.parameter]), kind === LossKind.meanSquaredError ? 2 * part : part, -1,
  );
  if (!meanLoss(m, kind, rowLoss, -1, 1, cols, s)) return false;
  advance(m, s);
  let delta = Array.from({ length: cols }, (_, c) => f[da + c]);
  for (let n = count - 1; n >= 0; n--) {
    const [inputs, outputs, w, bias] = [word(n, SmallLayer.inputs), word(n, SmallLayer.outputs), at(n, SmallLayer.w), at(n, SmallLayer.bias)];
    const activation = word(n, SmallLayer.kind) as Activation, saved = at(n, SmallLayer.saved);
    if (activation !== Activation.linear) {
      const parameter = m.round(constant(word(n, SmallLayer.parameter)));
      delta = delta.map((value, c) => m.math.flush(derivative(m, activation, value, f[saved + c], parameter)));
    }
    const below = Array.from({ length: inputs }, (_, k) => (
      m.math.flush(delta.reduce((sum, value, o) => m.round(sum + m.round(value * f[w + k * PANEL + o])), 0))
    ));
    const step = (address: number, gradient: number) => {
      f[address] = m.math.flush(m.round(f[address] - m.round(m.round(d[s + State.learningRate]) * m.math.flush(gradient))));
    };
    for (let k = 0; k < inputs; k++) {
      const x = f[input(n) + k];
      for (let o = 0; o < outputs; o++) step(w + k * PANEL + o, m.round(x * delta[o]));
    }
    for (let o = 0; bias >= 0 && o < outputs; o++) step(bias + o, m.round(0 + delta[o]));
    delta = below;
  }
  return true;
}

/** 1 / the number of terms of a loss's mean over rows of this weight together; 0 where they weigh nothing. */
function share(kind: LossKind, weight: number, cols: number): number {
  const overOutputs = kind === LossKind.meanSquaredError || kind === LossKind.meanAbsoluteError || kind === LossKind.huber;
  const terms = overOutputs ? weight * cols : weight;
  return terms > 0 ? 1 / terms : 0;
}

/** The mean to the state; the rows' weights lie at `weights`, −1 where all weigh 1. */
function meanLoss({ f, d }: Machine, kind: LossKind, rowLoss: number, weights: number, rows: number, cols: number, s: number): boolean {
  const weight = weights < 0 ? rows : d[s + State.weight];
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += weights < 0 ? f[rowLoss + row] : f[weights + row] * f[rowLoss + row];
  const mean = sum * share(kind, weight, cols);
  d[s + State.loss] = mean;
  if (!(mean < Infinity)) {
    d[s + State.stop] = Stop.loss;
    return false;
  }
  d[s + State.lossSum] += mean * weight;
  d[s + State.lossRows] += weight;
  return true;
}

function checkGradient(m: Machine, g: number, w: number, count: number, s: number): boolean {
  const { d } = m;
  for (let block = 0; block < count; block += BLOCK) {
    const length = Math.min(BLOCK, count - block);
    const weight = largest(m, w + block, length);
    const size = largest(m, g + block, length) + d[s + State.l2] * weight + d[s + State.l1];
    const fits = size <= LARGEST_GRADIENT && size * d[s + State.learningRate] <= LARGEST_UPDATE && weight <= LARGEST_WEIGHT;
    if (fits) continue;
    d[s + State.stop] = Stop.gradient;
    return false;
  }
  return true;
}
