/** Weights of a layer. */
export interface JsLayer {
  /** [out, in], row by row. */
  w: Float32Array;
  b: Float32Array;
}

export interface JsTrainerOptions {
  /** Units of each layer, the inputs first. */
  sizes: readonly number[];
  hidden: "relu" | "sigmoid";
  /** crossEntropy: softmax outputs and class indices. squaredError: sigmoid outputs and ½ Σ (a − y)². */
  loss: "crossEntropy" | "squaredError";
  /** Adam has β₁ 0.9, β₂ 0.999, ε 1e-8. */
  optimizer: "sgd" | "adam";
  learningRate: number;
  batchSize: number;
  /** To start from; otherwise random ones from `seed`. */
  weights?: readonly JsLayer[];
  seed: number;
}

export interface JsTrainer {
  /**
   * Takes `steps` batches, from batch `firstStep` of the order on; gives the mean loss of the last batch before its update.
   *
   * @param x rows of inputs
   * @param y class indices, or rows of targets
   * @param order the rows in the order in which they are taken
   */
  trainSteps(
    x: Float32Array, y: Int32Array | Float32Array, order: Int32Array | Uint32Array, firstStep: number, steps: number,
  ): number;
  /** Copies. */
  weights(): JsLayer[];
}

/** Uniform weights of variance 2 / in (He et al. 2015) or 2 / (in + out) (Glorot & Bengio 2010), biases 0; or a copy of the given. */
export function startWeights({ sizes, hidden, weights, seed }: JsTrainerOptions): JsLayer[] {
  if (weights) return weights.map(({ w, b }) => ({ w: w.slice(), b: b.slice() }));
  // A linear congruential generator will do. Numerical Recipes, 3rd ed., 7.1.4.
  let state = seed >>> 0;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return sizes.slice(1).map((outputs, n) => {
    const inputs = sizes[n];
    const limit = Math.sqrt(6 / (hidden === "relu" && n < sizes.length - 2 ? inputs : inputs + outputs));
    return { w: Float32Array.from({ length: outputs * inputs }, () => (2 * random() - 1) * limit), b: new Float32Array(outputs) };
  });
}
