/** Mean and variance of numbers that come one by one (Welford 1962; Knuth, TAOCP 2, 4.2.2). */
export class Moments {
  /** How many numbers there were. */
  count = 0;
  mean = 0;
  min = Infinity;
  max = -Infinity;
  #squares = 0;

  add(x: number): void {
    const before = x - this.mean;
    this.count++;
    this.mean += before / this.count;
    this.#squares += before * (x - this.mean);
    if (x < this.min) this.min = x;
    if (x > this.max) this.max = x;
  }

  /** The mean square of the differences from the mean, as scikit-learn's StandardScaler takes it. */
  get variance(): number {
    return this.count === 0 ? 0 : this.#squares / this.count;
  }

  /**
   * What to divide by so that the deviation becomes 1; 1 for what is constant but for rounding. The bound is scikit-learn's, from Chan, Golub,
   * LeVeque 1983.
   */
  get scale(): number {
    const { count, mean, variance } = this;
    const rounding = count * mean * Number.EPSILON;
    const isConstant = variance <= count * Number.EPSILON * variance + rounding * rounding;
    return isConstant ? 1 : Math.sqrt(variance);
  }
}
