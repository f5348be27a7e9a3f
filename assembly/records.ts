// The language between the planner (TypeScript) and the core (AssemblyScript): both compile this file, so they can't drift.
//
// A plan is a list of records, each RECORD_WORDS 32-bit words: the operation code, then the fields that the operation's enum
// names, at the positions that it gives them. Sizes and strides count elements, addresses count bytes. Numbers that are
// not integers stand outside the records as 64-bit floats: in the state block, or in a constant that a field points at.
//
// Where a team of threads walks a list, one of them alone carries out the records that are not SHARED; of a shared one each
// thread makes its part of the outputs, in scratch of its own.

export * from "./records/arrange";
export * from "./records/augment";
export * from "./records/codes";
export * from "./records/conv";
export * from "./records/embedding";
export * from "./records/noise";
export * from "./records/normalise";
export * from "./records/piecewise";
export * from "./records/sizes";
export * from "./records/state";
export * from "./records/sweep";
export * from "./records/team";
export * from "./records/training";

/** Words of one record: one cache line. */
export const RECORD_WORDS = 16;

/** The word of a record that is 1 where the operation is divided among the threads of a team. */
export const SHARED = 15;

/**
 * The word of a record that says how many rows its matrices have for each row of the batch: the pixels of an image, the words of a
 * sentence; 1 for plain vectors. An operation goes over rows · points.
 */
export const POINTS = 14;

/**
 * What a record does. Numbered without gaps, so that the choice becomes a table of jumps. The fields of each stand in the enum of the same
 * name, those of a family in a file of records/.
 */
export enum Op {
  NextBatch = 1,
  TakeBatch = 2,
  DenseForward = 3,
  ActivationForward = 4,
  Loss = 5,
  MeanLoss = 6,
  ActivationBackward = 7,
  DenseWeightGradient = 8,
  DenseInputGradient = 9,
  ClipValue = 10,
  SquareSums = 11,
  ClipNorm = 12,
  Scale = 13,
  CheckGradient = 14,
  Advance = 15,
  Optimize = 16,
  DenseUpdate = 17,
  SmallStep = 18,
  Add = 19,
  Copy = 20,
  ToChannelsLast = 21,
  ToChannelsFirst = 22,
  ConvProduct = 23,
  ConvTurn = 24,
  ConvWeightGradient = 25,
  MaxPool = 26,
  MaxPoolGradient = 27,
  AvgPool = 28,
  AvgPoolGradient = 29,
  DepthwiseForward = 30,
  DepthwiseInputGradient = 31,
  DepthwiseWeightGradient = 32,
  RepeatColumns = 33,
  SumRepeats = 34,
  ColumnMoments = 35,
  RunningMoments = 36,
  RunningInverse = 37,
  Normalise = 38,
  NormaliseSums = 39,
  NormaliseBackward = 40,
  LayerNormForward = 41,
  LayerNormBackward = 42,
  PreluForward = 43,
  PreluBackward = 44,
  PreluGradient = 45,
  SumRow = 46,
  MaxPieces = 47,
  MaxPiecesBackward = 48,
  Dropout = 49,
  DropoutBackward = 50,
  GaussianNoise = 51,
  EmbeddingForward = 52,
  EmbeddingWeightGradient = 53,
  SumWeights = 54,
  MaxNorm = 55,
  AccumulateGradient = 56,
  MeanGradient = 57,
  CountBatch = 58,
  SkipUnlessDue = 59,
  ResetCount = 60,
  ScheduledRate = 61,
  Augment = 62,
}

// NextBatch has no fields: it moves the cursor over the rows of the next batch and counts them.

/**
 * Copies the rows of the batch, in the order of a permutation, from the data set into the input and target tensors, and their weights where
 * `weights` is not 0.
 */
export enum TakeBatch {
  x = 1,
  ldx = 2,
  y = 3,
  ldy = 4,
  xData = 5,
  xStride = 6,
  yData = 7,
  yStride = 8,
  order = 9,
  weights = 10,
  weightsData = 11,
}

/**
 * z[rows, outputs] = x[rows, inputs] · w + bias. `bias` is 0 where there is none. `pack` has room for PACK
 * floats in plans of PACK_ROWS rows or more, and for a word for each input.
 */
export enum DenseForward {
  z = 1,
  ldz = 2,
  x = 3,
  ldx = 4,
  w = 5,
  bias = 6,
  inputs = 7,
  outputs = 8,
  pack = 9,
}

/**
 * dw[inputs, outputs] = xᵀ · dz; dbias[outputs] = Σ over rows of dz. `dbias` is 0 where there is none. `pack` has room for
 * PACKED_PANELS bytes and PACK floats in plans of PACK_ROWS rows or more, and in DenseUpdate for a word for each input.
 */
export enum DenseWeightGradient {
  dw = 1,
  dbias = 2,
  x = 3,
  ldx = 4,
  dz = 5,
  lddz = 6,
  inputs = 7,
  outputs = 8,
  pack = 9,
}

/**
 * dx[rows, inputs] = dz[rows, outputs] · wᵀ. `panel` has room for PANEL floats for each output, DEPTH_BLOCK
 * at most, and for PACKED_PANELS bytes where there is a `pack` of PACK floats: it is 0 in
 * plans of fewer than PACK_ROWS rows.
 */
export enum DenseInputGradient {
  dx = 1,
  lddx = 2,
  dz = 3,
  lddz = 4,
  w = 5,
  inputs = 6,
  outputs = 7,
  panel = 8,
  pack = 9,
}

/**
 * DenseWeightGradient and Optimize of the same weights in one: the gradient of w goes to `chunk` part by part (as large as w,
 * CHUNK floats at most) and no further; dbias is kept. At most DEPTH_BLOCK rows. `slot1` and `slot2` are those of w.
 */
export enum DenseUpdate {
  w = 1,
  dbias = 2,
  x = 3,
  ldx = 4,
  dz = 5,
  lddz = 6,
  inputs = 7,
  outputs = 8,
  pack = 9,
  chunk = 10,
  kind = 11,
  slot1 = 12,
  slot2 = 13,
}

/** a = f(z), row by row. `a` may be `z`. `parameter` points at f's parameter (slope, alpha). */
export enum ActivationForward {
  kind = 1,
  a = 2,
  z = 3,
  cols = 4,
  ld = 5,
  parameter = 6,
}

/** dz = da ⊙ f′. `dz` may be `da`. `saved` is what f′ is computed from: the output, or z where `derivesFromInput`. */
export enum ActivationBackward {
  kind = 1,
  dz = 2,
  da = 3,
  saved = 4,
  cols = 5,
  ld = 6,
  parameter = 7,
}

/**
 * Each row's loss to `rowLoss` and the gradient of their mean to `da` (none where 0). `a` holds outputs, or the pre-activations of the fused
 * pairs (softmax with crossEntropy, sigmoid with binaryCrossEntropy). `ldy` is 0 where `y` holds a class index a row. `parameter` points at
 * huber's delta, or at the smoothing of the targets of the fused pairs. `weights` holds an f32 weight a row, none below 0, whose sum is the
 * state's weight; 0 where all weigh the same.
 */
export enum Loss {
  kind = 1,
  da = 2,
  a = 3,
  y = 4,
  cols = 5,
  ld = 6,
  ldy = 7,
  rowLoss = 8,
  parameter = 9,
  weights = 10,
}

/** The mean of the rows' losses, weighted where `weights` is not 0, to the state. Ends the run if it is not finite. */
export enum MeanLoss {
  kind = 1,
  cols = 2,
  rowLoss = 3,
  weights = 4,
}

/** Limits each of `count` gradients to [−clipValue, clipValue] of the state. */
export enum ClipValue {
  g = 1,
  count = 2,
}

/** The sum of the squares of each BLOCK of `count` gradients, as a 64-bit float. */
export enum SquareSums {
  g = 1,
  count = 2,
  sums = 3,
}

/** From these sums the norm of `count` gradients, and the factor that makes it at most the state's clipNorm. */
export enum ClipNorm {
  sums = 1,
  count = 2,
}

/** Multiplies `count` gradients by the state's clipFactor, unless that is 1. */
export enum Scale {
  g = 1,
  count = 2,
}

/**
 * Ends the run before the update if one of `count` gradients g, with the penalties of w, is not finite, or so large that its
 * square (LARGEST_GRADIENT) or the update may overflow, or if a weight is beyond LARGEST_WEIGHT: the largest of each BLOCK are
 * looked at.
 */
export enum CheckGradient {
  g = 1,
  w = 2,
  count = 3,
}

export const LARGEST_GRADIENT = 1e18;
export const LARGEST_UPDATE = 1e37;
export const LARGEST_WEIGHT = 1e38;

// Advance has no fields: it counts an optimizer step, before its updates, and the pass of its batch.

/** The updates of a step over flat parameters: penalties and decay on the first `decayed` of `count`. */
export enum Optimize {
  kind = 1,
  w = 2,
  g = 3,
  slot1 = 4,
  slot2 = 5,
  decayed = 6,
  count = 7,
}

/**
 * A whole step of SGD on one row, for `count` dense layers of at most eight outputs: takes the row where it lies, in the order of a permutation.
 * `labels` is 1 where yData holds class indices. `layers` points at a SmallLayer each.
 */
export enum SmallStep {
  layers = 1,
  count = 2,
  loss = 3,
  parameter = 4,
  da = 5,
  rowLoss = 6,
  labels = 7,
  xData = 8,
  xStride = 9,
  yData = 10,
  yStride = 11,
  order = 12,
}

/** A dense layer and its activation (linear where the loss takes z), as the fields of its records have them. */
export enum SmallLayer {
  inputs = 0,
  outputs = 1,
  w = 2,
  bias = 3,
  z = 4,
  a = 5,
  saved = 6,
  kind = 7,
  parameter = 8,
}

export const SMALL_LAYER_WORDS = 16;

/** The most outputs of such a layer, and the most inputs of the first. */
export const SMALL_OUTPUTS = 8;
export const SMALL_INPUTS = 64;
