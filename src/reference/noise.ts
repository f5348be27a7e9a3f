import { Dropout, DropoutBackward, GaussianNoise, Op, State } from "../../assembly/records";
import type { Machine } from "./machine";
import type { Fields, Operation } from "./operation";
import { fillBits, fillNormal } from "./random";

/** Where a record's random numbers come from; that of the first row has the index 0. */
function source({ d }: Machine, { state, word }: Fields, fields: { seedLow: number; seedHigh: number; stream: number }) {
  const step = d[state + State.pass] >>> 0;
  return [word(fields.seedLow), word(fields.seedHigh), word(fields.stream), step] as const;
}

/** y = x ⊙ mask + offset. */
const dropout: Operation = (m, fields) => {
  const { rows, word, at, constant } = fields;
  const [cols, ld, threshold] = [word(Dropout.cols), word(Dropout.ld), word(Dropout.threshold) >>> 0];
  const [scale, kept, dropped] = [Dropout.scale, Dropout.kept, Dropout.dropped].map((field) => m.round(constant(field)));
  const [y, x, mask] = [at(Dropout.y), at(Dropout.x), at(Dropout.mask)];
  const words = new Uint32Array(cols);
  for (let row = 0; row < rows; row++) {
    fillBits(words, 0, cols, ...source(m, fields, Dropout), row * cols);
    for (let c = 0; c < cols; c++) {
      const n = row * ld + c, stays = words[c] >= threshold;
      m.f[mask + n] = stays ? scale : 0;
      m.f[y + n] = m.math.flush(m.round(m.round(m.f[x + n] * m.f[mask + n]) + (stays ? kept : dropped)));
    }
  }
};

/** dx = dy ⊙ mask. */
const dropoutBackward: Operation = ({ f, round, math }, { rows, word, at }) => {
  const [cols, ld] = [word(DropoutBackward.cols), word(DropoutBackward.ld)];
  const [dx, dy, mask] = [at(DropoutBackward.dx), at(DropoutBackward.dy), at(DropoutBackward.mask)];
  for (let row = 0; row < rows; row++) {
    for (let n = row * ld; n < row * ld + cols; n++) f[dx + n] = math.flush(round(f[dy + n] * f[mask + n]));
  }
};

/** y = x + deviation · normal numbers. */
const gaussianNoise: Operation = (m, fields) => {
  const { rows, word, at, constant } = fields;
  const [cols, ld, deviation] = [word(GaussianNoise.cols), word(GaussianNoise.ld), constant(GaussianNoise.deviation)];
  const [y, x] = [at(GaussianNoise.y), at(GaussianNoise.x)];
  const numbers = new Float32Array(cols);
  for (let row = 0; row < rows; row++) {
    fillNormal(numbers, 0, cols, 0, deviation, ...source(m, fields, GaussianNoise), row * cols);
    for (let c = 0; c < cols; c++) m.f[y + row * ld + c] = m.math.flush(m.round(m.f[x + row * ld + c] + numbers[c]));
  }
};

export const noise: { [Code in Op]?: Operation } = {
  [Op.Dropout]: dropout,
  [Op.DropoutBackward]: dropoutBackward,
  [Op.GaussianNoise]: gaussianNoise,
};
