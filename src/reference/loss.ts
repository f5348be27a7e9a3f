import { LossKind } from "../../assembly/records";
import { rowExp, rowMax } from "./activation";
import { addLanes, type Machine } from "./machine";

/** (1 − smoothing) · y + smoothing / classes. */
function smooth({ round: r }: Machine, y: number, smoothing: number, classes: number): number {
  return smoothing === 0 ? y : r(r(r(1 - smoothing) * y) + r(smoothing / classes));
}

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
      const t = smooth(m, y, p, 2);
      return [r(r(Math.max(a, 0) - r(a * t)) + tail), r(math.sigmoid(a) - t)];
    }
    default:
      throw new RangeError(`loss code ${kind}`);
  }
}

/**
 * The loss of each row to `rowLoss` (not yet averaged) and, where `da` ≥ 0, scale · its derivative to da[rows, cols].
 * For binaryCrossEntropy and crossEntropy `a` holds pre-activations, and targets are smoothed by `parameter`. `ldy` 0: class indices.
 * Where `weights` ≥ 0, each row's gradient counts as often as its weight says, and a row of weight 0 is left out.
 */
export function lossRows(
  m: Machine, kind: LossKind, da: number, a: number, y: number, rows: number, cols: number, ld: number, ldy: number,
  rowLoss: number, parameter: number, scale: number, weights: number,
): void {
  const { f, round: r } = m;
  const p = r(parameter);
  for (let row = 0; row < rows; row++, a += ld) {
    const s = r(weights < 0 ? scale : scale * f[weights + row]);
    let loss: number;
    if (weights >= 0 && f[weights + row] === 0) {
      if (da >= 0) f.fill(0, da, da + cols);
      loss = 0;
    } else if (kind === LossKind.crossEntropy) loss = crossEntropyRow(m, da, a, y + row * (ldy || 1), cols, ldy === 0, p, s);
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

/** −Σ y·ln softmax(z), with y a row of probabilities or one class index; dz = scale · (softmax(z) − y). y is smoothed first. */
function crossEntropyRow(
  m: Machine, dz: number, z: number, y: number, cols: number, isIndex: boolean, smoothing: number, s: number,
): number {
  const { f, round: r } = m;
  const shift = rowMax(m, z, cols);
  const sum = rowExp(m, dz, z, cols, shift);
  const top = m.math.log(sum);
  if (isIndex) {
    const label = m.i[y];
    const loss = r(top + r(shift - f[z + label]));
    const kept = r(1 - smoothing), added = r(smoothing / cols);
    const all = [0, 0, 0, 0];
    for (let c = 0; c < cols; c++) {
      all[c & 3] = r(all[c & 3] + r(top + r(shift - f[z + c])));
      if (dz >= 0) f[dz + c] = m.math.flush(r(r(r(f[dz + c] / sum) - (c === label ? r(kept + added) : added)) * s));
    }
    return smoothing === 0 ? loss : r(r(kept * loss) + r(added * addLanes(r, all)));
  }
  const lanes = [0, 0, 0, 0];
  for (let c = 0; c < cols; c++) {
    const t = smooth(m, f[y + c], smoothing, cols);
    lanes[c & 3] = r(lanes[c & 3] + r(t * r(top + r(shift - f[z + c]))));
    if (dz >= 0) f[dz + c] = m.math.flush(r(r(r(f[dz + c] / sum) - t) * s));
  }
  return addLanes(r, lanes);
}
