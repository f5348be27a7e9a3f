import { DeltawasmError } from "../core/errors";
import { checkClasses, checkList, checkTable, type NumberList, weightedMean, weightsOf } from "./checks";
import { naturalLog } from "./naturalLog";

/** Probabilities are kept this far from 0 and 1: the distance from 1 to the next 64-bit number, as in scikit-learn. */
const EPSILON = Number.EPSILON;

/**
 * Mean of −ln p, p the probability of the right class; also called cross-entropy. The same bits in every runtime.
 *
 * @param truth right classes, from 0
 * @param probabilities rows × classes, of which each row is divided by its sum; or one a row, that of class 1
 * @param weights how much each row counts; default: all the same
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`
 */
export function logLoss(truth: NumberList, probabilities: NumberList, weights?: NumberList): number {
  checkList("truth", truth);
  const columns = checkTable("probabilities", probabilities, truth.length);
  checkClasses("truth", truth, undefined, Math.max(2, columns));
  for (let n = 0; n < probabilities.length; n++) {
    if (probabilities[n] < 0 || probabilities[n] > 1) throw new DeltawasmError("range", `probabilities[${n}]: expected a number from 0 to 1, got ${probabilities[n]}`);
  }
  const clipped = (p: number) => Math.min(1 - EPSILON, Math.max(EPSILON, p));
  return weightedMean(truth.length, weightsOf(weights, truth.length), (row) => {
    if (columns === 1) return -naturalLog(truth[row] === 1 ? clipped(probabilities[row]) : 1 - clipped(probabilities[row]));
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += clipped(probabilities[row * columns + c]);
    return -naturalLog(clipped(probabilities[row * columns + truth[row]]) / sum);
  });
}

/**
 * The area under the ROC curve: the probability that a random row of the class has a higher score than a random row of another, a tie counting
 * half (Mann & Whitney). Of more than two classes, the mean of each against the rest. NaN where a class has no row, or all rows.
 *
 * @param truth right classes, from 0
 * @param scores one a row, that of class 1; or rows × classes
 * @param weights how much each row counts; default: all the same
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`
 */
export function rocAuc(truth: NumberList, scores: NumberList, weights?: NumberList): number {
  checkList("truth", truth);
  const columns = checkTable("scores", scores, truth.length);
  checkClasses("truth", truth, undefined, Math.max(2, columns));
  const weight = weightsOf(weights, truth.length);
  const area = (column: number, label: number) => areaUnder(truth.length, (row) => truth[row] === label, (row) => scores[row * columns + column], weight);
  if (columns <= 2) return area(columns - 1, 1);
  let sum = 0;
  for (let c = 0; c < columns; c++) sum += area(c, c);
  return sum / columns;
}

function areaUnder(rows: number, isPositive: (row: number) => boolean, score: (row: number) => number, weight: (row: number) => number): number {
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => score(a) - score(b));
  let [won, below, positives] = [0, 0, 0];
  for (let from = 0; from < rows;) {
    // Rows of the same score: those of the class win against all others below, and half against those beside them.
    let [here, others] = [0, 0];
    const value = score(order[from]);
    for (; from < rows && score(order[from]) === value; from++) {
      const row = order[from];
      if (isPositive(row)) here += weight(row);
      else others += weight(row);
    }
    won += here * (below + others / 2);
    below += others;
    positives += here;
  }
  return won / (positives * below);
}
