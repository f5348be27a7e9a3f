import type { WarningCode } from "./record";

/** What to do about each kind of fault. */
export const REMEDIES: Readonly<Record<WarningCode, string>> = {
  vanishingGradients: "use relu or gelu instead of sigmoid or tanh in hidden layers, put batchNorm() or layerNorm() between them, build of residual() blocks, or take fewer layers",
  explodingGradients: "give the trainer clipNorm (1 is a good start), scale inputs and targets to a deviation of about 1, keep the default initializer, or put batchNorm() between layers",
  deadUnits: "take a smaller learning rate, keep the default initializer and biases at 0, scale the inputs, or use leakyRelu, elu or gelu, which can't die",
  saturatedUnits: "scale the inputs to a deviation of about 1, keep the default initializer, take a smaller learning rate, or use relu or gelu in hidden layers",
  divergingLoss: "take a learning rate that is ten times smaller, give the trainer clipNorm (1 is a good start), or scale inputs and targets",
  unscaledInputs: "scale each column to mean 0 and deviation 1 (numbers) or to the range from 0 to 1 (pixels: divide by 255), by what the training data say, and new data in the same way",
  overfitting: "give fit earlyStopping, train on more data or augment them, take a smaller network, or regularise it: dropout(), l2, weight decay of adamW",
};
