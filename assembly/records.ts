// The language between the planner (TypeScript) and the core (AssemblyScript): both compile this file, so they can't drift.
//
// A plan is a list of records, each RECORD_WORDS 32-bit words: the operation code, then the fields that the operation's enum
// names, at the positions that it gives them. Sizes and strides count elements, addresses count bytes. Numbers that are
// not integers stand outside the records as 64-bit floats: in the state block, or in a constant that a field points at.
//
// Where a team of threads walks a list, one of them alone carries out the records that are not SHARED; of a shared one each
// thread makes its part of the outputs, in scratch of its own.

export * from "./records/arrange";
export * from "./records/sweep";
export * from "./records/normalise";
export * from "./records/piecewise";
export * from "./records/embedding";
export * from "./records/noise";
export * from "./records/training";
export * from "./records/conv";

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

/**
 * The block through which a team of threads works together: 32-bit words at these indices. Those that several threads write have a
 * cache line of their own.
 */
export enum Team {
  /** The number of the last job; a new one wakes the threads. Then the job itself, written before. */
  job = 0,
  /** How many threads carry it out, the first of them included. 0 sends all home. */
  size = 1,
  state = 2,
  records = 3,
  count = 4,
  repeats = 5,
  /** Turns of an empty loop that a thread waits at a barrier before it sleeps, and after a job before it does. */
  spin = 6,
  awake = 7,
  /** Milliseconds until the first thread gives the others up: when a job begins, and at a barrier. */
  patience = 8,
  limit = 9,
  /** 1 while a job is posted or being done, for a thread that doesn't take part. */
  pending = 10,
  /** The job's number when all are there, its negative if the first thread didn't wait for the others. */
  start = 16,
  /** Threads at the barrier. */
  arrived = 32,
  /** The number of the barrier. */
  barrier = 48,
  /** The state's `stop` when the last thread came to the barrier: all act on this one. */
  halt = 49,
  /** Threads that sleep at the barrier. */
  sleepers = 64,
  /** From here on, a cache line a thread: the job that it is at, −1 before it is there at all. */
  places = 80,
}

/** Words of a place. */
export const PLACE = 16;

/** What `lead` gives instead of a number of rounds. */
export enum Led {
  /** Not all threads came: nothing was done. */
  absent = -1,
  /** A thread got lost in the middle of the job. */
  lost = -2,
  /** A thread came, and got lost before anything was done. */
  gone = -3,
}

/** Why a run ended before its last step. */
export enum Stop {
  none = 0,
  loss = 1,
  gradient = 2,
}

/** Activation codes, in the order of the names in src/network/activations.ts. */
export enum Activation {
  linear = 0,
  sigmoid = 1,
  tanh = 2,
  relu = 3,
  leakyRelu = 4,
  elu = 5,
  selu = 6,
  softplus = 7,
  swish = 8,
  gelu = 9,
  geluTanh = 10,
  hardSigmoid = 11,
  softmax = 12,
}

/** Loss codes. */
export enum LossKind {
  squaredError = 0,
  meanSquaredError = 1,
  meanAbsoluteError = 2,
  huber = 3,
  binaryCrossEntropy = 4,
  crossEntropy = 5,
}

/** Optimizer codes. */
export enum Optimizer {
  sgd = 0,
  momentum = 1,
  nesterov = 2,
  rmsprop = 3,
  adagrad = 4,
  adam = 5,
  adamW = 6,
}

/** 2^-100: a smaller magnitude becomes +0 at the places that docs/numerics.md names. */
export const FLUSH_BELOW = 7.888609052210118e-31;

/** Columns of a weight panel: element (input i, output o) of a dense layer is at ((o >> 3) · inputsPadded + i) · 8 + (o & 7). */
export const PANEL = 8;

/** Terms of a product summed per pass, so that a panel's part (8 kB) and four rows of the other operand stay in L1. */
export const DEPTH_BLOCK = 256;

/** Rows that go through all panels before the next: DEPTH_BLOCK columns of them, packed, are PACK. */
export const ROW_BLOCK = 128;

/** From this many rows on products take an operand packed: it would lie on more pages than an L1 TLB knows. */
export const PACK_ROWS = 64;

/** Columns of a result from which on packing the rows of the other operand pays. */
export const PACK_COLS = 64;

/** Floats of a packed operand (128 kB): they stay in L2. */
export const PACK = 32768;

/** Bytes of a packed panel of DEPTH_BLOCK terms, and of the two that wide registers take at once. */
export const PACKED_PANEL = PANEL * DEPTH_BLOCK * 4;
export const PACKED_PANELS = 2 * PACKED_PANEL;

/** Parameters of which one sum of squares, or one largest, is taken. */
export const BLOCK = 4096;

/** Floats of gradients that are made before they update their weights (8 kB): they stay in L1. */
export const CHUNK = 2048;

/** SELU's constants (Klambauer et al. 2017, "Self-Normalizing Neural Networks", appendix). */
export const SELU_ALPHA = 1.6732632423543772848170429916717;
export const SELU_SCALE = 1.0507009873554804934193349852946;
