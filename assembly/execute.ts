import { addPart, copyPart, toChannelsFirstPart, toChannelsLastPart } from "./arrange";
import { augmentPart } from "./augment";
import { columnMomentsPart, normaliseBackwardPart, normalisePart, runningInverse, runningMoments } from "./batchNorm";
import { accumulateGradientPart, countBatch, lastSkipped, meanGradientPart, resetCount } from "./accumulate";
import { convProductPart, convTurnPart, convWeightGradientPart } from "./conv";
import { forwardPart, inputGradientPart, updatePart, weightGradientPart } from "./dense";
import { depthwiseWeightGradientPart } from "./depthwiseGradient";
import { embeddingForwardPart, embeddingWeightGradientPart } from "./embedding";
import { get, word } from "./fields";
import { layerNormBackwardPart, layerNormForwardPart } from "./layerNorm";
import { maxPiecesBackwardPart, maxPiecesPart } from "./maxPieces";
import { normaliseSumsPart } from "./normaliseSums";
import { dropoutBackwardPart, dropoutPart, gaussianNoisePart } from "./noise";
import { maxNormPart } from "./maxNorm";
import {
  activationBackwardPart, activationForwardPart, checkGradientPart, clipNorm, clipValuePart, lossPart, meanLoss, nextBatch,
  optimizePart, scalePart, scheduledRate, squareSumsPart, takeBatchPart,
} from "./operations";
import { advance } from "./optimizer";
import { preluBackwardPart, preluForwardPart, preluGradientPart, sumRow } from "./prelu";
import { Op, POINTS, RECORD_WORDS, State } from "./records";
import { repeatColumnsPart, sumRepeatsPart } from "./repeat";
import { sumWeights } from "./rowWeights";
import { smallStep } from "./small";
import { sweepPart } from "./sweep";

/**
 * Walks `count` records `repeats` times; returns how many rounds were finished. A round that may not go on (its loss is not
 * finite, say) ends the run before anything was updated, with the reason in the state.
 */
export function run(state: usize, records: usize, count: i32, repeats: i32): i32 {
  const end = records + (<usize>count * RECORD_WORDS << 2);
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) {
      if (!execute(r, state, 0, 1)) return round;
      r = lastSkipped(r, state);
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
    case Op.Loss: lossPart(r, state, rows, thread, size); return true;
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
    case Op.ConvProduct: convProductPart(r, state, thread, size); return true;
    case Op.ConvTurn: convTurnPart(r, thread, size); return true;
    case Op.ConvWeightGradient: convWeightGradientPart(r, state, rows, thread, size); return true;
    case Op.SmallStep: return smallStep(r, state);
    case Op.Add: addPart(r, rows, thread, size); return true;
    case Op.Copy: copyPart(r, rows, thread, size); return true;
    case Op.ToChannelsLast: toChannelsLastPart(r, rows, thread, size); return true;
    case Op.ToChannelsFirst: toChannelsFirstPart(r, rows, thread, size); return true;
    case Op.MaxPool:
    case Op.MaxPoolGradient:
    case Op.AvgPool:
    case Op.AvgPoolGradient:
    case Op.DepthwiseForward:
    case Op.DepthwiseInputGradient: sweepPart(r, rows, thread, size); return true;
    case Op.DepthwiseWeightGradient: depthwiseWeightGradientPart(r, rows, thread, size); return true;
    case Op.RepeatColumns: repeatColumnsPart(r, rows, thread, size); return true;
    case Op.SumRepeats: sumRepeatsPart(r, rows, thread, size); return true;
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
    case Op.Dropout: dropoutPart(r, state, rows, thread, size); return true;
    case Op.DropoutBackward: dropoutBackwardPart(r, rows, thread, size); return true;
    case Op.GaussianNoise: gaussianNoisePart(r, state, rows, thread, size); return true;
    case Op.EmbeddingForward: embeddingForwardPart(r, rows, thread, size); return true;
    case Op.EmbeddingWeightGradient: embeddingWeightGradientPart(r, rows, thread, size); return true;
    case Op.SumWeights: sumWeights(r, state, rows); return true;
    case Op.MaxNorm: maxNormPart(r, state, thread, size); return true;
    case Op.AccumulateGradient: accumulateGradientPart(r, state, thread, size); return true;
    case Op.MeanGradient: meanGradientPart(r, state, thread, size); return true;
    case Op.CountBatch: countBatch(state); return true;
    case Op.SkipUnlessDue: return true;
    case Op.ResetCount: resetCount(state); return true;
    case Op.ScheduledRate: scheduledRate(r, state); return true;
    case Op.Augment: augmentPart(r, state, rows, thread, size); return true;
    case Op.DenseUpdate: updatePart(r, state, rows, thread, size); return true;
    // Not a record of this core.
    default: return false;
  }
}
