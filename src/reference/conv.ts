import { ConvProduct, ConvTurn, ConvWeightGradient, Op, PANEL, Window, WINDOW_WORDS } from "../../assembly/records";
import type { Machine } from "./machine";
import type { Operation } from "./operation";

// Convolutions as sums over windows. Addresses are indices of `m.f` here.

type WindowOf = { [Name in keyof typeof Window]: number };

const names = Object.keys(Window).filter((key) => Number.isNaN(Number(key))) as (keyof typeof Window)[];

/** The window block at word `at`. */
function readWindow({ i }: Machine, at: number): WindowOf {
  return Object.fromEntries(names.map((name) => [name, i[at + Window[name]]])) as WindowOf;
}

/** Floats between the panels of weights with so many terms. */
function panelStride(terms: number): number {
  return ((terms + 3) & ~3) * PANEL;
}

/** The terms of a target in ascending order, those of points inside: visits the number of the tap and the address of the point. */
function eachTap(w: WindowOf, x: number, row: number, gy: number, gx: number, visit: (tap: number, point: number) => void): void {
  for (let ty = 0; ty < w.tapsY; ty++) {
    const y = gy * w.stepY + w.offsetY + ty * w.dilationY;
    if (y < 0 || y >= w.height) continue;
    for (let tx = 0; tx < w.tapsX; tx++) {
      const column = gx * w.stepX + w.offsetX + tx * w.dilationX;
      if (column < 0 || column >= w.width) continue;
      visit(ty * w.tapsX + tx, x + row * w.rowStride + (y * w.width + column) * w.pointStride);
    }
  }
}

/** The targets of the batch in ascending order. */
function eachTarget(w: WindowOf, batch: number, visit: (row: number, gy: number, gx: number, index: number) => void): void {
  let index = 0;
  for (let row = 0; row < batch; row++) {
    for (let gy = 0; gy < w.gridHeight; gy++) {
      for (let gx = 0; gx < w.gridWidth; gx++) visit(row, gy, gx, index++);
    }
  }
}

const product: Operation = (m, { batch, word, at }) => {
  const { f, round } = m;
  const { flush } = m.math;
  const x = at(ConvProduct.x), bias = at(ConvProduct.bias), groups = word(ConvProduct.groups);
  for (let n = 0; n < word(ConvProduct.count); n++) {
    const window = readWindow(m, at(ConvProduct.windows) + n * WINDOW_WORDS);
    const { cols, channels } = window;
    const stride = panelStride(window.tapsY * window.tapsX * channels);
    const sums = new Array<number>(cols * groups);
    eachTarget(window, batch, (row, gy, gx) => {
      sums.fill(0);
      eachTap(window, x, row, gy, gx, (tap, point) => {
        for (let o = 0; o < cols * groups; o++) {
          const g = Math.floor(o / cols), col = o % cols;
          const w = at(ConvProduct.w) + window.weights + g * window.groupWeights + (col >> 3) * stride + tap * channels * PANEL + (col & 7);
          let sum = sums[o];
          for (let c = 0; c < channels; c++) sum = round(sum + round(f[point + g * channels + c] * f[w + c * PANEL]));
          sums[o] = sum;
        }
      });
      const y = at(ConvProduct.y) + window.first + row * window.targetRow + gy * window.targetY + gx * window.targetX;
      for (let o = 0; o < cols * groups; o++) f[y + o] = flush(bias < 0 ? sums[o] : round(sums[o] + f[bias + o]));
    });
  }
};

const turn: Operation = (m, { word, at }) => {
  const { f } = m;
  for (let n = 0; n < word(ConvTurn.count); n++) {
    const window = readWindow(m, at(ConvTurn.windows) + n * WINDOW_WORDS);
    const { channels, cols, tapsY, tapsX } = window;
    const stride = panelStride(tapsY * tapsX * channels), wStride = panelStride(word(ConvTurn.taps) * cols);
    for (let g = 0; g < word(ConvTurn.groups); g++) {
      const to = at(ConvTurn.to) + window.weights + g * window.groupWeights, w = at(ConvTurn.w) + g * Math.ceil(channels / PANEL) * wStride;
      for (let t = 0; t < tapsY * tapsX; t++) {
        const tap = window.kernelFirst + Math.floor(t / tapsX) * window.kernelY + (t % tapsX) * window.kernelX;
        for (let o = 0; o < channels; o++) {
          for (let c = 0; c < cols; c++) {
            f[to + (c >> 3) * stride + (t * channels + o) * PANEL + (c & 7)] = f[w + (o >> 3) * wStride + (tap * cols + c) * PANEL + (o & 7)];
          }
        }
      }
    }
  }
};

const weightGradient: Operation = (m, { batch, rows, word, at }) => {
  const { f, round } = m;
  const { flush } = m.math;
  const window = readWindow(m, at(ConvWeightGradient.window));
  const { cols, channels, tapsY, tapsX, groupWeights } = window;
  const groups = word(ConvWeightGradient.groups), lddz = word(ConvWeightGradient.lddz);
  const dw = at(ConvWeightGradient.dw), dz = at(ConvWeightGradient.dz), dbias = at(ConvWeightGradient.dbias);
  const terms = tapsY * tapsX * channels, stride = panelStride(terms);
  const places: number[] = [];
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < cols; o++) {
      for (let k = 0; k < terms; k++) places.push(dw + g * groupWeights + (o >> 3) * stride + k * PANEL + (o & 7));
    }
  }
  for (const place of places) f[place] = 0;
  eachTarget(window, batch, (row, gy, gx, target) => {
    eachTap(window, at(ConvWeightGradient.x), row, gy, gx, (tap, point) => {
      for (let o = 0; o < cols * groups; o++) {
        const g = Math.floor(o / cols), col = o % cols, d = f[dz + target * lddz + o];
        const to = dw + g * groupWeights + (col >> 3) * stride + tap * channels * PANEL + (col & 7);
        for (let c = 0; c < channels; c++) f[to + c * PANEL] = round(f[to + c * PANEL] + round(f[point + g * channels + c] * d));
      }
    });
  });
  for (const place of places) f[place] = flush(f[place]);
  if (dbias >= 0) sumRows(m, dbias, dz, lddz, rows, cols * groups);
};

/** sum[cols] = Σ over rows of x[rows, cols]. */
function sumRows({ f, round, math }: Machine, sums: number, x: number, ldx: number, rows: number, cols: number): void {
  for (let c = 0; c < cols; c++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum = round(sum + f[x + row * ldx + c]);
    f[sums + c] = math.flush(sum);
  }
}

/** Convolutions. */
export const conv: { [Code in Op]?: Operation } = {
  [Op.ConvProduct]: product,
  [Op.ConvTurn]: turn,
  [Op.ConvWeightGradient]: weightGradient,
};
