// Chance while a network trains. See ../records.ts. The number at [row, col] has the index row · cols + col, and the state's `pass` is the
// step: no bit depends on who draws it, or on how rows are padded.

/**
 * y = x ⊙ mask + offset. The mask is 0 where the random word is below `threshold`, and `scale` elsewhere; the offset is `dropped` at the one
 * and `kept` at the other. These three point at constants, 0 where there is none. y, x and mask are `ld` apart; `y` may be `x`. `words`
 * has room for DRAWN_ROOM words.
 */
export enum Dropout {
  y = 1,
  x = 2,
  mask = 3,
  cols = 4,
  ld = 5,
  threshold = 6,
  scale = 7,
  kept = 8,
  dropped = 9,
  seedLow = 10,
  seedHigh = 11,
  stream = 12,
  words = 13,
}

/** dx = dy ⊙ mask. `dx` may be `dy`. */
export enum DropoutBackward {
  dx = 1,
  dy = 2,
  mask = 3,
  cols = 4,
  ld = 5,
}

/** y = x + deviation · normal numbers. `y` may be `x`. `numbers` has room for DRAWN_ROOM floats. */
export enum GaussianNoise {
  y = 1,
  x = 2,
  cols = 3,
  ld = 4,
  deviation = 5,
  seedLow = 6,
  seedHigh = 7,
  stream = 8,
  numbers = 9,
}

/** Random numbers drawn at once (4 kB): those of several short rows, or of a part of a long one. */
export const DRAWN = 1024;

/** Room for them, for what is drawn beside them so that vectors are whole, and for the last vector of a row. */
export const DRAWN_ROOM = DRAWN + 32;
