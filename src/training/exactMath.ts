// Functions of the learning-rate schedules in 64-bit floats, from single additions and multiplications: no runtime's `Math` promises
// its bits.

/** The Taylor series of the cosine and of sine x / x in x², highest power first: on [0, π/4] what is left out is below 2^-58. */
const COSINE = seriesFrom(0, 8);
const SINE = seriesFrom(1, 8);

/** (−1)ᵏ / (2k + first)!, for k from `last` down to 0: up to 17! the factorials are exact. */
function seriesFrom(first: number, last: number): number[] {
  const coefficients = [1];
  let factorial = 1;
  for (let k = 1; k <= last; k++) {
    const n = 2 * k + first;
    factorial *= n * (n - 1);
    coefficients.unshift((k % 2 === 0 ? 1 : -1) / factorial);
  }
  return coefficients;
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/**
 * cos πx for x from 0 to 1, to 1.3e-16 of the result or of 1, whichever is larger.
 *
 * Method: cos πx = −cos π(1 − x) and cos πx = sin π(½ − x), both exact where they are used, so that the series is only needed up to π/4.
 */
export function cosineOfPi(x: number): number {
  if (x > 0.5) return -cosineOfPi(1 - x);
  if (x <= 0.25) {
    const angle = Math.PI * x;
    return polynomial(COSINE, angle * angle);
  }
  const angle = Math.PI * (0.5 - x);
  return angle * polynomial(SINE, angle * angle);
}

/** x to the power of a whole number ≥ 0, by repeated squaring: about n roundings for xⁿ. */
export function integerPower(x: number, n: number): number {
  let [result, square, rest] = [1, x, n];
  while (rest > 0) {
    if (rest % 2 === 1) result *= square;
    square *= square;
    rest = Math.floor(rest / 2);
  }
  return result;
}
