import { address, constant, get, set, shareStart, stride, word } from "./fields";
import { lossRows } from "./loss";
import { finishLoss, isOverOutputs } from "./operations";
import { Loss, LossKind, MeanLoss, State, SumWeights } from "./records";

// Rows that weigh more or less than others: a mean is Σ weight · value / Σ weight, and 0 where they all weigh nothing.

export function sumWeights(r: usize, state: usize, rows: i32): void {
  let sum: f64 = 0, at = address(r, SumWeights.weights);
  for (const end = at + (<usize>rows << 2); at < end; at += 4) sum += <f64>load<f32>(at);
  set(state, State.weight, sum);
}

/** 1 / the weight of all terms of a loss's mean. */
// @ts-ignore: decorator
@inline
function weightedShare(kind: i32, state: usize, cols: i32): f64 {
  const weight = get(state, State.weight), terms = isOverOutputs(kind) ? weight * cols : weight;
  return terms > 0 ? 1 / terms : 0;
}

/** As lossPart, each row's gradient by its weight as well. A row of weight 0 has neither loss nor gradient, whatever it holds. */
export function weightedLossPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const kind = word(r, Loss.kind), cols = word(r, Loss.cols), ld = stride(r, Loss.ld), ldy = stride(r, Loss.ldy);
  const yStride = ldy ? ldy : 4, isGradient = address(r, Loss.da) != 0, parameter = constant(r, Loss.parameter);
  const part = weightedShare(kind, state, cols), scale = kind == LossKind.meanSquaredError ? 2 * part : part;
  const end = shareStart(rows, thread + 1, size);
  for (let row = shareStart(rows, thread, size); row < end; row++) {
    const at = <usize>row * ld, da = isGradient ? address(r, Loss.da) + at : 0, rowLoss = address(r, Loss.rowLoss) + (<usize>row << 2);
    const weight = <f64>load<f32>(address(r, Loss.weights) + (<usize>row << 2));
    if (weight != 0) {
      const y = address(r, Loss.y) + <usize>row * yStride;
      lossRows(kind, da, address(r, Loss.a) + at, y, 1, cols, ld, ldy, rowLoss, parameter, <f32>(scale * weight));
    } else {
      store<f32>(rowLoss, 0);
      if (da) for (let c = 0; c < cols; c += 4) v128.store(da + (<usize>c << 2), f32x4.splat(0));
    }
  }
}

export function weightedMeanLoss(r: usize, state: usize, rows: i32): bool {
  let sum: f64 = 0, at = address(r, MeanLoss.rowLoss), weights = address(r, MeanLoss.weights);
  for (const end = at + (<usize>rows << 2); at < end; at += 4) {
    sum += <f64>load<f32>(weights) * <f64>load<f32>(at);
    weights += 4;
  }
  return finishLoss(state, sum * weightedShare(word(r, MeanLoss.kind), state, word(r, MeanLoss.cols)), get(state, State.weight));
}
