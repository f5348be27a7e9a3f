import type { EarlyStoppingState } from "./earlyStopping";

/** How far a `fit` has come: plain data, which a checkpoint holds. */
export interface Run {
  /** Epochs that are finished. */
  epoch: number;
  /** Of the epoch under way: rows that were trained on, the sum of their losses, and their weight. 0 between two epochs. */
  cursor: number;
  lossSum: number;
  lossRows: number;
  /** The learning rate of the last step of the epoch under way; 0 before the first. */
  learningRate: number;
  /** Whether all rows of the epoch under way were trained on, and only its validation is missing. */
  isTrained: boolean;
  /** What its batches are made of: they must be the same for an epoch to go on. `rows`: all of them, or those that a stream's buffer holds. */
  rows: number;
  isStreamed: boolean;
  batchSize: number;
  accumulate: number;
  shuffle: boolean;
  /** What early stopping remembers. */
  stopping: EarlyStoppingState | null;
}

/** What a new `fit` starts from. */
export function startOfRun(batches: Pick<Run, "rows" | "isStreamed" | "batchSize" | "accumulate" | "shuffle">): Run {
  return { epoch: 0, cursor: 0, lossSum: 0, lossRows: 0, learningRate: 0, isTrained: false, ...batches, stopping: null };
}
