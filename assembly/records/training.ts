// What a step does beside forward, backward and update: weights of rows, a limit of weights, gradients of several batches. See ../records.ts.

/** The sum of the f32 weights of the rows to the state's weight. */
export enum SumWeights {
  weights = 1,
}

/**
 * Scales the weights of each unit whose Euclidean norm is beyond the state's maxNorm down to it. `w` is in panels. A norm that is not finite
 * is left alone.
 */
export enum MaxNorm {
  w = 1,
  inputs = 2,
  outputs = 3,
}

/** sum[count] += weight · g, with the weight of the batch; the first batch of an update overwrites what was there. */
export enum AccumulateGradient {
  sum = 1,
  g = 2,
  count = 3,
}

/** g[count] = sum / accumulatedWeight; 0 where all weights are 0. */
export enum MeanGradient {
  g = 1,
  sum = 2,
  count = 3,
}

// CountBatch has no fields: it counts a batch whose gradients were accumulated, and a pass where no Advance does that.

/**
 * Skips the next `records` records unless an update is due: as many batches as the state's `accumulate` says are accumulated, or the rows
 * have come to their end. A team meets before it and after it, so that all its threads see the same state.
 */
export enum SkipUnlessDue {
  records = 1,
}

// ResetCount has no fields: after MeanGradient, the count of batches starts anew.

/** Sets the learning rate to `rates[step − rateStart]`, of 64-bit floats: before Advance. */
export enum ScheduledRate {
  rates = 1,
}
