import { describe, test } from "vitest";
import { gradientCheck, type Rows } from "../../src/index";
import { expectHarmlessRefusal, type Refusal, type Subject, x, y } from "../support/refusals";

/** What a program without types may pass. */
const any = (value: unknown) => value as Rows;

class Rectangle { length = 12; }

const detached = () => {
  const numbers = new Float32Array(12);
  structuredClone(numbers.buffer, { transfer: [numbers.buffer] });
  return numbers;
};
const resized = () => {
  // Resizable buffers are younger than the language level that the tests are checked at.
  const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer & { resize(bytes: number): void })(48, { maxByteLength: 96 });
  const numbers = new Float32Array(buffer, 0, 12);
  buffer.resize(16);
  return numbers;
};
const holes = () => {
  const numbers = new Array(12).fill(0.5);
  delete numbers[7];
  return numbers;
};
const withRow = (row: number, value: unknown) => any(x.map((given, n) => (n === row ? value : given)));
const withNumber = (value: unknown) => withRow(2, [0, value, 0]);
const lying = (length: unknown) => any(new Proxy([1, 2, 3], { get: (target, key) => (key === "length" ? length : target[key as never]) }));

/** Inputs that no call takes, with the code and what the message says after the argument's name. */
const badInputs: [what: string, inputs: () => Rows, code: Refusal["code"], says: RegExp][] = [
  ["undefined", () => any(undefined), "type", /: expected an array of numbers or of rows, got undefined/],
  ["null", () => any(null), "type", /got null/],
  ["a number", () => any(7), "type", /got 7/],
  ["text", () => any("0.1, 0.2, 0.3"), "type", /got "0.1, 0.2, 0.3"/],
  ["a big integer", () => any(3n), "type", /got 3n/],
  ["a function", () => any(() => x), "type", /got a function/],
  ["a symbol", () => any(Symbol("x")), "type", /got Symbol\(x\)/],
  ["an object", () => any({ 0: 1, length: 3 }), "type", /got an object/],
  ["an object of a class", () => any(new Rectangle()), "type", /got an object/],
  ["a set", () => any(new Set([1, 2, 3])), "type", /got an object of type Set/],
  ["a promise", () => any(Promise.resolve(x)), "type", /got an object of type Promise/],
  ["a buffer", () => any(new ArrayBuffer(48)), "type", /got an object of type ArrayBuffer/],
  ["a DataView", () => any(new DataView(new ArrayBuffer(48))), "type", /got DataView of 48/],
  ["big integers", () => any(new BigInt64Array(12)), "type", /got BigInt64Array of 12/],
  ["no rows", () => [], "empty", /: expected at least one row, got none/],
  ["a typed array of no rows", () => new Float32Array(0), "empty", /got none/],
  ["numbers of a detached buffer", detached, "empty", /got none/],
  ["numbers outside of a resized buffer", resized, "empty", /got none/],
  ["an empty row", () => [[]], "shape", /\[0\]: expected a row of 3 numbers, got 0/],
  ["one number too few", () => new Float32Array(11), "shape", /: expected rows of 3 numbers, got 11 numbers/],
  ["a row that is too short", () => withRow(2, [1, 2]), "shape", /\[2\]: expected a row of 3 numbers, got 2/],
  ["a row that is too long", () => withRow(3, new Float64Array(4)), "shape", /\[3\]: expected a row of 3 numbers, got 4/],
  ["a row that is missing", () => withRow(1, undefined), "type", /\[1\]: expected a row of 3 numbers, got undefined/],
  ["a row that is null", () => withRow(0, null), "type", /\[0\]: expected a row of 3 numbers, got null/],
  ["a row that is text", () => withRow(1, "abc"), "type", /\[1\]: expected a row of 3 numbers, got "abc"/],
  ["a row of big integers", () => withRow(1, new BigUint64Array(3)), "type", /\[1\]: expected a row of 3 numbers, got BigUint64Array of 3/],
  ["rows in rows in rows", () => withRow(0, [[1], [2], [3]]), "type", /: row 0, column 0: expected a number, got an array of 1/],
  ["rows mixed with numbers", () => any([1, [2], ...new Array(10).fill(0)]), "type", /: row 0, column 1: expected a number, got an array of 1/],
  ["a hole", () => any(holes()), "type", /: row 2, column 1: expected a number, got undefined/],
  ["nothing but holes", () => any(new Array(12)), "type", /\[0\]: expected a row of 3 numbers, got undefined/],
  ["NaN", () => withNumber(NaN), "nonFinite", /: row 2, column 1: expected a finite number, got NaN/],
  ["Infinity", () => withNumber(Infinity), "nonFinite", /: row 2, column 1: expected a finite number, got Infinity/],
  ["-Infinity", () => new Float64Array(12).fill(-Infinity), "nonFinite", /: row 0, column 0: expected a finite number, got -Infinity/],
  ["a number beyond 32-bit floats", () => withNumber(1e39), "nonFinite", /row 2, column 1: .* 1e\+39, which is beyond a 32-bit float/],
  ["the least number that rounds to Infinity", () => withNumber(-3.4028235677973366e38), "nonFinite", /beyond a 32-bit float/],
  ["a number as text", () => withNumber("0.5"), "type", /: row 2, column 1: expected a number, got "0.5"/],
  ["null for a number", () => withNumber(null), "type", /got null/],
  ["true for a number", () => withNumber(true), "type", /got true/],
  ["a big integer for a number", () => withNumber(1n), "type", /got 1n/],
  ["a symbol for a number", () => withNumber(Symbol("s")), "type", /got Symbol\(s\)/],
  ["an object for a number", () => withNumber({ valueOf: () => 1 }), "type", /got an object/],
  ["a length that is negative", () => lying(-3), "type", /got one of length -3/],
  ["a length that is NaN", () => lying(NaN), "type", /got one of length NaN/],
  ["a length that is text", () => lying("3"), "type", /got one of length "3"/],
  ["a length that is fractional", () => lying(1.5), "type", /got one of length 1.5/],
];

const callsWithInputs: [name: string, argument: RegExp, call: (subject: Subject, inputs: Rows) => unknown][] = [
  ["predict", /^x/, ({ network }, inputs) => network.predict(inputs)],
  ["step", /^x/, ({ trainer }, inputs) => trainer.step(inputs, y)],
  ["gradients", /^x/, ({ trainer }, inputs) => trainer.gradients(inputs, y)],
  ["fit", /^data\.x/, ({ trainer }, inputs) => trainer.fit({ x: inputs, y })],
  ["epochs", /^data\.x/, ({ trainer }, inputs) => trainer.epochs({ x: inputs, y }).next()],
  ["validation", /^options\.validation\.x/, ({ trainer }, inputs) => trainer.fit({ x, y }, { validation: { x: inputs, y } })],
  ["evaluate", /^data\.x/, ({ trainer }, inputs) => trainer.evaluate({ x: inputs, y })],
  ["gradientCheck", /^batch\.x/, ({ network }, inputs) => gradientCheck(network, { x: inputs, y, loss: "crossEntropy" })],
];

describe.each(callsWithInputs)("%s refuses inputs:", (_name, argument, call) => {
  test.each(badInputs)("%s", async (name, inputs, code, says) => {
    const message = new RegExp(`${argument.source}.*${says.source}`);
    await expectHarmlessRefusal({ name, code, says: message, call: (subject) => call(subject, inputs()) });
  });
});
