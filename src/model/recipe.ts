import { adamW, dense, type FitOptions, type NetworkSpec, oneCycle, type TrainerOptions } from "deltawasm";
import type { Task } from "deltawasm/data";

/** What a recipe depends on. */
export interface RecipeQuestion {
  /** What is to be told. */
  task: Task;
  /** Rows to learn from. */
  rows: number;
  /** Numbers of an encoded row. */
  inputs: number;
  /** Outputs: one for each class, or one. */
  outputs: number;
  /** Of initial weights. Default 0. */
  seed?: number;
  /** Times that all rows are gone through, instead of the recipe's. */
  epochs?: number;
  /** Rows of a step, instead of the recipe's. */
  batchSize?: number;
}

/** A network, and how it is trained: plain data. */
export interface Recipe {
  /** The network. */
  spec: NetworkSpec;
  /** Loss, optimizer, schedule, penalties. */
  trainer: TrainerOptions;
  /** Epochs and batches. */
  fit: Pick<FitOptions, "epochs" | "batchSize">;
}

/**
 * A network for a table of so many rows, and how it is trained: what `Model.train` takes where nothing else is said.
 */
export function recipe({ task, rows, inputs, outputs, seed = 0, epochs: givenEpochs, batchSize: givenBatch }: RecipeQuestion): Recipe {
  const batchSize = givenBatch ?? 32;
  const epochs = givenEpochs ?? 60;
  const steps = epochs * Math.ceil(rows / batchSize);
  return {
    spec: { input: inputs, layers: [dense(64, "relu"), dense(64, "relu"), dense(outputs, task === "classification" ? "softmax" : "linear")], seed },
    trainer: {
      loss: task === "classification" ? "crossEntropy" : "meanSquaredError",
      optimizer: adamW({ learningRate: 0.003, weightDecay: 0.01 }),
      schedule: oneCycle({ steps }),
    },
    fit: { epochs, batchSize },
  };
}
