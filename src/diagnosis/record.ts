/** Numbers counted in bins of the same width. */
export interface Histogram {
  /** The lower end of the first bin. */
  from: number;
  /** The upper end of the last. */
  to: number;
  /** How many numbers each bin has. */
  counts: number[];
}

/** What was seen of a layer at one moment of a training. */
export interface LayerSample {
  /** As the layer's parameters are named: "0", "2", or the name that it was given. */
  layer: string;
  /** Its type: "dense", "conv2d" … */
  type: string;
  /** Of its outputs over a batch, where it has an activation or is one. */
  activations?: {
    mean: number;
    deviation: number;
    /** Share, from 0 to 1, of outputs at the flat ends of a sigmoid or tanh. Missing where the activation has no such ends. */
    saturated?: number;
    /** Share, from 0 to 1, of units that gave 0 for every row of the batch. Missing where the activation can't die. */
    dead?: number;
    histogram: Histogram;
  };
  /** Euclidean norm of the gradient by its parameters; missing where it has none. */
  gradientNorm?: number;
  /** Euclidean norm of its parameters; missing where it has none. */
  weightNorm?: number;
  /** Norm of a step's update of its parameters, by their norm; missing where it has none. */
  updateRatio?: number;
}

/** What was seen at one moment of a training. */
export interface DiagnosisSample {
  /** From 1. */
  epoch: number;
  /** Optimizer steps that were done. */
  step: number;
  /** Mean loss of the batch. */
  loss: number;
  /** In the order of the network. */
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
