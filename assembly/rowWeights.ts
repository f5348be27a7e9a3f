import { address, set } from "./fields";
import { lossRows } from "./loss";
import { State, SumWeights } from "./records";

// Rows that weigh more or less than others: a mean is Σ weight · value / Σ weight.

export function sumWeights(r: usize, state: usize, rows: i32): void {
  let sum: f64 = 0, at = address(r, SumWeights.weights);
  for (const end = at + (<usize>rows << 2); at < end; at += 4) sum += <f64>load<f32>(at);
  set(state, State.weight, sum);
}

/** As lossRows, the gradient of each row by its weight as well. A row of weight 0 has neither loss nor gradient, whatever it holds. */
export function weightedLossRows(
  kind: i32, da: usize, a: usize, y: usize, rows: i32, cols: i32, ld: usize, ldy: usize,
  rowLoss: usize, parameter: f32, scale: f64, weights: usize,
): void {
  for (; rows > 0; rows--) {
    const weight = <f64>load<f32>(weights);
    if (weight != 0) {
      lossRows(kind, da, a, y, 1, cols, ld, ldy, rowLoss, parameter, <f32>(scale * weight));
    } else {
      store<f32>(rowLoss, 0);
      if (da) for (let c = 0; c < cols; c += 4) v128.store(da + (<usize>c << 2), f32x4.splat(0));
    }
    rowLoss += 4; weights += 4; a += ld;
    y += ldy ? ldy : 4;
    if (da) da += ld;
  }
}
