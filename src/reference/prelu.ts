import { Op, PreluBackward, PreluForward, PreluGradient, SumRow } from "../../assembly/records";
import { columnSum } from "./columns";
import type { Machine } from "./machine";
import type { Fields, Operation } from "./operation";

export const prelu: { [Code in Op]?: Operation } = {
  [Op.PreluForward]: preluForward,
  [Op.PreluBackward]: preluBackward,
  [Op.PreluGradient]: preluGradient,
  [Op.SumRow]: sumRow,
};

function preluForward({ f, round: r, math: { flush } }: Machine, { rows, word, at }: Fields): void {
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < word(PreluForward.cols); c++) {
      const x = f[at(PreluForward.x) + row * word(PreluForward.ldx) + c];
      const weight = f[at(PreluForward.weight) + c * word(PreluForward.each)];
      f[at(PreluForward.y) + row * word(PreluForward.ldy) + c] = flush(x > 0 ? x : r(x * weight));
    }
  }
}

function preluBackward({ f, round: r, math: { flush } }: Machine, { rows, word, at }: Fields): void {
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < word(PreluBackward.cols); c++) {
      const x = f[at(PreluBackward.x) + row * word(PreluBackward.ldx) + c];
      const dy = f[at(PreluBackward.dy) + row * word(PreluBackward.lddy) + c];
      const weight = f[at(PreluBackward.weight) + c * word(PreluBackward.each)];
      f[at(PreluBackward.dx) + row * word(PreluBackward.lddx) + c] = flush(x > 0 ? dy : r(dy * weight));
    }
  }
}

function preluGradient(m: Machine, { rows, word, at }: Fields): void {
  const { f, round: r, math: { flush } } = m;
  for (let c = 0; c < word(PreluGradient.cols); c++) {
    f[at(PreluGradient.dweight) + c] = flush(r(columnSum(m, rows, (row) => {
      const x = f[at(PreluGradient.x) + row * word(PreluGradient.ldx) + c];
      return x > 0 ? 0 : r(f[at(PreluGradient.dy) + row * word(PreluGradient.lddy) + c] * x);
    })));
  }
}

function sumRow({ f, round: r, math: { flush } }: Machine, { word, at }: Fields): void {
  let sum = 0;
  for (let c = 0; c < word(SumRow.cols); c++) sum += f[at(SumRow.x) + c];
  f[at(SumRow.y)] = flush(r(sum));
}
