import { describe, expect, it } from "vitest";
import { FLUSH_BELOW, float32Math, float64Math } from "../src/reference/math";
import { bitsToFloat, elementaryCases, floatToBits, loadMathKernels, twins, ulpError } from "./support/elementary";

const CAPACITY = 1 << 20;
const memory = loadMathKernels(CAPACITY);
const f = Math.fround;

/** The wasm function applied to a few numbers. */
function evaluate(kernel: Parameters<typeof memory.run>[0], inputs: readonly number[]): number[] {
  memory.input.fill(0);
  memory.input.set(inputs);
  memory.run(kernel);
  return Array.from(memory.output.subarray(0, inputs.length));
}

/** Fills the input again and again: all exponents and signs by an odd stride, then every neighbourhood that matters. */
function* samples(branchPoints: readonly number[]): Generator<void> {
  const stride = 2039;
  for (let pattern = 0; pattern < 2 ** 32; ) {
    for (let i = 0; i < CAPACITY; i++, pattern += stride) memory.inputBits[i] = pattern | 0;
    yield;
  }
  const centres: number[] = [];
  for (const point of branchPoints) centres.push(floatToBits(point), floatToBits(-point));
  for (let exponent = 0; exponent < 512; exponent++) centres.push((exponent << 23) | 0);
  const around = Math.floor(CAPACITY / centres.length / 2);
  centres.forEach((centre, block) => {
    for (let i = -around; i < around; i++) memory.inputBits[(2 * block + 1) * around + i] = centre + i;
  });
  yield;
}

describe.each(elementaryCases)("$name", ({ name, kernel, bound, flushes, branchPoints }) => {
  const { reference, exact } = twins(name);

  it("is the same in wasm and in TypeScript, bit for bit", () => {
    let different = 0;
    let first = "";
    for (const _ of samples(branchPoints)) {
      memory.run(kernel);
      for (let i = 0; i < CAPACITY; i++) {
        const got = memory.output[i]!;
        const expected = reference(memory.input[i]!);
        if (Object.is(got, expected) || different++) continue;
        first = `${name}(${memory.input[i]}): wasm ${got}, TypeScript ${expected}`;
      }
    }
    expect({ different, first }).toEqual({ different: 0, first: "" });
  });

  it(`is within ${bound} ulp`, () => {
    let largest = 0;
    let where = 0;
    for (const _ of samples(branchPoints)) {
      memory.run(kernel);
      for (let i = 0; i < CAPACITY; i++) {
        const error = ulpError(memory.output[i]!, exact(memory.input[i]!), flushes === true);
        if (error > largest) [largest, where] = [error, memory.input[i]!];
      }
    }
    expect(largest, `${name}(${where})`).toBeLessThanOrEqual(bound);
  });

  it("keeps NaN, whatever its payload and sign", () => {
    memory.inputBits.fill(0);
    memory.inputBits.set([0x7fc00000, 0x7f800001, 0x7fffffff, 0xffc00000 | 0, 0xff800001 | 0, 0xffffffff | 0]);
    memory.run(kernel);
    expect(Array.from(memory.output.subarray(0, 6))).toEqual([NaN, NaN, NaN, NaN, NaN, NaN]);
    expect(reference(NaN)).toBeNaN();
  });
});

describe.each(elementaryCases.filter(({ odd }) => odd))("$name", ({ kernel, branchPoints }) => {
  it("is odd, bit for bit, zero included", () => {
    let wrong = 0;
    for (const _ of samples(branchPoints)) {
      memory.run(kernel);
      const there = memory.outputBits.slice();
      for (let i = 0; i < CAPACITY; i++) memory.inputBits[i] = memory.inputBits[i]! ^ 0x80000000;
      memory.run(kernel);
      for (let i = 0; i < CAPACITY; i++) {
        const isNumber = memory.output[i] === memory.output[i];
        if (isNumber && (memory.outputBits[i]! ^ there[i]!) !== (0x80000000 | 0)) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });
});

describe("special values", () => {
  const tiny = 2 ** -149;
  it.each([
    ["exp", [0, -0, -Infinity, Infinity, 89, -88, tiny], [1, 1, 0, Infinity, Infinity, 0, 1]],
    ["log", [1, 0, -0, -1, -tiny, Infinity, -Infinity], [0, -Infinity, -Infinity, NaN, NaN, Infinity, NaN]],
    ["log1p", [0, -0, -1, -2, Infinity, -Infinity, tiny], [0, 0, -Infinity, NaN, Infinity, NaN, tiny]],
    ["expm1", [0, -0, -Infinity, -100, Infinity, 89, tiny], [0, 0, -1, -1, Infinity, Infinity, tiny]],
    ["tanh", [0, -0, Infinity, -Infinity, 100, 3e38, -tiny], [0, -0, 1, -1, 1, 1, -tiny]],
    ["sigmoid", [0, -0, Infinity, -Infinity, 20, -88, 3e38], [0.5, 0.5, 1, 0, 1, 0, 1]],
    ["erf", [0, -0, Infinity, -Infinity, 4, 3e38, -4], [0, -0, 1, -1, 1, 1, -1]],
  ] as const)("of %s", (name, inputs, expected) => {
    const { kernel } = elementaryCases.find((entry) => entry.name === name)!;
    expect(evaluate(kernel, inputs)).toEqual(expected);
    expect(inputs.map((x) => float32Math[name](f(x)))).toEqual(expected);
  });

  it("exp is finite up to the last input that allows it, and normal down to the first", () => {
    const largest = bitsToFloat(0x42b17217);
    const smallest = bitsToFloat(0xc2aeac4f | 0);
    const [high, above, low, below] = evaluate("mapExp", [
      largest,
      bitsToFloat(0x42b17218),
      smallest,
      bitsToFloat(0xc2aeac50 | 0),
    ]);
    expect(high).toBeLessThan(Infinity);
    expect(above).toBe(Infinity);
    expect(low).toBeGreaterThanOrEqual(2 ** -126);
    expect(below).toBe(0);
  });
});

describe("flush", () => {
  const limit = floatToBits(FLUSH_BELOW);
  const inputs = [0, -0, 1e-45, -1e-45, FLUSH_BELOW, -FLUSH_BELOW, bitsToFloat(limit - 1), -bitsToFloat(limit - 1), 1, -2];
  const expected = [0, 0, 0, 0, FLUSH_BELOW, -FLUSH_BELOW, 0, 0, 1, -2];

  it("gives +0 below 2^-100 and leaves all else alone", () => {
    expect(FLUSH_BELOW).toBe(2 ** -100);
    expect(evaluate("mapFlush", inputs)).toEqual(expected);
    expect(inputs.map((x) => float32Math.flush(x))).toEqual(expected);
  });

  it("keeps NaN and the infinities", () => {
    expect(evaluate("mapFlush", [NaN, Infinity, -Infinity])).toEqual([NaN, Infinity, -Infinity]);
    expect([NaN, Infinity, -Infinity].map((x) => float32Math.flush(x))).toEqual([NaN, Infinity, -Infinity]);
  });
});

describe("double precision", () => {
  // The first digits agree with Abramowitz & Stegun, table 7.1; all of them come from mpmath with 50 digits.
  it.each([
    [1e-10, 1.1283791670955126e-10],
    [0.001, 0.0011283787909692365],
    [0.1, 0.1124629160182849],
    [0.25, 0.27632639016823696],
    [0.5, 0.5204998778130465],
    [0.75, 0.7111556336535151],
    [1, 0.8427007929497149],
    [1.25, 0.9229001282564583],
    [1.5, 0.9661051464753108],
    [1.75, 0.9866716712191824],
    [1.9375, 0.9938568063952132],
    [1.99, 0.995111413199617],
    [2, 0.9953222650189527],
    [2.01, 0.9955248493552482],
    [2.25, 0.9985372834133188],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [3.5, 0.9999992569016276],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
  ])("erf(%d) is %d", (x, expected) => {
    expect(Math.abs(float64Math.erf(x) / expected - 1)).toBeLessThan(1e-15);
    expect(float64Math.erf(-x)).toBe(-float64Math.erf(x));
  });

  it("erf has its special values", () => {
    const inputs = [0, -0, Infinity, -Infinity, NaN, 6, 1e300];
    expect(inputs.map(float64Math.erf)).toEqual([0, -0, 1, -1, NaN, 1, 1]);
  });

  it("sigmoid is accurate on both sides and never overflows", () => {
    expect(float64Math.sigmoid(-700) / Math.exp(-700)).toBe(1);
    expect([0, -1e308, 1e308, NaN].map(float64Math.sigmoid)).toEqual([0.5, 0, 1, NaN]);
  });
});
