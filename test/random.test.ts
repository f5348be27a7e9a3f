import { describe, expect, test } from "vitest";
import { splitSeed } from "../src/core/seed";
import * as reference from "../src/reference/random";
import { loadKernels } from "./support/kernels";

type Address = [seedLow: number, seedHigh: number, stream: number, step: number];

interface Kernels {
  heapBase(): number;
  philoxBlock(words: number, c0: number, c1: number, c2: number, c3: number, k0: number, k1: number): void;
  erfinvInPlace(x: number, count: number): void;
  fillBits(x: number, count: number, ...at: [...Address, index: number]): void;
  fillUniform(x: number, count: number, low: number, high: number, ...at: [...Address, index: number]): void;
  fillNormal(x: number, count: number, mean: number, deviation: number, ...at: [...Address, index: number]): void;
  fillPanelsUniform(
    w: number, inputs: number, outputs: number, low: number, high: number, ...at: [...Address, index: number]
  ): void;
  fillPanelsNormal(
    w: number, inputs: number, outputs: number, mean: number, deviation: number, ...at: [...Address, index: number]
  ): void;
  shuffle(order: number, count: number, ...at: Address): void;
}

const LARGEST = 1 << 24;
const kernels = loadKernels<Kernels>("random", 65536 + 4 * LARGEST);
const BASE = kernels.heapBase() + 64;
const memory = new Uint32Array(kernels.memory.buffer);
const floats = new Float32Array(kernels.memory.buffer);

const AT: Address = [0x89abcdef, 0x001f2345, 7, 0xfffffff0];
const COUNTS = [...Array.from({ length: 21 }, (_, count) => count), 1000, 4099];
const INDICES = [0, 1, 2, 3, 13, 1 << 20];
const GUARD = 0xdeadbeef;
/** With fixed seeds a test of chance always ends the same way; five deviations would fail one seed in two million. */
const DEVIATIONS = 5;

/** Runs a kernel on `count` words at BASE and returns them, having seen that the words around them are untouched. */
function run(count: number, kernel: (x: number) => void, offset = 1): Uint32Array {
  const first = BASE / 4 + offset;
  memory.fill(GUARD, first - 16, first + count + 16);
  kernel(first * 4);
  for (let i = 1; i <= 16; i++) {
    if (memory[first - i] !== GUARD || memory[first + count + i - 1] !== GUARD) throw new Error("wrote outside");
  }
  return memory.slice(first, first + count);
}

function bitsOf(x: Float32Array): Uint32Array {
  return new Uint32Array(x.buffer, x.byteOffset, x.length);
}

function floatsOf(x: Uint32Array): Float32Array {
  return new Float32Array(x.buffer, x.byteOffset, x.length);
}

/** Σ (seen − expected)² / expected lies within five deviations, √(2·degrees), of its mean, the degrees of freedom. */
function expectEven(counts: number[], total: number): void {
  const expected = total / counts.length;
  const degrees = counts.length - 1;
  const chiSquare = counts.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
  expect(Math.abs(chiSquare - degrees)).toBeLessThan(DEVIATIONS * Math.sqrt(2 * degrees));
}

function tally(cells: number, values: Iterable<number>): number[] {
  const counts = new Array<number>(cells).fill(0);
  for (const value of values) counts[value]!++;
  return counts;
}

/** erf x for small x by Kummer's series, 1 − erf x for large x by the continued fraction (Abramowitz & Stegun 7.1.6, 7.1.14). */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfc(x: number): number {
  if (x < 2) return 1 - erf(x);
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}

describe("Philox4x32-10", () => {
  // kat_vectors of Random123, the library of the paper's authors: counter, key, result.
  test.each([
    ["00000000 00000000 00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    ["ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    ["243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ])("gives the published answer for %s", (input, answer) => {
    const [c0, c1, c2, c3, k0, k1] = input.split(" ").map((word) => parseInt(word, 16)) as [
      number, number, number, number, number, number,
    ];
    const expected = Uint32Array.from(answer.split(" "), (word) => parseInt(word, 16));
    const words = new Uint32Array(4);
    reference.philox(words, c0, c1, c2, c3, k0, k1);
    expect(words).toEqual(expected);
    expect(run(4, (x) => kernels.philoxBlock(x, c0, c1, c2, c3, k0, k1))).toEqual(expected);
  });

  test("is addressed by (seed, stream, step, index): counter (index >> 2, step, stream, 0), word index & 3", () => {
    const words = new Uint32Array(4);
    const [seedLow, seedHigh] = splitSeed(0x1f234589abcdef);
    expect([seedLow, seedHigh]).toEqual([0x89abcdef, 0x1f2345]);
    expect(splitSeed(Number.MAX_SAFE_INTEGER)).toEqual([0xffffffff, 0x1fffff]);
    const bits = run(100, (x) => kernels.fillBits(x, 100, seedLow, seedHigh, 5, 9, 0));
    for (let index = 0; index < 100; index++) {
      reference.philox(words, index >> 2, 9, 5, 0, seedLow, seedHigh);
      expect(bits[index]).toBe(words[index & 3]);
    }
  });
});

describe("the core and the reference are equal bit for bit", () => {
  test("in flat fills, for every tail and index", () => {
    for (const count of COUNTS) {
      for (const index of INDICES) {
        const bits = new Uint32Array(count + 2).fill(GUARD);
        reference.fillBits(bits, 1, count, ...AT, index);
        expect(run(count, (x) => kernels.fillBits(x, count, ...AT, index))).toEqual(bits.slice(1, -1));
        const x = new Float32Array(count + 2).fill(9);
        reference.fillUniform(x, 1, count, -0.3, 0.7, ...AT, index);
        expect(run(count, (at) => kernels.fillUniform(at, count, -0.3, 0.7, ...AT, index))).toEqual(
          bitsOf(x.slice(1, -1)),
        );
        reference.fillNormal(x, 1, count, 0.1, 0.3, ...AT, index);
        expect(run(count, (at) => kernels.fillNormal(at, count, 0.1, 0.3, ...AT, index), index)).toEqual(
          bitsOf(x.slice(1, -1)),
        );
        expect([x[0], x[count + 1]]).toEqual([9, 9]);
      }
    }
  });

  test("in a Float64Array, which holds the single precision numbers", () => {
    const double = new Float64Array(101);
    reference.fillNormal(double, 1, 100, 0.1, 0.3, ...AT, 5);
    const single = floatsOf(run(100, (x) => kernels.fillNormal(x, 100, 0.1, 0.3, ...AT, 5)));
    expect(double.slice(1)).toEqual(Float64Array.from(single));
  });

  test("in panels, where element (o, i) takes the number index + o·inputs + i and padding is zero", () => {
    for (const [inputs, outputs] of [[1, 1], [2, 3], [4, 8], [5, 8], [7, 9], [3, 20], [16, 16], [785, 17], [1030, 9]] as const) {
      const padded = (inputs + 3) & ~3;
      const size = Math.ceil(outputs / 8) * padded * 8;
      for (const index of [0, 5]) {
        for (const kind of ["Uniform", "Normal"] as const) {
          const w = run(size, (x) => kernels[`fillPanels${kind}`](x, inputs, outputs, -0.3, 0.7, ...AT, index), 0);
          const other = new Float32Array(size + 6).fill(9);
          reference[`fillPanels${kind}`](other, 3, inputs, outputs, -0.3, 0.7, ...AT, index);
          expect(w).toEqual(bitsOf(other.slice(3, -3)));
          const flat = new Float32Array(inputs * outputs);
          reference[`fill${kind}`](flat, 0, flat.length, -0.3, 0.7, ...AT, index);
          const expected = new Float32Array(size);
          for (let o = 0; o < outputs; o++) {
            for (let i = 0; i < inputs; i++) expected[((o >> 3) * padded + i) * 8 + (o & 7)] = flat[o * inputs + i]!;
          }
          expect(w).toEqual(bitsOf(expected));
        }
      }
    }
  });

  test("in every one of the 2^24 normal numbers, and these lie symmetrically about zero", () => {
    for (let k = 0; k < LARGEST; k++) memory[BASE / 4 + k] = (k << 8) | (k & 0xff);
    kernels.erfinvInPlace(BASE, LARGEST);
    let different = 0;
    let crooked = 0;
    for (let k = 0; k < LARGEST; k++) {
      if (floats[BASE / 4 + k] !== reference.erfinvOfWord((k << 8) >>> 0)) different++;
      if (floats[BASE / 4 + k] !== -floats[BASE / 4 + LARGEST - 1 - k]!) crooked++;
    }
    expect([different, crooked]).toEqual([0, 0]);
  });

  test("in permutations, for every tail", () => {
    for (const count of COUNTS) {
      const order = new Uint32Array(count + 2).fill(GUARD);
      reference.shuffle(order, 1, count, ...AT);
      expect(run(count, (x) => kernels.shuffle(x, count, ...AT))).toEqual(order.slice(1, -1));
      expect([order[0], order[count + 1]]).toEqual([GUARD, GUARD]);
    }
  });
});

test("a fill does not depend on how it is split", () => {
  const whole = run(1000, (x) => kernels.fillNormal(x, 1000, 0, 1, ...AT, 3));
  for (const size of [1, 3, 16, 37, 500]) {
    const parts = run(1000, (x) => {
      for (let i = 0; i < 1000; i += size) {
        kernels.fillNormal(x + 4 * i, Math.min(size, 1000 - i), 0, 1, ...AT, 3 + i);
      }
    });
    expect(parts).toEqual(whole);
  }
  const panels = run(3 * 24 * 8, (w) => kernels.fillPanelsUniform(w, 23, 20, 0, 1, ...AT, 0));
  const apart = run(3 * 24 * 8, (w) => {
    kernels.fillPanelsUniform(w + 2 * 24 * 32, 23, 4, 0, 1, ...AT, 16 * 23);
    kernels.fillPanelsUniform(w, 23, 16, 0, 1, ...AT, 0);
  });
  expect(apart).toEqual(panels);
});

describe("uniform numbers", () => {
  const count = 1 << 20;
  const at: [...Address, number] = [1, 0, 0, 0, 0];

  test("are even in their high and low bits, and those of neighbouring addresses are independent", () => {
    const bits = run(count, (x) => kernels.fillBits(x, count, ...at));
    expectEven(tally(256, bits.map((word) => word >>> 24)), count);
    expectEven(tally(256, bits.map((word) => word & 255)), count);
    for (const next of [[2, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1], [1, 0, 0, 0, 4]]) {
      const others = run(count, (x) => kernels.fillBits(x, count, ...(next as typeof at)));
      expectEven(tally(256, bits.map((word, i) => ((word >>> 28) << 4) | (others[i]! >>> 28))), count);
    }
  });

  test("stay in [low, high], with the moments of a uniform distribution", () => {
    const x = floatsOf(run(count, (to) => kernels.fillUniform(to, count, -2, 6, ...at)));
    expect(x.every((value) => value >= -2 && value <= 6)).toBe(true);
    const mean = x.reduce((sum, value) => sum + value, 0) / count;
    const variance = x.reduce((sum, value) => sum + (value - 2) ** 2, 0) / count;
    expect(Math.abs(mean - 2)).toBeLessThan(DEVIATIONS * (8 / Math.sqrt(12 * count)));
    // The kurtosis of a uniform distribution is 9/5, so its variance deviates by √(0.8/n) of itself.
    expect(Math.abs(variance / (64 / 12) - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(0.8 / count));
  });
});

describe("normal numbers", () => {
  const count = 1 << 20;
  const z = floatsOf(run(count, (x) => kernels.fillNormal(x, count, 0, 1, 2, 0, 0, 0, 0)));

  test("have the moments of a normal distribution", () => {
    const moment = (power: number) => z.reduce((sum, value) => sum + value ** power, 0) / count;
    // The deviation of the mean of z^p is √((E z^2p − (E z^p)²)/n), with E z^2, z^4, z^6, z^8 = 1, 3, 15, 105.
    expect(Math.abs(moment(1))).toBeLessThan(DEVIATIONS * Math.sqrt(1 / count));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(2 / count));
    expect(Math.abs(moment(3))).toBeLessThan(DEVIATIONS * Math.sqrt(15 / count));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(DEVIATIONS * Math.sqrt(96 / count));
  });

  test("follow its distribution function (Kolmogorov–Smirnov) into the tails", () => {
    let distance = 0;
    z.slice().sort().forEach((value, i) => {
      const p = value < 0 ? erfc(-value / Math.SQRT2) / 2 : 1 - erfc(value / Math.SQRT2) / 2;
      distance = Math.max(distance, Math.abs(p - i / count), Math.abs(p - (i + 1) / count));
    });
    // √n·D exceeds 1.95 once in a thousand seeds.
    expect(distance * Math.sqrt(count)).toBeLessThan(1.95);
    for (const limit of [2, 3, 4]) {
      const expected = count * erfc(limit / Math.SQRT2);
      const seen = z.filter((value) => Math.abs(value) > limit).length;
      expect(Math.abs(seen - expected)).toBeLessThan(DEVIATIONS * Math.sqrt(expected));
    }
  });

  test("are the inverse of the distribution function within 4e-7, to the ends at 5.42", () => {
    let worst = 0;
    for (let k = 0; k < LARGEST / 2; k += k < 4096 || k > LARGEST / 2 - 4096 ? 1 : 97) {
      const y = -reference.erfinvOfWord((k << 8) >>> 0);
      // Both are exact: 1 − x where erf saturates, x near zero.
      const x = 1 - (2 * k + 1) / LARGEST;
      const residual = y > 0.5 ? (2 * k + 1) / LARGEST - erfc(y) : erf(y) - x;
      worst = Math.max(worst, Math.abs(residual / ((2 / Math.sqrt(Math.PI)) * Math.exp(-y * y) * y)));
    }
    // 3.4e-7 is the largest over all 2^24 numbers (a walk of one instead of 97).
    expect(worst).toBeLessThan(4e-7);
    expect(-Math.SQRT2 * reference.erfinvOfWord(0)).toBeCloseTo(5.42, 4);
  });
});

describe("shuffle", () => {
  test("gives permutations, and all of them equally often", () => {
    for (const count of [1, 2, 17, 60_000]) {
      const order = run(count, (x) => kernels.shuffle(x, count, 3, 0, 0, count));
      expect(order.sort()).toEqual(Uint32Array.from({ length: count }, (_, i) => i));
    }
    const codes: number[] = [];
    for (let step = 0; step < 120_000; step++) {
      const order = run(5, (x) => kernels.shuffle(x, 5, 3, 0, 0, step));
      codes.push(order.reduce((code, value) => code * 5 + value, 0));
    }
    const places = new Map([...new Set(codes)].map((code, i) => [code, i]));
    expect(places.size).toBe(120);
    expectEven(tally(120, codes.map((code) => places.get(code)!)), codes.length);
  });

  test("spreads every part of a large order evenly over the whole", () => {
    const count = 1 << 16;
    const order = run(count, (x) => kernels.shuffle(x, count, 4, 0, 0, 0));
    expectEven(tally(256, order.map((value, i) => ((value >>> 12) << 4) | (i >>> 12))), count);
  });
});
