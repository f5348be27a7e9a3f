// The numeric core of deltawasm/predict: the records that predictions have, and no others.
import { addPart, copyPart, toChannelsFirstPart, toChannelsLastPart } from "./arrange";
import { normalisePart, runningInverse } from "./batchNorm";
import { convProductPart } from "./conv";
import { forwardPart } from "./dense";
import { embeddingForwardPart } from "./embedding";
import { get, word } from "./fields";
import { layerNormForwardPart } from "./layerNorm";
import { maxPiecesPart } from "./maxPieces";
import { activationForwardPart } from "./operations";
import { preluForwardPart } from "./prelu";
import { Op, POINTS, RECORD_WORDS, State } from "./records";
import { repeatColumnsPart } from "./repeat";
import { sweepPart } from "./sweep";

export { clean, largest } from "./gradient";
export { heapBase } from "./index";

/** Walks `count` records `repeats` times; returns how many rounds were finished. */
export function run(state: usize, records: usize, count: i32, repeats: i32): i32 {
  const end = records + (<usize>count * RECORD_WORDS << 2);
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) if (!execute(r, state)) return round;
  }
  return repeats;
}

/** Carries out a record, as `execute` of the whole core. False where it is none of a prediction. */
function execute(r: usize, state: usize): bool {
  const rows = <i32>get(state, State.rows) * word(r, POINTS);
  switch (word(r, 0)) {
    case Op.DenseForward: forwardPart(r, state, rows, 0, 1); return true;
    case Op.ActivationForward: activationForwardPart(r, rows, 0, 1); return true;
    case Op.ConvProduct: convProductPart(r, state, 0, 1); return true;
    case Op.Add: addPart(r, rows, 0, 1); return true;
    case Op.Copy: copyPart(r, rows, 0, 1); return true;
    case Op.ToChannelsLast: toChannelsLastPart(r, rows, 0, 1); return true;
    case Op.ToChannelsFirst: toChannelsFirstPart(r, rows, 0, 1); return true;
    case Op.MaxPool:
    case Op.AvgPool:
    case Op.DepthwiseForward: sweepPart(r, rows, 0, 1); return true;
    case Op.RepeatColumns: repeatColumnsPart(r, rows, 0, 1); return true;
    case Op.RunningInverse: runningInverse(r); return true;
    case Op.Normalise: normalisePart(r, rows, 0, 1); return true;
    case Op.LayerNormForward: layerNormForwardPart(r, rows, 0, 1); return true;
    case Op.PreluForward: preluForwardPart(r, rows, 0, 1); return true;
    case Op.MaxPieces: maxPiecesPart(r, rows, 0, 1); return true;
    case Op.EmbeddingForward: embeddingForwardPart(r, rows, 0, 1); return true;
    default: return false;
  }
}
