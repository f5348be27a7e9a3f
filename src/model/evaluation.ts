import { accuracy, type ClassificationReport, classificationReport, classesOf, confusionMatrix, logLoss, meanAbsoluteError, r2, rocAuc, rootMeanSquaredError } from "deltawasm/metrics";
import type { Task } from "deltawasm/data";

/** How well a classifier does on rows whose classes are known. */
export interface ClassifierEvaluation {
  /** Rows that were judged: those with a target. */
  rows: number;
  /** `accuracy`, `macroF1`, `logLoss`, and `rocAuc` where there are two classes and both appear. */
  metrics: Record<string, number>;
  /** Precision, recall and F1 of each class. */
  report: ClassificationReport;
  /** How often class [row] was taken for class [column]. */
  confusion: { labels: string[]; counts: number[][] };
}

/** How well a model does on rows whose numbers are known. */
export interface RegressionEvaluation {
  /** Rows that were judged: those with a target. */
  rows: number;
  /** `rmse` and `mae`, in the target's own units, and `r2`. */
  metrics: Record<string, number>;
  /** Right numbers and the model's, row by row. */
  predictions: { truth: number[]; predicted: number[] };
}

/** What `model.evaluate` gives. */
export type ModelEvaluation<T extends Task = Task> = T extends "classification" ? ClassifierEvaluation : RegressionEvaluation;

/** Judges probabilities, `outputs` a row or one of a sigmoid, by class indices. */
export function evaluateClasses(truth: ArrayLike<number>, outputs: Float32Array, width: number, names: readonly string[]): ClassifierEvaluation {
  const labels = [...names];
  const predicted = classesOf(outputs, width);
  const report = classificationReport(truth, predicted, { labels });
  const hasBoth = labels.length === 2 && new Set(Array.from(truth)).size === 2;
  const scores = width === 1 ? outputs : outputs.filter((_, n) => n % 2 === 1);
  return {
    rows: truth.length,
    metrics: {
      accuracy: accuracy(truth, predicted), macroF1: report.macro.f1, logLoss: logLoss(truth, outputs),
      ...(hasBoth ? { rocAuc: rocAuc(truth, scores) } : {}),
    },
    report,
    confusion: { labels, counts: confusionMatrix(truth, predicted, { classes: labels.length }) },
  };
}

/** Judges numbers. */
export function evaluateNumbers(truth: number[], predicted: number[]): RegressionEvaluation {
  return {
    rows: truth.length,
    metrics: { rmse: rootMeanSquaredError(truth, predicted), mae: meanAbsoluteError(truth, predicted), r2: r2(truth, predicted) },
    predictions: { truth, predicted },
  };
}
