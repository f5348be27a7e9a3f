/**
 * Fits the two polynomials of erf in assembly/math.ts: `node tools/fit-erf.mjs`.
 *
 *   |x| < SPLIT:  erf x = x + x·P(x²)
 *   above:        erf x = 1 − exp(-(x + x·Q(x)))
 *
 * Both are minimax fits of the error relative to erf x, by Lawson's algorithm: weighted least squares on Chebyshev
 * points, where each weight is multiplied by the error seen there until all the peaks are level.
 */
const SPLIT = 0.875;
const END = 4;

/** Kummer's series (Abramowitz & Stegun 7.1.6): every term is positive. */
function erf(x) {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-19 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Continued fraction (Abramowitz & Stegun 7.1.14). */
function erfc(x) {
  if (x < 2) return 1 - erf(x);
  let tail = x;
  for (let k = 120; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}

/** Solves the weighted least squares problem by QR (modified Gram-Schmidt, twice). */
function leastSquares(columns, target) {
  const size = columns.length;
  const q = columns.map((column) => column.slice());
  const r = columns.map(() => new Float64Array(size));
  for (let j = 0; j < size; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        let dot = 0;
        for (let k = 0; k < target.length; k++) dot += q[i][k] * q[j][k];
        r[i][j] += dot;
        for (let k = 0; k < target.length; k++) q[j][k] -= dot * q[i][k];
      }
    }
    let norm = 0;
    for (const v of q[j]) norm += v * v;
    norm = Math.sqrt(norm);
    r[j][j] = norm;
    for (let k = 0; k < target.length; k++) q[j][k] /= norm;
  }
  const rest = target.slice();
  const solution = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < rest.length; k++) solution[j] += q[j][k] * rest[k];
    for (let k = 0; k < rest.length; k++) rest[k] -= solution[j] * q[j][k];
  }
  for (let j = size - 1; j >= 0; j--) {
    for (let i = j + 1; i < size; i++) solution[j] -= r[j][i] * solution[i];
    solution[j] /= r[j][j];
  }
  return solution;
}

/** Coefficients, lowest power first, of the polynomial of `degree` closest to `f` on [from, to] times `weight`. */
function minimax(degree, from, to, f, weight) {
  const points = 400;
  const x = Float64Array.from({ length: points }, (_, i) => {
    return (from + to) / 2 - ((to - from) / 2) * Math.cos((Math.PI * (i + 0.5)) / points);
  });
  const y = x.map(f);
  const scale = x.map(weight);
  const lawson = new Float64Array(points).fill(1 / points);
  let best = { error: Infinity, coefficients: new Float64Array(degree + 1) };
  for (let round = 0; round < 3000; round++) {
    const root = lawson.map(Math.sqrt);
    const columns = Array.from({ length: degree + 1 }, (_, power) => x.map((v, i) => root[i] * scale[i] * v ** power));
    const coefficients = leastSquares(columns, y.map((v, i) => root[i] * scale[i] * v));
    const errors = x.map((v, i) => {
      return Math.abs(scale[i] * (coefficients.reduceRight((sum, c) => sum * v + c, 0) - y[i]));
    });
    const error = Math.max(...errors);
    if (error < best.error) best = { error, coefficients };
    let total = 0;
    for (let i = 0; i < points; i++) total += lawson[i] *= errors[i];
    for (let i = 0; i < points; i++) lawson[i] /= total;
  }
  return best;
}

function print(name, { error, coefficients }) {
  console.log(`${name}: degree ${coefficients.length - 1}, relative error ${error.toExponential(2)} (2^-24 = 5.96e-8)`);
  for (const c of coefficients) console.log(`  ${Math.fround(c).toPrecision(10)}`);
}

const DEGREE = 5;
print("P", minimax(DEGREE, 1e-6, SPLIT ** 2, (s) => erf(Math.sqrt(s)) / Math.sqrt(s) - 1, (s) => Math.sqrt(s) / erf(Math.sqrt(s))));
print("Q", minimax(DEGREE, SPLIT, END, (x) => -Math.log(erfc(x)) / x - 1, (x) => (x * erfc(x)) / erf(x)));
