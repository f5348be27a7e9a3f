import { checkList, type NumberList, weightedMean, weightsOf } from "./checks";

/** A mean over the differences of two lists. */
function meanOf(truth: NumberList, predicted: NumberList, weights: NumberList | undefined, value: (difference: number) => number): number {
  checkList("truth", truth);
  checkList("predicted", predicted, truth.length);
  return weightedMean(truth.length, weightsOf(weights, truth.length), (row) => value(truth[row] - predicted[row]));
}

/**
 * Mean of |truth − predicted|, in the target's units.
 *
 * @param truth right numbers
 * @param predicted as many
 * @param weights how much each row counts; default: all the same
 * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`, `range`
 */
export function meanAbsoluteError(truth: NumberList, predicted: NumberList, weights?: NumberList): number {
  return meanOf(truth, predicted, weights, Math.abs);
}

/**
 * √ of the mean of (truth − predicted)², in the target's units.
 *
 * @throws DeltawasmError as `meanAbsoluteError`
 */
export function rootMeanSquaredError(truth: NumberList, predicted: NumberList, weights?: NumberList): number {
  return Math.sqrt(meanOf(truth, predicted, weights, (difference) => difference * difference));
}

/**
 * R², the share of the target's variance that is explained: 1 − Σ(truth − predicted)² / Σ(truth − mean)². 1 is perfect, 0 as good as the mean. Where
 * all of `truth` is the same: 1 if `predicted` is as well, else 0.
 *
 * @throws DeltawasmError as `meanAbsoluteError`
 */
export function r2(truth: NumberList, predicted: NumberList, weights?: NumberList): number {
  const unexplained = meanOf(truth, predicted, weights, (difference) => difference * difference);
  const weight = weightsOf(weights, truth.length);
  const mean = weightedMean(truth.length, weight, (row) => truth[row]);
  const variance = weightedMean(truth.length, weight, (row) => (truth[row] - mean) * (truth[row] - mean));
  if (variance === 0 || isSame(truth, weight)) return unexplained === 0 ? 1 : 0;
  return 1 - unexplained / variance;
}

/** Whether all that counts is one number. Its mean is rounded, so a variance would be next to 0 and R² of any size. */
function isSame(truth: NumberList, weight: (row: number) => number): boolean {
  let first: number | undefined;
  for (let row = 0; row < truth.length; row++) {
    if (weight(row) === 0) continue;
    if (first === undefined) first = truth[row];
    else if (truth[row] !== first) return false;
  }
  return true;
}
