import { LossKind } from "../../assembly/records";
import { rowExp, rowMax } from "./activation";
import { addLanes, type Machine } from "./machine";

/** One element's share of the row's loss, and the derivative by what `a` holds, before averaging. */
function element(m: Machine, kind: LossKind, a: number, y: number, p: number): [loss: number, derivative: number] {
  const { round: r, math } = m;
  const d = r(a - y);
  switch (kind) {
    case LossKind.squaredError:
    case LossKind.meanSquaredError:
      return [r(d * d), d];
    case LossKind.meanAbsoluteError:
      return [Math.abs(d), Math.sign(d)];
    case LossKind.huber: {
      const size = Math.abs(d);
      const loss = size <= p ? r(0.5 * r(d * d)) : r(p * r(size - r(0.5 * p)));
      return [loss, Math.max(Math.min(d, p), -p)];
    }
    case LossKind.binaryCrossEntropy: {
      const tail = math.log1p(math.exp(-Math.abs(a)));
      return [r(r(Math.max(a, 0) - r(a * y)) + tail), r(math.sigmoid(a) - y)];
    }
    default:
      throw new RangeError(`loss code ${kind}`);
  }
}

/**
 * The loss of each row to `rowLoss` (not yet averaged) and, where `da` ≥ 0, scale · its derivative to da[rows, cols].
 * For binaryCrossEntropy and crossEntropy `a` holds pre-activations. `ldy` 0: class indices.
 */
export function lossRows(
  m: Machine, kind: LossKind, da: number, a: number, y: number, rows: number, cols: number, ld: number, ldy: number,
  rowLoss: number, parameter: number, scale: number,
): void {
  const { f, round: r } = m;
  const p = r(parameter);
  const s = r(scale);
  for (let row = 0; row < rows; row++, a += ld) {
    let loss: number;
    if (kind === LossKind.crossEntropy) loss = crossEntropyRow(m, da, a, y + row * (ldy || 1), cols, ldy === 0, s);
    else {
      const lanes = [0, 0, 0, 0];
      for (let c = 0; c < cols; c++) {
        const [share, derivative] = element(m, kind, f[a + c], f[y + row * ldy + c], p);
        lanes[c & 3] = r(lanes[c & 3] + share);
        if (da >= 0) f[da + c] = m.math.flush(r(derivative * s));
      }
      loss = addLanes(r, lanes);
    }
    f[rowLoss + row] = kind === LossKind.squaredError ? r(loss * 0.5) : loss;
    if (da >= 0) da += ld;
  }
}

/** −Σ y·ln softmax(z), with y a row of probabilities or one class index; dz = scale · (softmax(z) − y). */
function crossEntropyRow(m: Machine, dz: number, z: number, y: number, cols: number, isIndex: boolean, s: number): number {
  const { f, round: r } = m;
  const shift = rowMax(m, z, cols);
  const sum = rowExp(m, dz, z, cols, shift);
  const top = m.math.log(sum);
  if (isIndex) {
    const label = m.i[y];
    const loss = r(top + r(shift - f[z + label]));
    if (dz >= 0) {
      for (let c = 0; c < cols; c++) {
        const probability = r(f[dz + c] / sum);
        f[dz + c] = m.math.flush(r((c === label ? r(probability - 1) : probability) * s));
      }
    }
    return loss;
  }
  const lanes = [0, 0, 0, 0];
  for (let c = 0; c < cols; c++) {
    const t = f[y + c];
    lanes[c & 3] = r(lanes[c & 3] + r(t * r(top + r(shift - f[z + c]))));
    if (dz >= 0) f[dz + c] = m.math.flush(r(r(r(f[dz + c] / sum) - t) * s));
  }
  return addLanes(r, lanes);
}
