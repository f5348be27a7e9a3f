import { columnMomentsPart, normaliseBackwardPart, normalisePart, runningInverse, runningMoments } from "./batchNorm";
import { forwardPart, inputGradientPart, updatePart, weightGradientPart } from "./dense";
import { get, word } from "./fields";
import { layerNormBackwardPart, layerNormForwardPart } from "./layerNorm";
import { maxPiecesBackwardPart, maxPiecesPart } from "./maxPieces";
import { normaliseSumsPart } from "./normaliseSums";
import {
  activationBackwardPart, activationForwardPart, checkGradientPart, clipNorm, clipValuePart, lossPart, meanLoss, nextBatch,
  optimizePart, scalePart, squareSumsPart, takeBatchPart,
} from "./operations";
import { advance } from "./optimizer";
import { preluBackwardPart, preluForwardPart, preluGradientPart, sumRow } from "./prelu";
import { Op, POINTS, RECORD_WORDS, State } from "./records";
import { smallStep } from "./small";

/**
 * Walks `count` records `repeats` times; returns how many rounds were finished. A round that may not go on (its loss is not
 * finite, say) ends the run before anything was updated, with the reason in the state.
 */
export function run(state: usize, records: usize, count: i32, repeats: i32): i32 {
  const end = records + (<usize>count * RECORD_WORDS << 2);
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) {
      if (!execute(r, state, 0, 1)) return round;
    }
  }
  return repeats;
}

/** Carries out a record, or the part of one thread among `size`. False where the round may not go on. */
export function execute(r: usize, state: usize, thread: i32, size: i32): bool {
  const rows = <i32>get(state, State.rows) * word(r, POINTS);
  switch (word(r, 0)) {
    case Op.NextBatch: nextBatch(state); return true;
    case Op.TakeBatch: takeBatchPart(r, state, rows, thread, size); return true;
    case Op.DenseForward: forwardPart(r, state, rows, thread, size); return true;
    case Op.ActivationForward: activationForwardPart(r, rows, thread, size); return true;
    case Op.Loss: lossPart(r, rows, thread, size); return true;
    case Op.MeanLoss: return meanLoss(r, state, rows);
    case Op.ActivationBackward: activationBackwardPart(r, rows, thread, size); return true;
    case Op.DenseWeightGradient: weightGradientPart(r, state, rows, thread, size); return true;
    case Op.DenseInputGradient: inputGradientPart(r, state, rows, thread, size); return true;
    case Op.ClipValue: clipValuePart(r, state, thread, size); return true;
    case Op.SquareSums: squareSumsPart(r, thread, size); return true;
    case Op.ClipNorm: clipNorm(r, state); return true;
    case Op.Scale: scalePart(r, state, thread, size); return true;
    case Op.CheckGradient: return checkGradientPart(r, state, thread, size);
    case Op.Advance: advance(state); return true;
    case Op.Optimize: optimizePart(r, state, thread, size); return true;
    case Op.SmallStep: return smallStep(r, state);
    case Op.ColumnMoments: columnMomentsPart(r, state, rows, thread, size); return true;
    case Op.RunningMoments: runningMoments(r, rows); return true;
    case Op.RunningInverse: runningInverse(r); return true;
    case Op.Normalise: normalisePart(r, rows, thread, size); return true;
    case Op.NormaliseSums: normaliseSumsPart(r, state, rows, thread, size); return true;
    case Op.NormaliseBackward: normaliseBackwardPart(r, rows, thread, size); return true;
    case Op.LayerNormForward: layerNormForwardPart(r, rows, thread, size); return true;
    case Op.LayerNormBackward: layerNormBackwardPart(r, rows, thread, size); return true;
    case Op.PreluForward: preluForwardPart(r, rows, thread, size); return true;
    case Op.PreluBackward: preluBackwardPart(r, rows, thread, size); return true;
    case Op.PreluGradient: preluGradientPart(r, state, rows, thread, size); return true;
    case Op.SumRow: sumRow(r); return true;
    case Op.MaxPieces: maxPiecesPart(r, rows, thread, size); return true;
    case Op.MaxPiecesBackward: maxPiecesBackwardPart(r, rows, thread, size); return true;
    default: updatePart(r, state, rows, thread, size); return true;
  }
}
