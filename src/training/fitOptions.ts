import { checkBoolean, checkInteger, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { Graph } from "../network/graph";
import { type AugmentOptions, resolveAugment, type ResolvedAugment } from "./augmentOptions";
import { type EarlyStopping, type EarlyStoppingOption, resolveEarlyStopping } from "./earlyStopping";
import { type Evaluation, hasAccuracy } from "./evaluate";
import { bufferRowsOf, type DataSource } from "./feed";
import type { ResolvedLoss } from "./losses";
import type { TrainingObserver } from "./observer";

/** How far a training has come. */
export interface Progress {
  /** From 1, of `epochs`. */
  epoch: number;
  /** Epochs asked for. */
  epochs: number;
  /** Batches done in this epoch, of `steps`: with `accumulate` several of them make a step of the optimizer. */
  step: number;
  /** Batches of an epoch; Infinity as long as a stream has not come to its end once. */
  steps: number;
  /** Mean loss of the last batch. */
  loss: number;
}

/** What an epoch has given. */
export interface EpochReport {
  /** From 1, in this call. */
  epoch: number;
  /** Mean loss over the epoch's rows, each as it was when its batch came, without l1 and l2. */
  loss: number;
  /** The learning rate of its last step. */
  learningRate: number;
  /** Seconds that the epoch took, without its validation. */
  seconds: number;
  /** After the epoch, where validation data are given; missing where an abort came in between. */
  validation?: Evaluation;
}

/** What a training has given. */
export interface History {
  /** One for each epoch that was finished. */
  epochs: EpochReport[];
  /** "aborted": by the signal, before the last epoch was finished; "earlyStopped": by `earlyStopping`. */
  stopped: "completed" | "aborted" | "earlyStopped";
  /** With `earlyStopping`, unless it was aborted: the best epoch, and the value that it was judged by. */
  best?: { epoch: number; value: number };
}

/** Options of `fit` and `epochs`. */
export interface FitOptions {
  /** Times that all rows are gone through, from 1. Default 10. */
  epochs?: number;
  /** Rows of a step, 1 to 1,048,576; the last step of an epoch takes what is left. Default 32. */
  batchSize?: number;
  /** Whether each epoch takes the rows in a new random order. Default true. */
  shuffle?: boolean;
  /** Evaluated after each epoch: like the data to learn from, at hand or a stream. */
  validation?: DataSource;
  /**
   * Rows of a stream to learn from that are in memory at once, from 1, rounded up to whole updates: `shuffle` mixes among these. Default: as many as 32 MiB hold.
   * Data that are all at hand need none.
   */
  bufferRows?: number;
  /** Batches whose gradients together make one update: their mean over all rows. 1 to 65,536; default 1. */
  accumulate?: number;
  /**
   * Moves, turns, bends … the images of each batch at random before the network learns from them, each epoch anew; rows of the validation,
   * of `evaluate`, `step` and `predict` are taken as they are. Default: as they are.
   */
  augment?: AugmentOptions;
  /** Ends training when nothing gets better any more, and gives the network the parameters of its best epoch back. Default: none. */
  earlyStopping?: EarlyStoppingOption;
  /**
   * Goes on where the last `fit` of this trainer, or of the one that was saved, stopped: with the rest of its epoch, and up to `epochs` in
   * all. Given the same data and options it gives the bits of a training that was not stopped. What early stopping has ended goes on with more
   * patience, or with `earlyStopping` left out. Default false: from the beginning.
   */
  resume?: boolean;
  /** Looks into the training, and warns where something goes wrong: a `Diagnosis` of `deltawasm/diagnosis`. The bits stay the same. */
  diagnosis?: TrainingObserver;
  /** Ends the training within a slice; the steps that were done stay. */
  signal?: AbortSignal;
  /**
   * Called after each epoch, and awaited. It may evaluate, step and predict, set the learning rate, and dispose. What it throws
   * ends the training, and `fit` rejects with it; the network keeps the epochs that were done.
   */
  onEpoch?: (report: EpochReport) => void | Promise<void>;
  /**
   * Called after each slice of a few milliseconds. It may predict and set the learning rate. What it throws ends the training,
   * and `fit` rejects with it; the network keeps the steps that were done.
   */
  onProgress?: (progress: Progress) => void;
}

/** Options that are checked, with the defaults filled in. */
export interface Settings extends FitOptions {
  epochs: number;
  batchSize: number;
  shuffle: boolean;
  accumulate: number;
  bufferRows: number;
  resume: boolean;
  stopping: EarlyStopping | undefined;
  augmentation: ResolvedAugment | undefined;
}

/** Checks the options and fills the defaults in. @throws DeltawasmError type, range, unknown, conflict, shape */
export function checkFitOptions(given: FitOptions, loss: ResolvedLoss, graph: Graph): Settings {
  const names = ["epochs", "batchSize", "shuffle", "validation", "bufferRows", "accumulate", "augment", "earlyStopping", "resume", "diagnosis", "signal", "onEpoch", "onProgress"];
  const options: FitOptions = checkOptions("options", given, names);
  const { epochs = 10, batchSize = 32, shuffle = true, accumulate = 1, bufferRows, resume = false } = options;
  for (const name of ["onEpoch", "onProgress"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "function") {
      throw new DeltawasmError("type", `options.${name}: expected a function, got ${show(options[name])}`);
    }
  }
  if (options.signal !== undefined && typeof options.signal?.aborted !== "boolean") {
    throw new DeltawasmError("type", `options.signal: expected an AbortSignal, got ${show(options.signal)}`);
  }
  if (options.diagnosis !== undefined && typeof options.diagnosis?.watch !== "function") {
    throw new DeltawasmError("type", `options.diagnosis: expected a Diagnosis of deltawasm/diagnosis, got ${show(options.diagnosis)}`);
  }
  checkInteger("options.batchSize", batchSize, 1, 2 ** 20);
  checkInteger("options.accumulate", accumulate, 1, 65_536);
  if (bufferRows !== undefined) checkInteger("options.bufferRows", bufferRows, 1, 2 ** 31);
  const rowsOfUpdate = batchSize * accumulate;
  return {
    ...options,
    epochs: checkInteger("options.epochs", epochs, 1),
    batchSize,
    shuffle: checkBoolean("options.shuffle", shuffle),
    accumulate,
    bufferRows: bufferRows === undefined ? bufferRowsOf(graph, rowsOfUpdate, "training") : Math.ceil(bufferRows / rowsOfUpdate) * rowsOfUpdate,
    resume: checkBoolean("options.resume", resume),
    augmentation: resolveAugment("options.augment", options.augment, graph),
    stopping: resolveEarlyStopping("options.earlyStopping", options.earlyStopping, {
      validation: options.validation !== undefined, accuracy: hasAccuracy(loss.name),
    }),
  };
}
