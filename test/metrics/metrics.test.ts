import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  accuracy, type Average, classesOf, classificationReport, confusionMatrix, f1, logLoss, meanAbsoluteError, precision, r2, recall, rocAuc,
  rootMeanSquaredError, topKAccuracy,
} from "deltawasm/metrics";
import { naturalLog } from "../../src/metrics/naturalLog";
import { refused } from "../support/refusals";

type Three = [number, number, number];
interface Case {
  classes: number;
  truth: number[];
  predicted: number[];
  probabilities: number[];
  weights: number[] | null;
  accuracy: number;
  confusion: number[][];
  perClass: [number[], number[], number[], number[]];
  logLoss: number;
  rocAuc: number;
  macro: Three;
  weighted: Three;
  micro: Three;
  top2?: number;
}
interface Regression {
  truth: number[];
  predicted: number[];
  weights: number[] | null;
  meanAbsoluteError: number;
  rootMeanSquaredError: number;
  r2: number | null;
}
// By scikit-learn: test/fixtures/metrics/make.py.
const { cases, sparse, regressions, logs } = JSON.parse(readFileSync(new URL("../fixtures/metrics/metrics.json", import.meta.url), "utf8")) as {
  cases: Case[]; sparse: Pick<Case, "truth" | "predicted" | "weights" | "accuracy" | "macro" | "weighted" | "micro">[]; regressions: Regression[]; logs: [number, number][];
};

// Both sum in 64 bits, in other orders: a few hundred roundings of 1e-16.
const close = (ours: number, theirs: number) => expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(theirs)));

describe.each(cases.map((one, n) => ({ ...one, n })))("case $n: $classes classes", ({ classes, truth, predicted, probabilities, weights: given, ...theirs }) => {
  const weights = given ?? undefined;
  const withWeights = weights ? { classes, weights } : { classes };

  test("accuracy, confusion matrix, precision, recall, F1", () => {
    close(accuracy(truth, predicted, weights), theirs.accuracy);
    expect(confusionMatrix(truth, predicted, withWeights)).toEqual(theirs.confusion);
    const report = classificationReport(truth, predicted, withWeights);
    close(report.accuracy, theirs.accuracy);
    report.classes.forEach((scores, c) => (["precision", "recall", "f1", "support"] as const).forEach((name, k) => close(scores[name], theirs.perClass[k][c])));
    for (const average of ["macro", "weighted", "micro"] as const) {
      [precision, recall, f1].forEach((metric, k) => close(metric(truth, predicted, { ...withWeights, average }), theirs[average][k]));
    }
    [precision, recall, f1].forEach((metric, k) => close(metric(truth, predicted, { ...withWeights, average: 1 }), theirs.perClass[k][1]));
  });

  test("log loss, ROC AUC, top k, and classes of probabilities", () => {
    close(logLoss(truth, probabilities, weights), theirs.logLoss);
    close(rocAuc(truth, probabilities, weights), theirs.rocAuc);
    if (theirs.top2 !== undefined) close(topKAccuracy(truth, probabilities, 2, weights), theirs.top2);
    close(topKAccuracy(truth, probabilities, 1, weights), accuracy(truth, classesOf(probabilities, classes), weights));
    if (classes !== 2) return;
    const ofOne = probabilities.filter((_, n) => n % 2 === 1);
    close(rocAuc(truth, ofOne, weights), theirs.rocAuc);
    close(logLoss(truth, ofOne, weights), theirs.logLoss);
    expect(classesOf(ofOne, 1)).toEqual(Int32Array.from(ofOne, (p) => (p > 0.5 ? 1 : 0)));
  });
});

test.each(sparse)("classes that are absent, or count for nothing: $truth, $predicted, $weights", ({ truth, predicted, weights: given, ...theirs }) => {
  const weights = given ?? undefined;
  close(accuracy(truth, predicted, weights), theirs.accuracy);
  for (const average of ["macro", "weighted", "micro"] as const) {
    [precision, recall, f1].forEach((metric, k) => close(metric(truth, predicted, weights ? { average, weights } : { average }), theirs[average][k]));
  }
});

test.each(regressions)("errors of numbers, $#", ({ truth, predicted, weights: given, ...theirs }) => {
  const weights = given ?? undefined;
  close(meanAbsoluteError(truth, predicted, weights), theirs.meanAbsoluteError);
  close(rootMeanSquaredError(truth, predicted, weights), theirs.rootMeanSquaredError);
  // 1 − a quotient: what is lost when 5·n is taken from numbers of the size of 1 is lost in both, in other orders.
  if (theirs.r2 !== null) expect(Math.abs(r2(truth, predicted, weights) - theirs.r2)).toBeLessThan(1e-11);
});

test("what has no value, or a chosen one", () => {
  expect(rocAuc([1, 1], [0.2, 0.4])).toBeNaN();
  expect(rocAuc([0, 1, 0], [0.5, 0.5, 0.5])).toBe(0.5);
  expect([r2([2, 2], [2, 2]), r2([2, 2], [2, 3])]).toEqual([1, 0]);
  // The mean of three times 0.1 is not 0.1 in 64 bits.
  expect([r2([0.1, 0.1, 0.1], [0.1, 0.1, 0.1]), r2([0.1, 0.1, 0.1], [0.2, 0.1, 0.1]), r2([0.1, 0.1, 0.1, 7], [0.2, 0.1, 0.1, 7], [1, 1, 1, 0])]).toEqual([1, 0, 0]);
  expect(logLoss([1], [0])).toBeCloseTo(36.04, 2);
  expect(topKAccuracy([2], [0.25, 0.25, 0.25, 0.25], 2)).toBe(0);
  expect(topKAccuracy([1], [0.25, 0.25, 0.25, 0.25], 2)).toBe(1);
});

test("the logarithm is within 2 ulp of NumPy's in 80 bits", () => {
  for (const [x, theirs] of logs) {
    const ulp = theirs === 0 ? 2 ** -1074 : 2 ** (Math.floor(Math.log2(Math.abs(theirs))) - 52);
    expect(Math.abs(naturalLog(x) - theirs) / ulp).toBeLessThanOrEqual(2);
  }
});

test.each<[string, () => unknown, string, RegExp]>([
  ["names", () => accuracy(["a"] as never, [0]), "type", /^truth\[0\]: expected a number, got "a"/],
  ["no rows", () => accuracy([], []), "empty", /^truth: expected rows/],
  ["other lengths", () => f1([0, 1], [0]), "shape", /^predicted: expected 2 numbers, one a row, got 1/],
  ["classes below 0", () => accuracy([0, -1], [0, 0]), "label", /^truth\[1\]: expected a class index, a whole number from 0, got -1/],
  ["a class too many", () => confusionMatrix([0, 1], [0, 2], { classes: 2 }), "label", /^predicted\[1\]: expected a class index from 0 to 1, got 2/],
  ["probabilities for other rows", () => logLoss([0, 1], [0.1, 0.9, 0.3]), "shape", /^probabilities: expected numbers for 2 rows, as many as truth has, got 3/],
  ["a probability of 2", () => logLoss([0, 1], [0.1, 2]), "range", /^probabilities\[1\]: expected a number from 0 to 1, got 2/],
  ["NaN", () => rocAuc([0, 1], [0.1, NaN]), "nonFinite", /^scores\[1\]: expected a finite number, got NaN/],
  ["a negative weight", () => meanAbsoluteError([1], [1], [-1]), "range", /^weights\[0\]/],
  ["weights of 0", () => accuracy([1], [1], [0]), "range", /^weights: expected at least one row that counts/],
  ["names of other classes", () => classificationReport([0, 1], [0, 1], { labels: ["a"] }), "label", /^truth\[1\]/],
  ["an average that nobody knows", () => f1([0, 1], [0, 1], { average: "binary" as Average }), "unknown", /^options\.average: expected one of macro, weighted, micro/],
  ["a class alone that isn't there", () => f1([0, 1], [0, 1], { average: 2 }), "range", /^options\.average/],
  ["outputs that are no rows", () => classesOf([1, 2, 3], 2), "shape", /^outputs: expected rows of 2 numbers, got 3/],
  ["no k", () => topKAccuracy([0], [1, 0], 0), "range", /^k: expected a whole number/],
])("refuses %s", async (_, call, code, words) => {
  const error = await refused(async () => call());
  expect(error.message).toMatch(words);
  expect(error.code).toBe(code);
});
