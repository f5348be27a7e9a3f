// What the fields called `kind` hold. See ../records.ts.

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
