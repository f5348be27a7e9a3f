import { describe, test } from "vitest";
import { dense, gradientCheck, type LossName, Network, type Rows, Trainer } from "../../src/index";
import { expectHarmlessRefusal, expectRefusal, type Refusal, type Subject, x, y } from "../support/refusals";

const any = (value: unknown) => value as Rows;
const withLabel = (label: unknown) => any([0, 2, label, 1]);
const withRow = (row: unknown) => any([[1, 0, 0], [0, 1, 0], row, [0, 0, 1]]);

/** Targets that crossEntropy over three classes and four rows does not take. */
const badTargets: [what: string, targets: () => Rows, code: Refusal["code"], says: RegExp][] = [
  ["undefined", () => any(undefined), "type", /y: expected an array of numbers or of rows, got undefined/],
  ["null", () => any(null), "type", /y: .* got null/],
  ["text", () => any("0211"), "type", /y: .* got "0211"/],
  ["big integers", () => any(new BigInt64Array(4)), "type", /y: .* got BigInt64Array of 4/],
  ["a DataView", () => any(new DataView(new ArrayBuffer(4))), "type", /y: .* got DataView of 4/],
  ["no labels", () => [], "empty", /y: expected at least one row, got none/],
  ["a label too few", () => y.slice(1), "shape", /y: expected 4 class indices or 4 rows of 3 probabilities, as many as .*x has rows, got 1/],
  ["a label too many", () => new Uint8Array(5), "shape", /y: expected 4 class indices or 4 rows .* got 5/],
  ["a row too few", () => new Float32Array(9).fill(1 / 3), "shape", /y: expected 4 class indices or 4 rows .* got 3/],
  ["the number of classes", () => withLabel(3), "label", /y: row 2: expected a class index, a whole number from 0 to 2, got 3/],
  ["a negative label", () => new Int8Array([0, 1, 2, -1]), "label", /y: row 3: .* got -1/],
  ["a fractional label", () => new Float64Array([0, 1.5, 1, 1]), "label", /y: row 1: .* got 1.5/],
  ["a label that is NaN", () => withLabel(NaN), "label", /y: row 2: .* got NaN/],
  ["a label that is Infinity", () => withLabel(Infinity), "label", /y: row 2: .* got Infinity/],
  ["a label beyond 32 bits", () => withLabel(2 ** 32), "label", /y: row 2: .* got 4294967296/],
  ["a label as text", () => withLabel("1"), "label", /y: row 2: .* got "1"/],
  ["a label that is null", () => withLabel(null), "label", /y: row 2: .* got null/],
  ["a label that is missing", () => [0, 2, , 1] as number[], "label", /y: row 2: .* got undefined/],
  ["a label as a big integer", () => withLabel(1n), "label", /y: row 2: .* got 1n/],
  ["a label as an object", () => withLabel({ valueOf: () => 1 }), "label", /y: row 2: .* got an object/],
  ["labels as columns", () => any([[0], [2], [1], [1]]), "shape", /y\[0\]: expected a row of 3 numbers, got 1/],
  ["a row with a class too many", () => withRow([0, 0, 0, 1]), "shape", /y\[2\]: expected a row of 3 numbers, got 4/],
  ["a row that is missing", () => withRow(undefined), "type", /y\[2\]: expected a row of 3 numbers, got undefined/],
  ["a row with NaN", () => withRow([0, NaN, 1]), "nonFinite", /y: row 2, column 1: expected a finite number, got NaN/],
  ["a row with text", () => withRow([0, "1", 0]), "type", /y: row 2, column 1: expected a number, got "1"/],
  ["a row with a symbol", () => withRow([0, Symbol("s"), 1]), "type", /y: row 2, column 1: expected a number, got Symbol\(s\)/],
  ["a row with a big integer", () => withRow([0, 1n, 0]), "type", /y: row 2, column 1: expected a number, got 1n/],
  ["a row with a negative share", () => withRow([1.1, -0.1, 0]), "range", /y: row 2, column 1: expected a probability, got -0.1/],
  ["a row that sums to 2", () => withRow([1, 0, 1]), "range", /y: row 2: expected probabilities that sum to 1, got a sum of 2/],
  ["a row that sums to 0", () => withRow([0, 0, 0]), "range", /y: row 2: .* got a sum of 0/],
];

const callsWithTargets: [name: string, call: (subject: Subject, targets: Rows) => unknown][] = [
  ["step", ({ trainer }, targets) => trainer.step(x, targets)],
  ["gradients", ({ trainer }, targets) => trainer.gradients(x, targets)],
  ["fit", ({ trainer }, targets) => trainer.fit({ x, y: targets })],
  ["validation", ({ trainer }, targets) => trainer.fit({ x, y }, { validation: { x, y: targets } })],
  ["evaluate", ({ trainer }, targets) => trainer.evaluate({ x, y: targets })],
  ["gradientCheck", ({ network }, targets) => gradientCheck(network, { x, y: targets, loss: "crossEntropy" })],
];

describe.each(callsWithTargets)("%s refuses targets:", (_name, call) => {
  test.each(badTargets)("%s", async (name, targets, code, says) => {
    await expectHarmlessRefusal({ name, code, says, call: (subject) => call(subject, targets()) });
  });
});

const badTargetsOfLosses: [loss: LossName, what: string, targets: Rows, code: Refusal["code"], says: RegExp][] = [
  ["binaryCrossEntropy", "a share above 1", [0, 1, 1.25, 0], "range", /^y: row 1, column 0: expected a number from 0 to 1, got 1.25/],
  ["binaryCrossEntropy", "a share below 0", [[0, 1], [0, -0.5]], "range", /^y: row 1, column 1: expected a number from 0 to 1, got -0.5/],
  ["binaryCrossEntropy", "labels", [0, 1], "shape", /^y: expected 2 rows of 2, as many as x has rows, got 1/],
  ["meanSquaredError", "one row for two", [1, 2], "shape", /^y: expected 2 rows of 2, as many as x has rows, got 1/],
  ["meanSquaredError", "a number too few", [1, 2, 3], "shape", /^y: expected rows of 2 numbers, got 3 numbers/],
  ["huber", "Infinity", [1, 2, 3, Infinity], "nonFinite", /^y: row 1, column 1: expected a finite number, got Infinity/],
];

test.each(badTargetsOfLosses)("%s refuses targets: %s", async (loss, name, targets, code, says) => {
  using network = await Network.create({ input: 1, layers: [dense(2, "sigmoid")] });
  const trainer = new Trainer(network, { loss });
  await expectRefusal({ name, code, says, call: () => trainer.step([1, 2], targets) }, undefined);
});
