/**
 * Metrics of predictions. Sums are in 64 bits; what scikit-learn has too is checked against it.
 *
 * @module deltawasm/metrics
 */
export type { NumberList } from "./checks";
export {
  accuracy, type Average, type AverageOptions, classesOf, type ClassificationReport, classificationReport, type ClassOptions, type ClassScores,
  confusionMatrix, f1, precision, recall, type ReportOptions, topKAccuracy,
} from "./classification";
export { logLoss, rocAuc } from "./probabilities";
export { meanAbsoluteError, r2, rootMeanSquaredError } from "./regression";
