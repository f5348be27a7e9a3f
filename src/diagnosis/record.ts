import type { ActivationName } from "deltawasm";

/** Numbers counted in bins of the same width. Where all numbers are one, it stands in the middle of bins that span 1. */
export interface Histogram {
  /** The lower end of the first bin. */
  from: number;
  /** The upper end of the last. */
  to: number;
  /** How many numbers each bin has. */
  counts: number[];
}

/** Statistics of the outputs of a layer. */
export interface ActivationSample {
  /** Their mean. */
  mean: number;
  /** Their standard deviation. */
  deviation: number;
  /**
   * Share, from 0 to 1, of outputs at the flat ends of a sigmoid (below 0.05 or above 0.95), a tanh (beyond ±0.9) or a hardSigmoid (0 or 1).
   * Missing where the activation has no such ends.
   */
  saturated?: number;
  /**
   * Share, from 0 to 1, of relu units that gave 0 for every sampled row; of images and sequences, of channels and features that gave 0 at
   * every point of every row. Missing where the activation can't die.
   */
  dead?: number;
  /** How the outputs are spread, from the smallest to the largest. */
  histogram: Histogram;
}

/** What was seen of a layer at one moment of a training. */
export interface LayerSample {
  /** As the layer's parameters are named: "0", "2", or the name that it was given. */
  layer: string;
  /** Its type: "dense", "conv2d" … */
  type: string;
  /** Its activation, "linear" where it has none. */
  activation: ActivationName;
  /** Of its outputs over the sampled rows, as they are in training; missing where another layer writes in their place. */
  activations?: ActivationSample;
  /**
   * Euclidean norm of the gradient of a batch's mean loss by its parameters, before clipping and without penalties; at most 3.4e38, the
   * largest of 32-bit floats. Missing where it trains none.
   */
  gradientNorm?: number;
  /** Euclidean norm of its trained parameters; missing where it trains none. */
  weightNorm?: number;
  /** Euclidean norm of the next step's update of its parameters, by their norm before; missing where it trains none, and after the last step. */
  updateRatio?: number;
}

/** What was seen at one moment of a training. */
export interface DiagnosisSample {
  /** From 1. */
  epoch: number;
  /** Optimizer steps that were done, those of earlier trainings included. */
  step: number;
  /** Rows of the training data that were looked at. */
  rows: number;
  /** Their mean loss, as training computes it. */
  loss: number;
  /** In the order of the network: those that have parameters or an activation. */
  layers: LayerSample[];
}

/** What is wrong with a training. */
export type WarningCode =
  | "vanishingGradients" | "explodingGradients" | "deadUnits" | "saturatedUnits" | "divergingLoss" | "unscaledInputs" | "overfitting";

/** Something wrong, in plain words. */
export interface Warning {
  /** For programs. */
  code: WarningCode;
  /** What was seen, with its numbers. */
  message: string;
  /** What to do about it. */
  remedy: string;
  /** The epoch in which it was seen first, from 1. */
  epoch: number;
}

/** All that was seen of a training: plain data. */
export interface DiagnosisRecord {
  /** In the order of time. */
  samples: DiagnosisSample[];
  /** Each kind once. */
  warnings: Warning[];
}
