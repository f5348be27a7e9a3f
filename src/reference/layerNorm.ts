import { LayerNormBackward, LayerNormForward, Op } from "../../assembly/records";
import type { Machine } from "./machine";
import type { Fields, Operation } from "./operation";

export const layerNorm: { [Code in Op]?: Operation } = {
  [Op.LayerNormForward]: layerNormForward,
  [Op.LayerNormBackward]: layerNormBackward,
};

/** Σ over columns of a term, in 64 bits: four lanes, (0 + 1) + (2 + 3). */
function rowSum(cols: number, term: (c: number) => number): number {
  const lanes = [0, 0, 0, 0];
  for (let c = 0; c < cols; c++) lanes[c & 3] += term(c);
  return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}

function layerNormForward({ f, round: r, math: { flush } }: Machine, { rows, word, at, constant }: Fields): void {
  const cols = word(LayerNormForward.cols), epsilon = constant(LayerNormForward.epsilon);
  const weight = at(LayerNormForward.weight), bias = at(LayerNormForward.bias);
  for (let row = 0; row < rows; row++) {
    const x = at(LayerNormForward.x) + row * word(LayerNormForward.ldx), y = at(LayerNormForward.y) + row * word(LayerNormForward.ldy);
    const mean = flush(r(rowSum(cols, (c) => f[x + c]) / cols));
    const variance = rowSum(cols, (c) => {
      const d = r(f[x + c] - mean);
      return d * d;
    }) / cols;
    const inverse = flush(r(1 / Math.sqrt(variance + epsilon)));
    if (at(LayerNormForward.mean) >= 0) f[at(LayerNormForward.mean) + row] = mean;
    if (at(LayerNormForward.inverse) >= 0) f[at(LayerNormForward.inverse) + row] = inverse;
    for (let c = 0; c < cols; c++) {
      const n = r(r(f[x + c] - mean) * inverse);
      f[y + c] = flush(weight < 0 ? n : r(r(n * f[weight + c]) + f[bias + c]));
    }
  }
}

function layerNormBackward({ f, round: r, math: { flush } }: Machine, { rows, word, at }: Fields): void {
  const cols = word(LayerNormBackward.cols), weight = at(LayerNormBackward.weight);
  for (let row = 0; row < rows; row++) {
    const dx = at(LayerNormBackward.dx) + row * word(LayerNormBackward.lddx), dy = at(LayerNormBackward.dy) + row * word(LayerNormBackward.lddy);
    const x = at(LayerNormBackward.x) + row * word(LayerNormBackward.ldx);
    const mean = f[at(LayerNormBackward.mean) + row], inverse = f[at(LayerNormBackward.inverse) + row];
    const g = (c: number) => (weight < 0 ? f[dy + c] : r(f[dy + c] * f[weight + c]));
    const normalised = (c: number) => r(r(f[x + c] - mean) * inverse);
    const shift = r(rowSum(cols, g) / cols), slope = r(rowSum(cols, (c) => r(g(c) * normalised(c))) / cols);
    for (let c = 0; c < cols; c++) f[dx + c] = flush(r(inverse * r(g(c) - r(shift + r(normalised(c) * slope)))));
  }
}
