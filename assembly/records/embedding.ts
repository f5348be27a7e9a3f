// Rows of a table, picked by their numbers. See ../records.ts.

/**
 * y[rows, points, cols] = the rows of w that x[rows, points] names: whole numbers, as floats. `points` is the record's. The rows of
 * w are padded to whole panels.
 */
export enum EmbeddingForward {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  w = 5,
  cols = 6,
}

/** dw[count, cols] = for each row the sum of those of dy[rows, points, cols] whose x names it. */
export enum EmbeddingWeightGradient {
  dw = 1,
  dy = 2,
  lddy = 3,
  x = 4,
  ldx = 5,
  count = 6,
  cols = 7,
}
