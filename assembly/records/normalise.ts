// Normalising, by columns over the rows of a batch or by rows. See ../records.ts.
//
// Sums over rows go over blocks of SUM_BLOCK of them, each in 32 bits over ascending rows, the blocks added in 64 bits in ascending order.
// `sums` is scratch for them: a 64-bit float for each column, padded to whole panels, and for each sum.

/** Rows that are summed in 32 bits. */
export const SUM_BLOCK = 256;

/** mean[cols], variance[cols] (biased) and inverse[cols] = 1 / √(variance + epsilon) of x[rows, cols]. */
export enum ColumnMoments {
  mean = 1,
  variance = 2,
  inverse = 3,
  x = 4,
  ldx = 5,
  cols = 6,
  epsilon = 7,
  sums = 8,
}

/**
 * Moves runningMean[cols] and runningVariance[cols] towards the moments of a batch, by `momentum`: the variance is the unbiased one, and of a
 * single row, which has none, it stays.
 */
export enum RunningMoments {
  runningMean = 1,
  runningVariance = 2,
  mean = 3,
  variance = 4,
  cols = 5,
  momentum = 6,
}

/** inverse[cols] = 1 / √(variance + epsilon). */
export enum RunningInverse {
  inverse = 1,
  variance = 2,
  cols = 3,
  epsilon = 4,
}

/** y = ((x − mean)·inverse)·weight + bias, by columns. `weight` and `bias` are 0 where there are none; `y` may be `x`. */
export enum Normalise {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  mean = 5,
  inverse = 6,
  weight = 7,
  bias = 8,
  cols = 9,
}

/**
 * dbias[cols] = Σ over rows of dy; dweight[cols] = Σ over rows of dy · ((x − mean)·inverse), mean and inverse by columns, or by rows where
 * `ofRows` is 1. `sums` has room for both.
 */
export enum NormaliseSums {
  dweight = 1,
  dbias = 2,
  dy = 3,
  lddy = 4,
  x = 5,
  ldx = 6,
  mean = 7,
  inverse = 8,
  cols = 9,
  sums = 10,
  ofRows = 11,
}

/**
 * dx = weight · inverse · (dy − (dbias + x̂ · dweight) / rows); `weight` is 0 where there is none. Where mean and inverse are constants,
 * `dweight` is 0 and dx = weight · inverse · dy.
 */
export enum NormaliseBackward {
  dx = 1,
  lddx = 2,
  dy = 3,
  lddy = 4,
  x = 5,
  ldx = 6,
  mean = 7,
  inverse = 8,
  weight = 9,
  dweight = 10,
  dbias = 11,
  cols = 12,
}

/**
 * y = ((x − mean)·inverse)·weight + bias with the moments of each row, which go to mean[rows] and inverse[rows] unless these are 0. `weight` and
 * `bias` are 0 where there are none; `y` may be `x`.
 */
export enum LayerNormForward {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  weight = 5,
  bias = 6,
  mean = 7,
  inverse = 8,
  cols = 9,
  epsilon = 10,
}

/** With g = dy · weight: dx = inverse · (g − (Σ g + x̂ · Σ g·x̂) / cols), sums over the row. `weight` is 0 where there is none. */
export enum LayerNormBackward {
  dx = 1,
  lddx = 2,
  dy = 3,
  lddy = 4,
  x = 5,
  ldx = 6,
  mean = 7,
  inverse = 8,
  weight = 9,
  cols = 10,
}
