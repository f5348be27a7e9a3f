const words = new DataView(new ArrayBuffer(8));
const LN2_HIGH = 6.93147180369123816490e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/**
 * ln x of a normal x > 0 in 64 bits, the same bits in every runtime, whose own logarithms differ.
 *
 * Method: x = 2ⁿ m with m in [√½, √2); ln m = 2 (s + s³/3 + s⁵/5 …) with s = (m − 1)/(m + 1), |s| < 0.172; n ln 2 in two parts (Cody & Waite).
 * The series ends below 2⁻⁵⁶; the error is below 2 ulp.
 */
export function naturalLog(x: number): number {
  words.setFloat64(0, x);
  const high = words.getUint32(0);
  let n = (high >>> 20) - 1023;
  words.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = words.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    n++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = square * (1 / k + sum);
  return n * LN2_HIGH + (2 * s + (2 * s * sum + n * LN2_LOW));
}
