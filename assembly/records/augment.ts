// Images that a step sees at random as they might have been: moved, turned, bent. See ../records.ts.

/**
 * Resamples the images x[rows][channels][height][width] in place, by bilinear interpolation: each by an affine map of its own and, where there
 * are `splines`, a displacement of each pixel. `numbers` points at AugmentNumbers. The image at [row] of step `pass` takes the words row · 8
 * and following of `stream`, and normal numbers from row · 2 · gridRows · gridCols on of `stream` + 1.
 *
 * `splines` points at an entry of SPLINE 64-bit floats for each column and then for each row of an image: the first of four controls among
 * `gridCols` or `gridRows`, and their weights. `room` has room for AUGMENT_WORDS words, an image with its border in whole vectors, a grid and
 * its curves.
 */
export enum Augment {
  x = 1,
  ldx = 2,
  channels = 3,
  height = 4,
  width = 5,
  numbers = 6,
  splines = 7,
  gridRows = 8,
  gridCols = 9,
  room = 10,
  seedLow = 11,
  seedHigh = 12,
  stream = 13,
}

/**
 * How far it may go, as 64-bit floats: pixels, radians, a part of 1; flips are 1 or 0. Of an image's words the one at the same index says how
 * far it goes.
 */
export enum AugmentNumbers {
  rotate = 0,
  scale = 1,
  shear = 2,
  shiftX = 3,
  shiftY = 4,
  flipX = 5,
  flipY = 6,
  /** What is outside an image. */
  fill = 7,
  /** Deviation of the displacements of the grid, in pixels. */
  displacement = 8,
}

/** Random words of an image. */
export const AUGMENT_WORDS = 8;

/** Pixels that the border of an image adds to its height and to its width: one before it and two behind. */
export const BORDER = 3;

/** 64-bit floats that say how a row or a column is made of the controls of a grid. */
export const SPLINE = 5;
