// Windows that sweep over images: pooling, and convolutions of single channels. See ../records.ts.
//
// An image has `cols` channels, padded to whole panels, in each pixel. Tap (ky, kx) of the window of output (oy, ox) lies on pixel
// (oy · strideY − paddingY + ky · dilationY, ox · strideX − paddingX + kx · dilationX), where there is one. Taps are numbered ky · kernelX + kx.

/** What all records but DepthwiseWeightGradient begin with: an image is made `to`, from another that has `ldFrom` floats from pixel to pixel. */
export enum Sweep {
  to = 1,
  ldTo = 2,
  from = 3,
  ldFrom = 4,
  cols = 5,
  /** A SweepShape and a SweepTable. */
  shape = 6,
  table = 7,
}

/** y = the largest number in each window, and to `index` (words in the layout of y; none where 0) the tap of the first that is so large. */
export enum MaxPool {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  cols = 5,
  shape = 6,
  table = 7,
  index = 8,
}

/** dx = Σ dy over the windows whose maximum the pixel was. */
export enum MaxPoolGradient {
  dx = 1,
  lddx = 2,
  dy = 3,
  lddy = 4,
  cols = 5,
  shape = 6,
  table = 7,
  index = 8,
}

/** y = the sum of each window over its divisor: a word for each pixel of y. */
export enum AvgPool {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  cols = 5,
  shape = 6,
  table = 7,
  divisors = 8,
}

/** dx = Σ dy over the divisor, over the windows that the pixel is in. */
export enum AvgPoolGradient {
  dx = 1,
  lddx = 2,
  dy = 3,
  lddy = 4,
  cols = 5,
  shape = 6,
  table = 7,
  divisors = 8,
}

/** z = Σ over the taps of x ⊙ w, + bias: each channel for itself. w is in panels [cols / 8][taps padded to 4][8]; `bias` is 0 where there is none. */
export enum DepthwiseForward {
  z = 1,
  ldz = 2,
  x = 3,
  ldx = 4,
  cols = 5,
  shape = 6,
  table = 7,
  w = 8,
  bias = 9,
}

/** dx = Σ over the taps of dz ⊙ w. */
export enum DepthwiseInputGradient {
  dx = 1,
  lddx = 2,
  dz = 3,
  lddz = 4,
  cols = 5,
  shape = 6,
  table = 7,
  w = 8,
}

/** dw = Σ over rows and pixels of x ⊙ dz, for each tap; dbias = Σ dz. Either is 0 where it isn't wanted. */
export enum DepthwiseWeightGradient {
  dw = 1,
  dbias = 2,
  x = 3,
  ldx = 4,
  dz = 5,
  lddz = 6,
  cols = 7,
  shape = 8,
}

/** y[rows, cols · times] has each column of x[rows, cols] so many times, side by side. */
export enum RepeatColumns {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  cols = 5,
  times = 6,
}

/** dx[rows, cols] = Σ over `times` columns side by side of dy[rows, cols · times]. */
export enum SumRepeats {
  dx = 1,
  lddx = 2,
  dy = 3,
  lddy = 4,
  cols = 5,
  times = 6,
}

/** The words of a block that says how a window sweeps: over `height` by `width` pixels, to `outHeight` by `outWidth`. */
export enum SweepShape {
  height = 0,
  width = 1,
  outHeight = 2,
  outWidth = 3,
  kernelY = 4,
  kernelX = 5,
  strideY = 6,
  strideX = 7,
  paddingY = 8,
  paddingX = 9,
  dilationY = 10,
  dilationX = 11,
}

/**
 * The words of a block that says, for each pixel of the image that is made, which taps reach which pixels of the other: forward from y to
 * x, backward from x to y. Rows and columns are told apart, and those that go alike form a SweepRun. `rowRuns` runs of rows follow the
 * block, then `colRuns` of columns. From tap to tap of a run `rowMove` rows and `colMove` columns are passed, and the tap's
 * number grows by `rowTap` and `colTap`. `quarters` is 1 where the windows are 2 × 2 pixels side by side, none of them cut off.
 */
export enum SweepTable {
  toWidth = 0,
  toPoints = 1,
  fromWidth = 2,
  fromPoints = 3,
  rowRuns = 4,
  colRuns = 5,
  rowMove = 6,
  colMove = 7,
  rowTap = 8,
  colTap = 9,
  quarters = 10,
}

export const SWEEP_TABLE_WORDS = 16;

/**
 * `length` rows (or columns) of the image that is made: `at`, `at + step` … Each has `count` taps from number `tap` on; the first of them
 * lies on row `from`, `from + move` … of the other image.
 */
export enum SweepRun {
  at = 0,
  step = 1,
  length = 2,
  from = 3,
  move = 4,
  tap = 5,
  count = 6,
}

export const SWEEP_RUN_WORDS = 8;
