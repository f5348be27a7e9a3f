import {
  AccumulateGradient, MaxNorm, MeanGradient, Op, PANEL, ScheduledRate, SkipUnlessDue, State, SumWeights,
} from "../../assembly/records";
import type { Machine } from "./machine";
import type { Operation } from "./operation";

/** Whether the batches that are accumulated make an update: there are enough, or no more rows. */
function isDue({ d }: Machine, s: number): boolean {
  return d[s + State.accumulated] >= d[s + State.accumulate] || d[s + State.cursor] >= d[s + State.rowCount];
}

/** How many records after that at word `r` are left out. */
export function skipped(m: Machine, r: number, s: number): number {
  return m.i[r] === Op.SkipUnlessDue && !isDue(m, s) ? m.i[r + SkipUnlessDue.records] : 0;
}

/** Scales the incoming weights of each output whose norm is beyond `limit`. */
function maxNorm({ f, round: r, math }: Machine, w: number, inputs: number, outputs: number, limit: number): void {
  const panel = ((inputs + 3) & ~3) * PANEL;
  for (let o = 0; o < outputs; o++) {
    const first = w + Math.floor(o / PANEL) * panel + (o % PANEL);
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum = r(sum + math.flush(r(f[first + i * PANEL] * f[first + i * PANEL])));
    const norm = r(Math.sqrt(sum));
    if (!(norm > limit && norm < Infinity)) continue;
    const factor = r(limit / norm);
    for (let i = 0; i < inputs; i++) f[first + i * PANEL] = math.flush(r(f[first + i * PANEL] * factor));
  }
}

const sumWeights: Operation = ({ f, d }, { rows, state, at }) => {
  const weights = at(SumWeights.weights);
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += f[weights + row];
  d[state + State.weight] = sum;
};

const accumulateGradient: Operation = ({ f, d, round: r, math }, { state, word, at }) => {
  const sum = at(AccumulateGradient.sum), g = at(AccumulateGradient.g);
  const weight = r(d[state + State.weight]), isFirst = d[state + State.accumulated] === 0;
  for (let i = 0; i < word(AccumulateGradient.count); i++) f[sum + i] = math.flush(r((isFirst ? 0 : f[sum + i]) + r(weight * f[g + i])));
};

const meanGradient: Operation = ({ f, d, round: r, math }, { state, word, at }) => {
  const g = at(MeanGradient.g), sum = at(MeanGradient.sum), weight = r(d[state + State.accumulatedWeight]);
  for (let i = 0; i < word(MeanGradient.count); i++) f[g + i] = math.flush(r(f[sum + i] / (weight > 0 ? weight : 1)));
};

const countBatch: Operation = (m, { state }) => {
  m.d[state + State.accumulated] += 1;
  m.d[state + State.accumulatedWeight] += m.d[state + State.weight];
  if (!isDue(m, state)) m.d[state + State.pass] += 1;
};

/** What a step does beside forward, backward and update. */
export const training: { [Code in Op]?: Operation } = {
  [Op.SumWeights]: sumWeights,
  [Op.MaxNorm]: (m, { state, word, at }) => (
    maxNorm(m, at(MaxNorm.w), word(MaxNorm.inputs), word(MaxNorm.outputs), m.round(m.d[state + State.maxNorm]))
  ),
  [Op.AccumulateGradient]: accumulateGradient,
  [Op.MeanGradient]: meanGradient,
  [Op.CountBatch]: countBatch,
  [Op.SkipUnlessDue]: () => {},
  [Op.ResetCount]: ({ d }, { state }) => {
    d[state + State.accumulated] = 0;
    d[state + State.accumulatedWeight] = 0;
  },
  [Op.ScheduledRate]: ({ d }, { state, word }) => {
    const rates = word(ScheduledRate.rates) >>> 3;
    d[state + State.learningRate] = d[rates + d[state + State.step] - d[state + State.rateStart]];
  },
};
