import { checkInteger, checkName, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { checkClasses, checkList, checkTable, type NumberList, weightedMean, weightsOf } from "./checks";

/**
 * The classes that outputs of a network stand for: of each row the first of its largest; of a single output, such as a sigmoid's, 1 where it is
 * above ½, else 0.
 *
 * @param outputs rows × `classes`, as `predict` gives them
 * @param classes numbers in a row, from 1
 * @throws DeltawasmError `type`, `range`, `shape`, `empty`, `nonFinite`
 */
export function classesOf(outputs: NumberList, classes: number): Int32Array {
  checkInteger("classes", classes, 1);
  checkList("outputs", outputs);
  if (outputs.length % classes !== 0) throw new DeltawasmError("shape", `outputs: expected rows of ${classes} numbers, got ${outputs.length}, which is no multiple`);
  return Int32Array.from({ length: outputs.length / classes }, (_, row) => {
    if (classes === 1) return outputs[row] > 0.5 ? 1 : 0;
    let best = 0;
    for (let c = 1; c < classes; c++) if (outputs[row * classes + c] > outputs[row * classes + best]) best = c;
    return best;
  });
}

/**
 * The share of rows whose class is right, from 0 to 1.
 *
 * @param truth right classes, from 0
 * @param predicted as many classes
 * @param weights how much each row counts; default: all the same
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`
 */
export function accuracy(truth: NumberList, predicted: NumberList, weights?: NumberList): number {
  checkClasses("truth", truth, undefined);
  checkClasses("predicted", predicted, truth.length);
  return weightedMean(truth.length, weightsOf(weights, truth.length), (row) => (truth[row] === predicted[row] ? 1 : 0));
}

/**
 * The share of rows whose right class is among the `k` most probable ones; of equal ones the first count.
 *
 * @param truth right classes, from 0
 * @param probabilities rows × classes
 * @param k from 1
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`
 */
export function topKAccuracy(truth: NumberList, probabilities: NumberList, k: number, weights?: NumberList): number {
  checkList("truth", truth);
  const classes = checkTable("probabilities", probabilities, truth.length);
  checkClasses("truth", truth, undefined, classes);
  checkInteger("k", k, 1);
  return weightedMean(truth.length, weightsOf(weights, truth.length), (row) => {
    const right = probabilities[row * classes + truth[row]];
    let before = 0;
    for (let c = 0; c < classes; c++) {
      const other = probabilities[row * classes + c];
      if (other > right || (other === right && c < truth[row])) before++;
    }
    return before < k ? 1 : 0;
  });
}

/** The number of classes: as it is given, or one more than the largest that appears. */
function classCount(truth: NumberList, predicted: NumberList, given: number | undefined): number {
  if (given !== undefined) checkInteger("options.classes", given, 1);
  checkClasses("truth", truth, undefined, given);
  checkClasses("predicted", predicted, truth.length, given);
  if (given !== undefined) return given;
  let most = 0;
  for (let row = 0; row < truth.length; row++) most = Math.max(most, truth[row], predicted[row]);
  return most + 1;
}

/** Options of metrics of classes. */
export interface ClassOptions {
  /** Number of classes. Default: one more than the largest that appears. */
  classes?: number;
  /** How much each row counts. Default: all the same. */
  weights?: NumberList;
}

/**
 * How often, or by `weights` how heavily, class [row] was taken for class [column].
 *
 * @param truth right classes, from 0
 * @param predicted as many classes
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `unknown`
 */
export function confusionMatrix(truth: NumberList, predicted: NumberList, options: ClassOptions = {}): number[][] {
  const { classes, weights }: ClassOptions = checkOptions("options", options, ["classes", "weights"]);
  const count = classCount(truth, predicted, classes);
  const weight = weightsOf(weights, truth.length);
  const matrix = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (let row = 0; row < truth.length; row++) matrix[truth[row]][predicted[row]] += weight(row);
  return matrix;
}

/** How well a class, or several, are found. Where a share is 0 of 0 it counts as 0. */
export interface ClassScores {
  /** Of the rows that were taken for the class, the share that are of it. */
  precision: number;
  /** Of the rows of the class, the share that were found. */
  recall: number;
  /** 2 · precision · recall / (precision + recall), their harmonic mean. */
  f1: number;
  /** Rows of the class, by weight. */
  support: number;
}

/** What `classificationReport` gives. */
export interface ClassificationReport {
  /** Share of rows that are right. */
  accuracy: number;
  /** Each class, with its name. */
  classes: (ClassScores & { label: string })[];
  /** The means over classes that appear in `truth` or `predicted`, or over all where their number or names were given. */
  macro: ClassScores;
  /** The means over classes by their support. */
  weighted: ClassScores;
}

/** Options of `classificationReport`. */
export interface ReportOptions extends ClassOptions {
  /** Names of the classes. Default: their numbers. */
  labels?: readonly string[];
}

/**
 * Precision, recall and F1 of each class and over all, as scikit-learn's `classification_report`.
 *
 * @param truth right classes, from 0
 * @param predicted as many classes
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `unknown`
 *
 * @example classificationReport(labels, classesOf(network.predict(x), 3), { labels: ["setosa", "versicolor", "virginica"] }).macro.f1
 */
export function classificationReport(truth: NumberList, predicted: NumberList, options: ReportOptions = {}): ClassificationReport {
  const { labels, classes, weights }: ReportOptions = checkOptions("options", options, ["classes", "labels", "weights"]);
  if (labels !== undefined && !Array.isArray(labels)) throw new DeltawasmError("type", `options.labels: expected an array of names, got ${show(labels)}`);
  if (labels && classes !== undefined && labels.length !== classes) throw new DeltawasmError("shape", `options.labels: expected ${classes} names, got ${labels.length}`);
  const given = classes ?? labels?.length;
  const matrix = confusionMatrix(truth, predicted, { ...(given === undefined ? {} : { classes: given }), ...(weights === undefined ? {} : { weights }) });
  const all = scoresOf(matrix);
  const appearing = given === undefined ? appearingIn(truth, predicted).map((c) => all[c]) : all;
  const total = all.reduce((sum, { support }) => sum + support, 0);
  const mean = (scores: ClassScores[], weight: (score: ClassScores) => number): ClassScores => {
    const of = (name: "precision" | "recall" | "f1") => scores.reduce((sum, score) => sum + weight(score) * score[name], 0);
    return { precision: of("precision"), recall: of("recall"), f1: of("f1"), support: total };
  };
  return {
    accuracy: matrix.reduce((sum, row, c) => sum + row[c], 0) / total,
    classes: all.map((scores, c) => ({ label: labels?.[c] ?? String(c), ...scores })),
    macro: mean(appearing, () => 1 / appearing.length),
    weighted: mean(all, ({ support }) => support / total),
  };
}

/** Classes of any row, also of rows that count for nothing: a mean over classes has them, as in scikit-learn. */
function appearingIn(truth: NumberList, predicted: NumberList): number[] {
  const found = new Set<number>();
  for (let row = 0; row < truth.length; row++) found.add(truth[row]).add(predicted[row]);
  return [...found].sort((a, b) => a - b);
}

function scoresOf(matrix: readonly number[][]): ClassScores[] {
  return matrix.map((row, c) => {
    const support = row.reduce((sum, n) => sum + n, 0);
    const found = matrix.reduce((sum, other) => sum + other[c], 0);
    return { ...scores(row[c], found, support), support };
  });
}

/** Of so many hits, rows taken for a class, and rows of it. */
function scores(hits: number, found: number, support: number): Omit<ClassScores, "support"> {
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return { precision: share(hits, found), recall: share(hits, support), f1: share(2 * hits, found + support) };
}

/** How classes are joined: "macro": their mean; "weighted": by their support; "micro": over all rows alike; a number: this class alone. */
export type Average = "macro" | "weighted" | "micro" | number;

/** Options of `precision`, `recall` and `f1`. */
export interface AverageOptions extends ClassOptions {
  /** How classes are joined. Default "macro"; for two classes a 1 gives scikit-learn's "binary". */
  average?: Average;
}

function averaged(name: "precision" | "recall" | "f1", truth: NumberList, predicted: NumberList, given: AverageOptions): number {
  const { average = "macro", ...options }: AverageOptions = checkOptions("options", given, ["average", "classes", "weights"]);
  const report = classificationReport(truth, predicted, options);
  if (typeof average === "number") return report.classes[checkInteger("options.average", average, 0, report.classes.length - 1)][name];
  // Each row that isn't found is taken for another class: over all rows, precision, recall and F1 are the accuracy.
  return checkName("options.average", average, ["macro", "weighted", "micro"]) === "micro" ? report.accuracy : report[average as "macro" | "weighted"][name];
}

/**
 * Of the rows that were taken for a class, the share that are of it.
 *
 * @throws DeltawasmError as `classificationReport`
 */
export function precision(truth: NumberList, predicted: NumberList, options: AverageOptions = {}): number {
  return averaged("precision", truth, predicted, options);
}

/**
 * Of the rows of a class, the share that were found.
 *
 * @throws DeltawasmError as `classificationReport`
 */
export function recall(truth: NumberList, predicted: NumberList, options: AverageOptions = {}): number {
  return averaged("recall", truth, predicted, options);
}

/**
 * F1, the harmonic mean of precision and recall.
 *
 * @throws DeltawasmError as `classificationReport`
 */
export function f1(truth: NumberList, predicted: NumberList, options: AverageOptions = {}): number {
  return averaged("f1", truth, predicted, options);
}
