import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type FoldOptions, kFoldIndices, splitIndices, type SplitOptions, takeRows } from "deltawasm/data";
import { refused } from "../support/refusals";

interface Case {
  labels: number[];
  folds: number[][];
  test: number;
  held: number[];
}
// Counted by scikit-learn: test/fixtures/data/make.py.
const cases = JSON.parse(readFileSync(new URL("../fixtures/data/splits.json", import.meta.url), "utf8")) as Case[];

const countsOf = (rows: ArrayLike<number>, labels: number[]) => {
  const counts = new Array<number>(Math.max(...labels) + 1).fill(0);
  for (const row of Array.from(rows)) counts[labels[row]]++;
  return counts;
};
const all = (rows: number) => Array.from({ length: rows }, (_, n) => n);
const together = (...parts: ArrayLike<number>[]) => parts.flatMap((part) => Array.from(part)).sort((a, b) => a - b);

describe("a split", () => {
  test.each([[{ test: 0.2 }], [{ validation: 0.3, test: 0.25 }], [{ validation: 0.5, shuffle: false }], [{ test: 0.2, seed: 9 }]] as [SplitOptions][])("%j gives each row to one part", (options) => {
    for (const rows of [4, 10, 151]) {
      const { training, validation, test: held } = splitIndices(rows, options);
      expect(together(training, validation, held)).toEqual(all(rows));
      expect([validation.length, held.length]).toEqual([Math.round(rows * (options.validation ?? 0)), Math.round(rows * (options.test ?? 0))]);
      for (const part of [training, validation, held]) expect(part).toEqual(part.slice().sort());
    }
  });

  test("without shuffling takes rows in order", () => {
    expect(splitIndices(5, { validation: 0.2, test: 0.4, shuffle: false })).toEqual({ training: Int32Array.of(0, 1), validation: Int32Array.of(2), test: Int32Array.of(3, 4) });
  });

  test("is another for another seed, and the same for the same", () => {
    const held = (seed: number) => splitIndices(200, { test: 0.5, seed }).test;
    expect(held(1)).toEqual(held(1));
    expect(held(1)).not.toEqual(held(2));
    // Half of them are in both by chance: 25 of 50 expected among 100 of 200, and 6 deviations of 3.5 around that.
    const shared = held(1).filter((row) => held(2).includes(row)).length;
    expect(Math.abs(shared - 50)).toBeLessThan(21);
  });

  test.each(cases)("stratified has each class's share to within a row, as scikit-learn has ($test)", ({ labels, test: share, held }) => {
    for (const seed of [0, 1, 2]) {
      const split = splitIndices(labels.length, { test: share, stratify: labels, seed });
      countsOf(split.test, labels).forEach((count, label) => {
        expect(Math.abs(count - held[label])).toBeLessThanOrEqual(1);
        expect(Math.abs(count - share * labels.filter((one) => one === label).length)).toBeLessThan(1);
      });
      expect(Math.abs(split.test.length - share * labels.length)).toBeLessThan(1);
    }
  });

  test("stratified by many small classes leaves no part empty", () => {
    const labels = all(60).map((n) => `class ${n % 30}`);
    const { training, validation, test: held } = splitIndices(60, { validation: 0.2, test: 0.1, stratify: labels });
    expect([training.length, validation.length, held.length].map((length, n) => Math.abs(length - [42, 12, 6][n]) <= 1)).toEqual([true, true, true]);
  });
});

describe("cross-validation", () => {
  test.each([[{}], [{ shuffle: false }], [{ seed: 3 }]] as [FoldOptions][])("%j judges each row once", (options) => {
    const folds = kFoldIndices(23, 4, options);
    expect(together(...folds.map(({ validation }) => validation))).toEqual(all(23));
    for (const { training, validation } of folds) {
      expect(together(training, validation)).toEqual(all(23));
      expect([5, 6]).toContain(validation.length);
    }
  });

  test("in order has runs of rows", () => {
    expect(kFoldIndices(6, 3, { shuffle: false }).map(({ validation }) => [...validation])).toEqual([[0, 1], [2, 3], [4, 5]]);
  });

  test.each(cases)("stratified deals classes out as scikit-learn does", ({ labels, folds }) => {
    for (const shuffle of [false, true]) {
      const ours = kFoldIndices(labels.length, folds.length, { stratify: labels, shuffle }).map(({ validation }) => countsOf(validation, labels));
      for (const [label] of folds[0].entries()) {
        const of = (counts: number[][]) => counts.map((fold) => fold[label]).sort((a, b) => a - b);
        expect(of(ours)).toEqual(of(folds));
      }
    }
  });
});

test("rows of a table are taken by their numbers", () => {
  const table = { columns: ["a"], rows: [["x"], ["y"], ["z"]] };
  expect(takeRows(table, [2, 0])).toEqual({ columns: ["a"], rows: [["z"], ["x"]] });
  expect(() => takeRows(table, [3])).toThrow(/^indices: expected row numbers from 0 to 2, got 3/);
});

test.each<[string, () => unknown, string, RegExp]>([
  ["no rows", () => splitIndices(0), "range", /^rows: expected a whole number/],
  ["a share of 1", () => splitIndices(5, { test: 1 }), "range", /^options\.test/],
  ["shares that leave nothing", () => splitIndices(10, { test: 0.5, validation: 0.5 }), "empty", /leave none to learn from/],
  ["a share that is no row", () => splitIndices(3, { test: 0.1 }), "empty", /^options\.test: a share of 0\.1 of 3 rows is no row/],
  ["classes of other rows", () => splitIndices(3, { test: 0.4, stratify: [1, 2] }), "shape", /^options\.stratify: expected 3 classes/],
  ["classes that are none", () => splitIndices(3, { test: 0.4, stratify: 5 as never }), "type", /^options\.stratify/],
  ["a misspelt option", () => splitIndices(3, { tests: 0.4 } as never), "unknown", /^options\.tests/],
  ["one fold", () => kFoldIndices(5, 1), "range", /^folds: expected a whole number from 2 to 5/],
  ["more folds than rows", () => kFoldIndices(5, 6), "range", /^folds/],
])("refuses %s", async (_, call, code, words) => {
  const error = await refused(async () => call());
  expect(error.message).toMatch(words);
  expect(error.code).toBe(code);
});
