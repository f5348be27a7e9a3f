// The language between the planner (TypeScript) and the core (AssemblyScript): both compile this file, so they can't drift.
//
// A plan is a list of records, each RECORD_WORDS 32-bit words: the operation code, then the fields that the operation's enum
// names, at the positions that it gives them. Sizes and strides count elements, addresses count bytes. Numbers that are
// not integers stand outside the records as 64-bit floats: in the state block, or in a constant that a field points at.

/** Words of one record: one cache line. */
export const RECORD_WORDS = 16;

/** What a record does. The fields of each stand in the enum of the same name. */
export enum Op {
  TakeBatch = 1,
  DenseForward = 2,
  ActivationForward = 3,
  Loss = 4,
  ActivationBackward = 5,
  DenseWeightGradient = 6,
  DenseInputGradient = 7,
  ClipValue = 8,
  ClipNorm = 9,
  CheckGradient = 10,
  Advance = 11,
  Optimize = 12,
  DenseUpdate = 13,
}

/** Copies the next batch of rows, in the order of a permutation, from the data set into the input and target tensors. */
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
}

/**
 * z[rows, outputs] = x[rows, inputs] · w + bias. `bias` is 0 where there is none. `pack` has room for PACK floats, and is 0 in
 * plans of fewer than PACK_ROWS rows.
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
 * PANEL · DEPTH_BLOCK + PACK floats, and is 0 in plans of fewer than PACK_ROWS rows.
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
 * at most; `pack` as in DenseForward.
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
 * Each row's loss to `rowLoss`, the batch's mean to the state, and the gradient to `da` (none where 0). `a` holds outputs, or
 * the pre-activations of the fused pairs (softmax with crossEntropy, sigmoid with binaryCrossEntropy). `ldy` is 0 where `y` holds a class index a row.
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
}

/** Limits each of `count` gradients to [−clipValue, clipValue] of the state. */
export enum ClipValue {
  g = 1,
  count = 2,
}

/** Scales `count` gradients so that their Euclidean norm is at most the state's clipNorm. */
export enum ClipNorm {
  g = 1,
  count = 2,
}

/**
 * Ends the run before the update if one of `count` gradients g, with the penalties of w, is not finite, or so large that its
 * square (LARGEST_GRADIENT) or the update may overflow, or if a weight is beyond LARGEST_WEIGHT.
 */
export enum CheckGradient {
  g = 1,
  w = 2,
  count = 3,
}

export const LARGEST_GRADIENT = 1e18;
export const LARGEST_UPDATE = 1e37;
export const LARGEST_WEIGHT = 1e38;

// Advance has no fields: it counts an optimizer step, before its updates.

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
  /** Sum of the rows' losses since it was last reset, and the number of those rows. */
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
}

/** Length of the state block in 64-bit floats. */
export const STATE_LENGTH = 24;

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

/** Floats of gradients that are made before they update their weights (8 kB): they stay in L1. */
export const CHUNK = 2048;

/** SELU's constants (Klambauer et al. 2017, "Self-Normalizing Neural Networks", appendix). */
export const SELU_ALPHA = 1.6732632423543772848170429916717;
export const SELU_SCALE = 1.0507009873554804934193349852946;
