// Moving and adding tensors. See ../records.ts.

/** y[rows, cols] += x[rows, cols]. */
export enum Add {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  cols = 5,
}

/**
 * y[rows, inner, cols] = x[rows, inner, cols]: `rowY` and `rowX` floats from one of the rows to the next, `ldy` and `ldx` from one of the
 * inner ones. y and x need not be aligned, and nothing but the `cols` numbers of each is written.
 */
export enum Copy {
  y = 1,
  rowY = 2,
  ldy = 3,
  x = 4,
  rowX = 5,
  ldx = 6,
  inner = 7,
  cols = 8,
}

/** y[rows][points][channels] = x[rows][channels][points]: `ldy` floats from point to point of y, `ldx` from row to row of x. Padding of y is zero, whatever was there. */
export enum ToChannelsLast {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  channels = 5,
  points = 6,
}

/** y[rows][channels][points] = x[rows][points][channels]: `ldy` floats from row to row of y, `ldx` from point to point of x. Padding of y as above. */
export enum ToChannelsFirst {
  y = 1,
  ldy = 2,
  x = 3,
  ldx = 4,
  channels = 5,
  points = 6,
}
