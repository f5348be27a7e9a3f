import { type DataSource, type FitOptions, type History, Network, type Progress, Trainer } from "deltawasm";
import { type ColumnInfo, Dataset, type Scaler, type Table, type TableOptions, type Task } from "deltawasm/data";
import { checkBoolean, checkInteger, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { TABLE_OPTIONS } from "../data/preparation/options";
import { ofDataset, ofTable, pick } from "./material";
import type { Preparation } from "./preparation";
import { type Recipe, recipe } from "./recipe";
import { ofTables, type TableStream } from "./stream";
import { chooseDecay } from "./trial";

/** What `Model.train` takes of tables and of data sets. */
export interface CommonTrainOptions extends Pick<FitOptions, "signal" | "diagnosis" | "onEpoch" | "onProgress"> {
  /** Of all that is random: the same data, options and seed give the same bits. Default 0. */
  seed?: number;
  /** Times that all rows are gone through, from 1. Default: the recipe's. */
  epochs?: number;
  /** Rows of a step. Default: the recipe's. */
  batchSize?: number;
  /** Widths of the hidden layers; [] for none. Default: the recipe's. */
  hidden?: readonly number[];
  /** The highest learning rate. Default: the recipe's. */
  learningRate?: number;
  /**
   * Whether the model is that of the epoch in which the loss of the validation was the least, and training ends where that doesn't get less for half
   * of all epochs. Default: where `validation` is a share.
   */
  stopEarly?: boolean;
  /** Called before the first epoch, and awaited. */
  onStart?: (start: TrainingStart) => void | Promise<void>;
}

/** Options of `Model.train` for a table. */
export interface TrainOptions extends TableOptions, CommonTrainOptions {
  /**
   * Share of the rows that is kept out of learning, from 0, below 1: it is evaluated after each epoch, and the model is that of the epoch in
   * which its loss was the least; where that doesn't get less for half of all epochs, training ends. Default 0: all rows are learned from, and
   * weight decay and the schedule see to it that the last epoch is good: on no table that was tried was a model better that had kept a tenth
   * of its rows for this (docs/guide/tables.md). A table of rows instead is evaluated after each epoch, and decides nothing, unless `stopEarly` says so.
   */
  validation?: number | Table;
}

/** Options of `Model.train` for a table that comes in parts. */
export interface StreamTrainOptions extends TableOptions, CommonTrainOptions {
  /** Rows that are evaluated after each epoch; they decide nothing, unless `stopEarly` says so. Default: none. */
  validation?: Table | TableStream;
}

/** Options of `Model.train` for a data set. */
export interface DatasetTrainOptions extends CommonTrainOptions {
  /** Default: "classification" where targets are class indices or names of classes, else "regression". */
  task?: Task;
  /** Scales inputs. Default: each input gets the mean 0 and the deviation 1. For images give one scale for all pixels. */
  scaler?: Scaler;
  /** As for a table; a data set of rows instead is evaluated after each epoch. Default 0. */
  validation?: number | Dataset;
}

/** What is known before the first epoch. */
export interface TrainingStart {
  /** What becomes of a table's columns; of a data set there are none. */
  columns: ColumnInfo[];
  /** The network, and how it is trained. */
  recipe: Recipe;
  /** What trains it: it may be observed, and saved. */
  trainer: Trainer;
  /** Rows that are learned from: those with a target. */
  rows: number;
  /** The encoded rows, or a stream of them. */
  data: DataSource;
}

/** What a training gave, without the model. */
export interface Trained {
  columns: ColumnInfo[];
  recipe: Recipe;
  history: History;
}

/** Options that are handed on to `fit`. */
const FIT_OPTIONS = ["signal", "diagnosis", "onEpoch", "onProgress"] as const;
/** Options that are handed on to the recipe. */
const RECIPE_OPTIONS = ["epochs", "batchSize", "hidden", "learningRate"] as const;
const COMMON_OPTIONS = [...FIT_OPTIONS, ...RECIPE_OPTIONS, "seed", "validation", "stopEarly", "onStart"];

/** Fits a preparation and a network to rows. `attach` makes the model before training begins. */
export async function trainOn(
  given: Table | TableStream | Dataset, options: TrainOptions | StreamTrainOptions | DatasetTrainOptions | undefined, attach: (network: Network, preparation: Preparation) => void,
): Promise<Trained> {
  const isDataset = given instanceof Dataset, isStream = typeof given === "function";
  const names = [...COMMON_OPTIONS, ...(isDataset ? ["task", "scaler"] : TABLE_OPTIONS)];
  const checked: Partial<TrainOptions & StreamTrainOptions & DatasetTrainOptions> = checkOptions("options", isDataset ? options ?? {} : options, names);
  const { seed = 0, signal, onStart, onProgress, stopEarly } = checked;
  checkInteger("options.seed", seed, 0);
  if (checked.epochs !== undefined) checkInteger("options.epochs", checked.epochs, 1);
  if (checked.batchSize !== undefined) checkInteger("options.batchSize", checked.batchSize, 1, 2 ** 20);
  if (stopEarly !== undefined) checkBoolean("options.stopEarly", stopEarly);
  if (stopEarly && checked.validation === undefined) throw new DeltawasmError("conflict", "options.stopEarly: there is no validation to stop by: give options.validation");
  if (onStart !== undefined && typeof onStart !== "function") throw new DeltawasmError("type", `options.onStart: expected a function, got ${show(onStart)}`);
  const material = isDataset ? ofDataset(given, checked, seed) : isStream ? await ofTables(given, checked, seed) : ofTable(given, checked, seed);
  const { preparation, task, inputs, outputs, rows, data, sample, validation, isHeld, columns } = material;
  const question = { task, rows, inputs, outputs, seed, ...pick(checked, RECIPE_OPTIONS) };
  const chosen = recipe({ ...question, decay: await chooseDecay(sample.data, { ...question, rows: sample.rows }, signal) });
  const network = await Network.create(chosen.spec);
  try {
    attach(network, preparation);
    const trainer = new Trainer(network, chosen.trainer);
    await onStart?.({ columns, recipe: chosen, trainer, rows, data });
    const history = await trainer.fit(data, {
      ...chosen.fit,
      ...(validation ? { validation } : {}),
      ...(validation && (stopEarly ?? isHeld) ? { earlyStopping: { patience: Math.ceil(chosen.fit.epochs! / 2) } } : {}),
      ...pick(checked, FIT_OPTIONS),
      ...(onProgress ? { onProgress: (progress: Progress) => onProgress({ ...progress, steps: Math.ceil(rows / chosen.fit.batchSize!) }) } : {}),
    });
    trainer.dispose();
    return { columns, recipe: chosen, history };
  } catch (error) {
    network.dispose();
    throw error;
  }
}
