import {
  ColumnMoments, Normalise, NormaliseBackward, NormaliseSums, Op, RunningInverse, RunningMoments,
} from "../../assembly/records";
import { columnSum } from "./columns";
import type { Machine } from "./machine";
import type { Fields, Operation } from "./operation";

export const batchNorm: { [Code in Op]?: Operation } = {
  [Op.ColumnMoments]: columnMoments,
  [Op.RunningMoments]: runningMoments,
  [Op.RunningInverse]: runningInverse,
  [Op.Normalise]: normalise,
  [Op.NormaliseSums]: normaliseSums,
  [Op.NormaliseBackward]: normaliseBackward,
};

function columnMoments(m: Machine, { rows, word, at, constant }: Fields): void {
  const { f, round: r, math: { flush } } = m;
  const ldx = word(ColumnMoments.ldx), epsilon = constant(ColumnMoments.epsilon);
  for (let c = 0; c < word(ColumnMoments.cols); c++) {
    const x = at(ColumnMoments.x) + c;
    const mean = flush(r(columnSum(m, rows, (row) => f[x + row * ldx]) / rows));
    const variance = columnSum(m, rows, (row) => {
      const d = r(f[x + row * ldx] - mean);
      return r(d * d);
    }) / rows;
    f[at(ColumnMoments.mean) + c] = mean;
    f[at(ColumnMoments.variance) + c] = flush(r(variance));
    // NaN where twice the variance is beyond 32 bits, so that the step is refused.
    const twice = r(variance * 2);
    f[at(ColumnMoments.inverse) + c] = flush(r(twice - twice + 1 / Math.sqrt(variance + epsilon)));
  }
}

function runningMoments({ f, round: r, math: { flush } }: Machine, { rows, word, at, constant }: Fields): void {
  const momentum = constant(RunningMoments.momentum);
  const mean = at(RunningMoments.runningMean), variance = at(RunningMoments.runningVariance);
  // What is beyond 32 bits is left out: an activation may have hidden it from the loss.
  const move = (running: number, to: number) => {
    const moved = flush(r((1 - momentum) * f[running] + momentum * to));
    if (Number.isFinite(moved)) f[running] = moved;
  };
  for (let c = 0; c < word(RunningMoments.cols); c++) {
    move(mean + c, f[at(RunningMoments.mean) + c]);
    if (rows > 1) move(variance + c, f[at(RunningMoments.variance) + c] * (rows / (rows - 1)));
  }
}

function runningInverse({ f, round: r, math: { flush } }: Machine, { word, at, constant }: Fields): void {
  const epsilon = constant(RunningInverse.epsilon);
  for (let c = 0; c < word(RunningInverse.cols); c++) {
    f[at(RunningInverse.inverse) + c] = flush(r(1 / Math.sqrt(f[at(RunningInverse.variance) + c] + epsilon)));
  }
}

function normalise({ f, round: r, math: { flush } }: Machine, { rows, word, at }: Fields): void {
  const weight = at(Normalise.weight), bias = at(Normalise.bias);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < word(Normalise.cols); c++) {
      const x = f[at(Normalise.x) + row * word(Normalise.ldx) + c];
      let y = r(r(x - f[at(Normalise.mean) + c]) * f[at(Normalise.inverse) + c]);
      if (weight >= 0) y = r(y * f[weight + c]);
      if (bias >= 0) y = r(y + f[bias + c]);
      f[at(Normalise.y) + row * word(Normalise.ldy) + c] = flush(y);
    }
  }
}

function normaliseSums(m: Machine, { rows, word, at }: Fields): void {
  const { f, round: r, math: { flush } } = m;
  const ofRows = word(NormaliseSums.ofRows) === 1;
  for (let c = 0; c < word(NormaliseSums.cols); c++) {
    const dy = (row: number) => f[at(NormaliseSums.dy) + row * word(NormaliseSums.lddy) + c];
    const normalised = (row: number) => {
      const n = ofRows ? row : c;
      const x = f[at(NormaliseSums.x) + row * word(NormaliseSums.ldx) + c];
      return r(r(x - f[at(NormaliseSums.mean) + n]) * f[at(NormaliseSums.inverse) + n]);
    };
    f[at(NormaliseSums.dbias) + c] = flush(r(columnSum(m, rows, dy)));
    f[at(NormaliseSums.dweight) + c] = flush(r(columnSum(m, rows, (row) => r(dy(row) * normalised(row)))));
  }
}

function normaliseBackward({ f, round: r, math: { flush } }: Machine, { rows, word, at }: Fields): void {
  const weight = at(NormaliseBackward.weight), dweight = at(NormaliseBackward.dweight), dbias = at(NormaliseBackward.dbias);
  for (let c = 0; c < word(NormaliseBackward.cols); c++) {
    const inverse = f[at(NormaliseBackward.inverse) + c];
    const scale = weight < 0 ? inverse : r(f[weight + c] * inverse);
    const mean = dweight < 0 ? 0 : f[at(NormaliseBackward.mean) + c];
    const shift = dweight < 0 ? 0 : r(f[dbias + c] / rows), slope = dweight < 0 ? 0 : r(r(f[dweight + c] / rows) * inverse);
    for (let row = 0; row < rows; row++) {
      let d = f[at(NormaliseBackward.dy) + row * word(NormaliseBackward.lddy) + c];
      if (dweight >= 0) {
        const x = f[at(NormaliseBackward.x) + row * word(NormaliseBackward.ldx) + c];
        d = r(d - r(shift + r(r(x - mean) * slope)));
      }
      f[at(NormaliseBackward.dx) + row * word(NormaliseBackward.lddx) + c] = flush(r(scale * d));
    }
  }
}
