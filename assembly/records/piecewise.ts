// Functions made of lines whose slopes are learned: prelu and maxout. See ../records.ts.

/** y = x where x > 0, else weight · x. `each` is 1 where every column has a weight of its own, 0 where the first serves all. `y` may be `x`. */
export enum PreluForward {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  weight = 5,
  each = 6,
  cols = 7,
}

/** dx = dy where x > 0, else weight · dy. */
export enum PreluBackward {
  dx = 1,
  lddx = 2,
  dy = 3,
  lddy = 4,
  x = 5,
  ldx = 6,
  weight = 7,
  each = 8,
  cols = 9,
}

/** dweight[cols] = Σ over rows of dy · x where x is not above 0. `sums` as in normalise.ts. */
export enum PreluGradient {
  dweight = 1,
  dy = 2,
  lddy = 3,
  x = 4,
  ldx = 5,
  cols = 6,
  sums = 7,
}

/** y[0] = Σ of x[cols], ascending, in 64 bits. */
export enum SumRow {
  y = 1,
  x = 2,
  cols = 3,
}

/**
 * y[rows, units] = the largest over pieces p of z[rows, p · units + unit], and the first such p as an integer to index[rows, units], which lies as
 * y does; none where `index` is 0.
 */
export enum MaxPieces {
  y = 1,
  ldy = 2,
  index = 3,
  z = 4,
  ldz = 5,
  units = 6,
  pieces = 7,
}

/** dz[rows, p · units + unit] = dy[rows, unit] where p is that index, else 0. */
export enum MaxPiecesBackward {
  dz = 1,
  lddz = 2,
  dy = 3,
  lddy = 4,
  index = 5,
  units = 6,
  pieces = 7,
}
