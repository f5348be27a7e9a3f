// Convolutions: windows that slide over the points of a source. See ../records.ts.

/**
 * The words of a block that tells how windows lie. A target (gy, gx) of the grid has a term for each tap (ty, tx) and each channel of
 * the source's point (gy · stepY + offsetY + ty · dilationY, gx · stepX + offsetX + tx · dilationX); points outside count as zero.
 * Sums go over taps in ascending order, row by row, and over channels within.
 */
export enum Window {
  /** Points of the source, and its floats from point to point and from one row of the batch to the next. */
  height = 0,
  width = 1,
  pointStride = 2,
  rowStride = 3,
  /** Channels of a group. */
  channels = 4,
  gridHeight = 5,
  gridWidth = 6,
  stepY = 7,
  stepX = 8,
  offsetY = 9,
  offsetX = 10,
  dilationY = 11,
  dilationX = 12,
  tapsY = 13,
  tapsX = 14,
  /** Columns of a group of targets. */
  cols = 15,
  /** Where the targets lie: floats to the first, from one to the next in a row of the grid, from row to row, and from one row of the batch to the next. */
  first = 16,
  targetX = 17,
  targetY = 18,
  targetRow = 19,
  /** Where its weights begin: floats; and floats from those of one group to those of the next. */
  weights = 20,
  groupWeights = 21,
  /** Which tap of the kernel its first one is, row by row, and how many are between it and the next, down and to the right. */
  kernelFirst = 22,
  kernelY = 23,
  kernelX = 24,
}

export const WINDOW_WORDS = 32;

/**
 * y[targets, groups · cols] = windows of x · w + bias, for `count` windows, each with targets of its own. Of each group w lies in panels
 * [cols / 8][taps · channels padded to 4][8]. `bias` is 0 where there is none. `pack` has room for WINDOW_PACK floats, `places` for
 * PLACE_WORDS words for each of ROW_BLOCK targets, `zeros` for the channels of a group and eight more. `sums` has room for the columns of a
 * group in whole panels: for ROW_BLOCK targets, or only four where a single window has its targets side by side and whole panels or one group.
 */
export enum ConvProduct {
  y = 1,
  x = 2,
  w = 3,
  bias = 4,
  windows = 5,
  count = 6,
  groups = 7,
  pack = 8,
  places = 9,
  zeros = 10,
  sums = 11,
}

/**
 * The weights w of a convolution as the gradient by its inputs takes them: channels and columns changed over, the taps of each of `count`
 * windows side by side. `taps` are those of the whole kernel. Padding of `to` stays zero.
 */
export enum ConvTurn {
  to = 1,
  w = 2,
  windows = 3,
  count = 4,
  groups = 5,
  taps = 6,
}

/**
 * dw = Σ over targets, ascending, of the window of x, turned, · dz; dbias = Σ of dz, none where 0. dw as w in ConvProduct. `pack` has room for
 * PACKED_PANELS bytes and PACK floats, `places` for PLACE_WORDS words for each of DEPTH_BLOCK targets, `zeros` as there, `strip` for
 * STRIP floats.
 */
export enum ConvWeightGradient {
  dw = 1,
  dbias = 2,
  x = 3,
  dz = 4,
  lddz = 5,
  window = 6,
  groups = 7,
  pack = 8,
  places = 9,
  zeros = 10,
  strip = 11,
}

/** Terms of a product that are packed at once: nine taps of 32 channels. A panel's part is 9 kB and stays in L1. */
export const WINDOW_DEPTH = 288;

/** Floats of a packed block of ROW_BLOCK targets, and what the last vectors may take beyond it. */
export const WINDOW_PACK = 128 * WINDOW_DEPTH + 64;

/** Words that are noted about the window of a target. */
export const PLACE_WORDS = 4;

/** Floats of the terms of four targets in a block of a weight gradient, and as much beyond. */
export const STRIP = 1024;
