import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DeltawasmError } from "deltawasm";
import { minMaxScaler, Scaler, standardScaler } from "deltawasm/data";
import { expectRefusal, type Refusal } from "../../support/refusals";

interface Golden {
  x: number[][]; mean: number[]; scale: number[]; transformed: number[][]; inverse: number[][];
  ranges: { min: number; max: number; transformed: number[][] }[];
}

const { scalers: golden } = JSON.parse(readFileSync(new URL("../../fixtures/golden/preparation.json", import.meta.url), "utf8")) as { scalers: Golden };

/**
 * The result is rounded to 32 bits once, so to 6e-8 of it. The fifth column has a mean of 1e6 and a deviation of 0.01: its own 64-bit rounding,
 * 1e-10, is 1e-8 of the deviation, and what is nearly constant in the fourth cancels to about 1e-17.
 */
function expectClose(actual: ArrayLike<number>, expected: number[][], relative: number): void {
  const flat = expected.flat();
  expect(actual.length).toBe(flat.length);
  flat.forEach((value, n) => expect(Math.abs(actual[n] - value), `number ${n}`).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(value))));
}

describe("standardScaler", () => {
  test("has scikit-learn's means and scales, also of constant columns", () => {
    const { offset, scale } = standardScaler(5).fit(golden.x);
    golden.mean.forEach((mean, n) => expect(offset[n]).toBeCloseTo(mean, 9));
    golden.scale.forEach((deviation, n) => expect(Math.abs(scale[n] / deviation - 1)).toBeLessThan(1e-7));
    expect(scale[2]).toBe(1);
    expect(scale[3]).toBe(1);
  });

  test("transforms as scikit-learn, and back", () => {
    const scaler = standardScaler(5).fit(golden.x);
    const transformed = scaler.transform(golden.x);
    expectClose(transformed, golden.transformed, 2e-7);
    // From 32-bit numbers: each is off by 6e-8 of itself, times its scale.
    const back = scaler.inverse(transformed);
    golden.inverse.flat().forEach((value, n) => expect(Math.abs(back[n] - value)).toBeLessThanOrEqual(3e-7 * golden.scale[n % 5]));
  });

  test("gives the same for rows that come in parts, flat or nested", () => {
    const whole = standardScaler(5).fit(golden.x);
    const flat = Float64Array.from(golden.x.flat());
    const parts = standardScaler(5).add(golden.x.slice(0, 7)).add(flat.subarray(35, 60)).add(golden.x.slice(12)).finish();
    expect(parts.toJSON()).toEqual(whole.toJSON());
    expect(whole.transform(flat)).toEqual(whole.transform(golden.x));
  });
});

describe("minMaxScaler", () => {
  test.each(golden.ranges)("brings rows to [$min, $max] as scikit-learn", ({ min, max, transformed }) => {
    // Offset and range are combined: a few roundings of 1e-16 of 1e6, divided by a range of 0.04.
    expectClose(minMaxScaler(5, { min, max }).fit(golden.x).transform(golden.x), transformed, 4e-7);
  });
});

describe("Scaler", () => {
  test("takes one number for all inputs", () => {
    const scaler = new Scaler(0, 255);
    expect(Array.from(scaler.transform([[0, 255], [51, 102]]))).toEqual([0, 1, 0.2, 0.4].map(Math.fround));
    expect(Array.from(scaler.transform(Uint8Array.of(0, 51)))).toEqual([0, 0.2].map(Math.fround));
  });

  test("comes back from JSON", () => {
    const scaler = standardScaler(5).fit(golden.x);
    expect(Scaler.fromJSON(JSON.parse(JSON.stringify(scaler))).transform(golden.x)).toEqual(scaler.transform(golden.x));
  });

  const refusals: Refusal<Scaler>[] = [
    { name: "a row of another length", call: (scaler) => scaler.transform([[1, 2]]), code: "shape", says: /x\[0\]: expected a row of 5/ },
    { name: "a number that is not finite", call: (scaler) => scaler.transform([1, 2, NaN, 4, 5]), code: "nonFinite", says: "x: row 0, column 2: expected a finite number, got NaN" },
    { name: "a text among numbers", call: (scaler) => scaler.inverse(["1", 2, 3, 4, 5] as never), code: "type", says: /x.*expected/ },
    { name: "no rows", call: (scaler) => scaler.transform([]), code: "empty", says: "x" },
    { name: "a scale of 0", call: () => new Scaler([0, 0], [1, 0]), code: "range", says: "scale[1]" },
    { name: "lengths that differ", call: () => new Scaler([0, 0], 1), code: "shape", says: "scale: expected 2 numbers" },
    { name: "an offset that is no number", call: () => new Scaler("0" as never, 1), code: "type", says: "offset" },
    { name: "fitting to nothing", call: () => standardScaler(2).finish(), code: "empty", says: "add them first" },
    { name: "a wrong range", call: () => minMaxScaler(2, { min: 1, max: 0 }), code: "range", says: "options.max" },
    { name: "an unknown option", call: () => minMaxScaler(2, { low: 1 } as never), code: "unknown", says: "options.low" },
    { name: "a number of inputs that is none", call: () => standardScaler(0), code: "range", says: "inputs" },
    { name: "JSON of something else", call: () => Scaler.fromJSON({ offset: [1] }), code: "file", says: "scaler: not what was saved" },
    { name: "JSON with a hole", call: () => Scaler.fromJSON({ offset: [null], scale: [1] }), code: "file", says: "offset[0]" },
  ];
  test.each(refusals)("refuses $name", async (refusal) => {
    await expectRefusal(refusal, standardScaler(5).fit(golden.x));
  });

  test("counts no row of a part that is refused", () => {
    const fitter = standardScaler(2).add([[1, 2], [3, 4]]);
    expect(() => fitter.add([[100, 200], [NaN, 0]])).toThrow(DeltawasmError);
    expect(fitter.finish().offset).toEqual([2, 3]);
  });
});
