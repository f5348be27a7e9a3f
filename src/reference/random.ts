/**
 * Counter-based random numbers in plain TypeScript, equal bit for bit to assembly/random.ts, where the addressing
 * (seed, stream, step, index), the methods and their sources stand. All numbers are single precision values, also in
 * a Float64Array.
 */
import { float32Math } from "./math";

/** A vector to be filled. */
export type FloatArray = Float32Array | Float64Array;

const f = Math.fround;
const ROUNDS = 10;
const MULTIPLIER0 = 0xd2511f53 | 0;
const MULTIPLIER1 = 0xcd9e8d57 | 0;
const WEYL0 = 0x9e3779b9 | 0;
const WEYL1 = 0xbb67ae85 | 0;
const SQRT2 = f(Math.SQRT2);
const TWO_TO_MINUS_24 = 2 ** -24;
const TWO_TO_24 = 2 ** 24;

/** The high 32 bits of the product of two unsigned 32-bit numbers, as a signed one. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // A product of 16-bit halves and a carry stay below 2^32.
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carry = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** One block of Philox4x32-10: words[0 … 3] for a counter and a key. */
export function philox(
  words: Uint32Array, c0: number, c1: number, c2: number, c3: number, k0: number, k1: number,
): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(c0, MULTIPLIER0);
    const high1 = multiplyHigh(c2, MULTIPLIER1);
    const low0 = Math.imul(c0, MULTIPLIER0);
    const low1 = Math.imul(c2, MULTIPLIER1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL0) | 0;
    k1 = (k1 + WEYL1) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** The uniform number (word >>> 8)·2^-24 of a random word. */
export function uniform01(word: number): number {
  return (word >>> 8) * TWO_TO_MINUS_24;
}

// Giles's coefficients, the highest power first.
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727,
  1.50140941,
].map(f);
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406,
  2.83297682,
].map(f);

/** The polynomial of degree 8 at v, by Horner's rule on its even and on its odd powers. */
function polynomial(c: readonly number[], v: number): number {
  const square = f(v * v);
  let even = f(f(c[0]! * square) + c[2]!);
  even = f(f(even * square) + c[4]!);
  even = f(f(even * square) + c[6]!);
  even = f(f(even * square) + c[8]!);
  let odd = f(f(c[1]! * square) + c[3]!);
  odd = f(f(odd * square) + c[5]!);
  odd = f(f(odd * square) + c[7]!);
  return f(f(odd * v) + even);
}

/** A random word as a normal number, still to be multiplied by √2·deviation. */
export function erfinvOfWord(word: number): number {
  const x = (2 * (word >>> 8) + 1 - TWO_TO_24) * TWO_TO_MINUS_24;
  const w = -float32Math.log(f(f(1 - x) * f(1 + x)));
  const p = w < 5 ? polynomial(CENTRE, f(w - 2.5)) : polynomial(TAIL, f(f(Math.sqrt(w)) - 3));
  return f(p * x);
}

const block = new Uint32Array(4);

/** x[start + i·stride] = value(word index + i) for i < count */
function fill(
  x: FloatArray | Uint32Array, start: number, stride: number, count: number, value: (word: number) => number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  for (let i = 0; i < count; i++) {
    const lane = (index + i) & 3;
    if (lane === 0 || i === 0) philox(block, (index + i) >>> 2, step, stream, 0, seedLow, seedHigh);
    x[start + i * stride] = value(block[lane]!);
  }
}

/** As `fill`, for a matrix [outputs, inputs] stored in panels: element (o, i) takes the number index + o·inputs + i. */
function fillPanels(
  w: FloatArray, offset: number, inputs: number, outputs: number, value: (word: number) => number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  const padded = (inputs + 3) & ~3;
  w.fill(0, offset, offset + ((outputs + 7) >>> 3) * padded * 8);
  for (let o = 0; o < outputs; o++) {
    const start = offset + (o >>> 3) * padded * 8 + (o & 7);
    fill(w, start, 8, inputs, value, seedLow, seedHigh, stream, step, index + o * inputs);
  }
}

function uniformBetween(low: number, high: number): (word: number) => number {
  const start = f(low);
  const scale = f(f(high) - start);
  return (word) => f(start + f(scale * uniform01(word)));
}

function normalAround(mean: number, deviation: number): (word: number) => number {
  const centre = f(mean);
  const scale = f(f(deviation) * SQRT2);
  return (word) => f(centre + f(scale * erfinvOfWord(word)));
}

/** x[offset … offset + count) = random 32-bit words. */
export function fillBits(
  x: Uint32Array, offset: number, count: number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  fill(x, offset, 1, count, (word) => word, seedLow, seedHigh, stream, step, index);
}

/** x[offset … offset + count) = low + (high − low)·u with u uniform in [0, 1); the sum may round up to `high` itself. */
export function fillUniform(
  x: FloatArray, offset: number, count: number, low: number, high: number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  fill(x, offset, 1, count, uniformBetween(low, high), seedLow, seedHigh, stream, step, index);
}

/** x[offset … offset + count) = mean + deviation·z with z normal, within ±5.42. */
export function fillNormal(
  x: FloatArray, offset: number, count: number, mean: number, deviation: number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  fill(x, offset, 1, count, normalAround(mean, deviation), seedLow, seedHigh, stream, step, index);
}

/** `fillUniform` for weights [outputs, inputs] in panels [ceil(outputs/8)][inputs padded to 4][8]; the padding becomes zero. */
export function fillPanelsUniform(
  w: FloatArray, offset: number, inputs: number, outputs: number, low: number, high: number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  fillPanels(w, offset, inputs, outputs, uniformBetween(low, high), seedLow, seedHigh, stream, step, index);
}

/** `fillNormal` for weights in panels, as `fillPanelsUniform`. */
export function fillPanelsNormal(
  w: FloatArray, offset: number, inputs: number, outputs: number, mean: number, deviation: number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
): void {
  fillPanels(w, offset, inputs, outputs, normalAround(mean, deviation), seedLow, seedHigh, stream, step, index);
}

/** order[offset … offset + count) = a random permutation of 0 … count − 1 (Fisher–Yates, inside-out). */
export function shuffle(
  order: Uint32Array, offset: number, count: number,
  seedLow: number, seedHigh: number, stream: number, step: number,
): void {
  fillBits(order, offset, count, seedLow, seedHigh, stream, step, 0);
  for (let i = 0; i < count; i++) {
    const place = multiplyHigh(order[offset + i]!, i + 1) >>> 0;
    order[offset + i] = order[offset + place]!;
    order[offset + place] = i;
  }
}
