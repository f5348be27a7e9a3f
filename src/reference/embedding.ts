import { EmbeddingForward, EmbeddingWeightGradient, Op, PANEL, POINTS } from "../../assembly/records";
import type { Operation } from "./operation";

/** Floats from row to row of a table. */
const tableStride = (cols: number) => Math.ceil(cols / PANEL) * PANEL;

/** y[rows, points, cols] = the rows of w that x[rows, points] names. */
const embeddingForward: Operation = ({ f }, { rows, word, at }) => {
  const [y, x, w] = [at(EmbeddingForward.y), at(EmbeddingForward.x), at(EmbeddingForward.w)];
  const [ldy, ldx, cols, points] = [word(EmbeddingForward.ldy), word(EmbeddingForward.ldx), word(EmbeddingForward.cols), word(POINTS)];
  for (let n = 0; n < rows; n++) {
    const row = w + f[x + Math.floor(n / points) * ldx + (n % points)] * tableStride(cols);
    for (let c = 0; c < cols; c++) f[y + n * ldy + c] = f[row + c];
  }
};

/** dw = 0, then each row of dy is added to the row of dw that x names. */
const embeddingWeightGradient: Operation = ({ f, round, math }, { rows, word, at }) => {
  const [dw, dy, x] = [at(EmbeddingWeightGradient.dw), at(EmbeddingWeightGradient.dy), at(EmbeddingWeightGradient.x)];
  const [lddy, ldx, cols] = [word(EmbeddingWeightGradient.lddy), word(EmbeddingWeightGradient.ldx), word(EmbeddingWeightGradient.cols)];
  const [count, points] = [word(EmbeddingWeightGradient.count), word(POINTS)];
  f.fill(0, dw, dw + count * tableStride(cols));
  for (let n = 0; n < rows; n++) {
    const row = dw + f[x + Math.floor(n / points) * ldx + (n % points)] * tableStride(cols);
    for (let c = 0; c < cols; c++) f[row + c] = math.flush(round(f[row + c] + f[dy + n * lddy + c]));
  }
};

export const embedding: { [Code in Op]?: Operation } = {
  [Op.EmbeddingForward]: embeddingForward,
  [Op.EmbeddingWeightGradient]: embeddingWeightGradient,
};
