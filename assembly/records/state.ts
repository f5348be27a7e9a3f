// What a plan keeps from record to record, and why it ends. See ../records.ts.

/** The state block of a program: 64-bit floats, at these indices. */
export enum State {
  /** Rows of the current batch. */
  rows = 0,
  /** Rows of a full batch. */
  batchSize = 1,
  /** Where in the order the next batch starts, and where the order ends. */
  cursor = 2,
  rowCount = 3,
  /** Optimizer steps done since the start. */
  step = 4,
  /** Mean loss of the last batch. */
  loss = 5,
  /** Sum of the rows' losses since it was last reset, and the number of those rows, or their weights. */
  lossSum = 6,
  lossRows = 7,
  learningRate = 8,
  l1 = 9,
  l2 = 10,
  /** Momentum, rho or beta 1 of the optimizer. */
  momentum = 11,
  beta2 = 12,
  epsilon = 13,
  weightDecay = 14,
  /** beta1 and beta2 to the power of `step`. */
  beta1Power = 15,
  beta2Power = 16,
  clipValue = 17,
  clipNorm = 18,
  /** Euclidean norm of the gradient before clipping, where it was computed. */
  gradientNorm = 19,
  /** Why the run ended early: a Stop code, 0 if it didn't. */
  stop = 20,
  /** What makes the gradient's norm at most clipNorm. */
  clipFactor = 21,
  /** Bytes from the scratch of one thread to that of the next. */
  scratchStride = 22,
  /** Batches trained on since the start: the step of the random numbers of a layer. */
  pass = 23,
  /** The weights of the batch's rows together: their number where all weigh 1. */
  weight = 24,
  /** Batches whose gradients make an update, those since the last one, and the weight of their rows. */
  accumulate = 25,
  accumulated = 26,
  accumulatedWeight = 27,
  /** The most that the norm of the weights of a unit may be. */
  maxNorm = 28,
  /** The step that the first of the scheduled learning rates is for. */
  rateStart = 29,
}

/** Length of the state block in 64-bit floats. */
export const STATE_LENGTH = 32;

/** Why a run ended before its last step. */
export enum Stop {
  none = 0,
  loss = 1,
  gradient = 2,
}
