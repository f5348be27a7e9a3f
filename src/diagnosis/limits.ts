import type { ActivationName } from "deltawasm";

// All thresholds of the diagnosis, with their reasons.

/**
 * Outputs beyond these are at a flat end: the slope of sigmoid and of tanh is below a fifth of its largest there (|z| > 2.94 of sigmoid, 1.47
 * of tanh). Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, watch sigmoids near 0
 * and tanh near ±1 in this way.
 */
export const FLAT_ENDS: { readonly [Name in ActivationName]?: readonly [low: number, high: number] } = {
  sigmoid: [0.05, 0.95],
  tanh: [-0.9, 0.9],
  hardSigmoid: [0, 1],
};

export const LIMITS = {
  /**
   * Root mean square of a column's numbers that are not 0. LeCun et al., "Efficient BackProp", 1998, want about 1; raw measurements of a few
   * units (iris: up to 8) and grey values up to 16 train well, ages, percents, years and grey values up to 255 don't.
   */
  largeInput: 20,
  /** The same of one column by that of another: two orders of magnitude. */
  unevenInputs: 100,
  /** Share of a column's numbers that are not 0, from which on it counts there: indicators and pixels at a border are mostly 0. */
  filledColumn: 0.1,
  /** Where the largest column is below this, weights must grow a hundredfold first. */
  smallInput: 0.01,
  /** Mean by deviation, of more than half of the columns: what tells rows apart is a twentieth of what all have in common. */
  shiftedInput: 20,

  /**
   * Gradient by weight norm of a layer, by the largest of all layers: a step moves one layer by a hundred-thousandth of what it moves
   * another. Healthy networks are above 3e-3; each plain sigmoid layer costs a factor of 4 and more.
   */
  vanishingGradient: 1e-5,
  /** Norm of a layer's weights by that at the start: of a table of noise weight decay leaves a thirtieth and less. */
  withered: 0.1,
  /** Gradient by weight norm: a step of plain gradient descent at the rate 0.001 would already replace the weights. */
  explodingGradient: 1000,

  /**
   * Of n units that see one and the same sign for all rows, as those of a deep network do at its start, n/2 ± √n/2 are silent by chance: a layer is
   * ill where more than n/2 + √n are (two deviations), or all. "As much as 40 % dead" is what Stanford's CS231n gives for a learning rate that is
   * too large.
   */
  silentByChance: 0.5,
  /** What is left of the loss at the start, at the most, where a network has learned well; and the share of silent units that it can spare then. */
  learnedWell: 0.1,
  spared: 0.9,
  /** Share of outputs at flat ends: of a standard normal z a seventh is (tanh), of raw measurements (iris) up to two thirds. */
  saturated: 0.7,

  /** Loss by that of guessing, and by the best so far, that is no noise any more. */
  divergingLoss: 3,
  /** Epochs in a row in which the loss rose, and the rise in all by the loss of guessing. */
  risingEpochs: 5,
  rise: 0.25,
  /** Epochs since the validation's best, at the least: early stopping waits for 5 by default, and then ends it. */
  overfittingEpochs: 6,
  /** A rise of the validation's loss since then, by its best, that may be noise. */
  overfittingNoise: 0.025,
  /** One that is a fault: by its best, and by the loss of guessing. Sure and mostly right answers cost a little more with time, which is none. */
  overfittingRise: 0.2,
  overfittingShare: 0.1,
  /** Any rise is one where the validation's loss is so far above the training's, by the loss of guessing, and more than twice as large. */
  gap: 0.25,
  /** The same where a row has so many parameters that they can learn it by heart, as 20 rows in a network of a million. */
  gapByHeart: 0.1,
  parametersOfRow: 1000,
  /** What is left of the training's loss since then, at the most. */
  overfittingFall: 0.9,
  /** Epochs whose validation is averaged. */
  smoothedEpochs: 3,
} as const;
