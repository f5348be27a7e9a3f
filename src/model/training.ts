import { type EpochReport, type History, Network, type Progress, Trainer } from "deltawasm";
import { type ColumnInfo, type Table, TableEncoder, type TableOptions } from "deltawasm/data";
import { checkInteger, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { TABLE_OPTIONS } from "../data/preparation/tableSummary";
import { type Recipe, recipe } from "./recipe";

/** Options of `Model.train`. */
export interface TrainOptions extends TableOptions {
  /** Of all that is random: the same table, options and seed give the same bits. Default 0. */
  seed?: number;
  /** Times that all rows are gone through, from 1. Default: the recipe's. */
  epochs?: number;
  /** Rows of a step. Default: the recipe's. */
  batchSize?: number;
  /** Ends the training within a slice; the model is what was reached then. */
  signal?: AbortSignal;
  /** Called before the first epoch, and awaited. */
  onStart?: (start: TrainingStart) => void | Promise<void>;
  /** Called after each epoch, and awaited. */
  onEpoch?: (report: EpochReport) => void | Promise<void>;
  /** Called after each slice of a few milliseconds. */
  onProgress?: (progress: Progress) => void;
}

/** What is known before the first epoch. */
export interface TrainingStart {
  /** What becomes of the table's columns. */
  columns: ColumnInfo[];
  /** The network, and how it is trained. */
  recipe: Recipe;
  /** What trains it: it may be observed, and saved. */
  trainer: Trainer;
  /** Rows that are learned from: those with a target. */
  rows: number;
  /** The encoded rows. */
  data: { x: Float32Array; y: Float32Array };
}

/** What a training gave, without the model. */
export interface Trained {
  network: Network;
  encoder: TableEncoder;
  columns: ColumnInfo[];
  recipe: Recipe;
  history: History;
}

const OPTIONS = [...TABLE_OPTIONS, "seed", "epochs", "batchSize", "signal", "onStart", "onEpoch", "onProgress"];

/** Fits an encoder and a network to a table. `attach` makes the model before training begins. */
export async function trainOnTable(table: Table, given: TrainOptions, attach: (network: Network, encoder: TableEncoder) => void): Promise<Trained> {
  const { seed = 0, epochs, batchSize, signal, onStart, onEpoch, onProgress, ...options }: TrainOptions = checkOptions("options", given, OPTIONS) as never;
  checkInteger("options.seed", seed, 0);
  if (onStart !== undefined && typeof onStart !== "function") throw new DeltawasmError("type", `options.onStart: expected a function, got ${show(onStart)}`);
  const fitter = TableEncoder.fitter(options).add(table);
  const encoder = fitter.finish();
  const data = encoder.encodeData(table);
  const rows = data.y.length;
  const chosen = recipe({
    task: encoder.task, rows, inputs: encoder.inputs, outputs: encoder.outputs, seed,
    ...(epochs === undefined ? {} : { epochs: checkInteger("options.epochs", epochs, 1) }),
    ...(batchSize === undefined ? {} : { batchSize: checkInteger("options.batchSize", batchSize, 1, 2 ** 20) }),
  });
  const network = await Network.create(chosen.spec);
  try {
    attach(network, encoder);
    const trainer = new Trainer(network, chosen.trainer);
    await onStart?.({ columns: fitter.columns, recipe: chosen, trainer, rows, data });
    const history = await trainer.fit(data, {
      ...chosen.fit,
      ...(signal === undefined ? {} : { signal }),
      ...(onEpoch === undefined ? {} : { onEpoch }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    trainer.dispose();
    return { network, encoder, columns: fitter.columns, recipe: chosen, history };
  } catch (error) {
    network.dispose();
    throw error;
  }
}
