import { type EpochReport, type History, Network, type Progress, Trainer, type TrainingObserver } from "deltawasm";
import { type ColumnInfo, type Table, TableEncoder, type TableOptions } from "deltawasm/data";
import { checkInteger, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { checkTable } from "../data/preparation/tableRows";
import { TABLE_OPTIONS } from "../data/preparation/options";
import { type Recipe, recipe } from "./recipe";
import { splitTable } from "./splitTable";
import { chooseDecay } from "./trial";

/** Options of `Model.train`. */
export interface TrainOptions extends TableOptions {
  /** Of all that is random: the same table, options and seed give the same bits. Default 0. */
  seed?: number;
  /** Times that all rows are gone through, from 1. Default: the recipe's. */
  epochs?: number;
  /** Rows of a step. Default: the recipe's. */
  batchSize?: number;
  /**
   * Share of the rows that is kept out of learning, from 0, below 1: it is evaluated after each epoch, and the model is that of the epoch in
   * which its loss was the least; where that doesn't get less for half of all epochs, training ends. Default 0: all rows are learned from, and
   * weight decay and the schedule see to it that the last epoch is good. A table of rows instead is evaluated after each epoch, and decides
   * nothing.
   */
  validation?: number | Table;
  /** Looks into the training, such as a `Diagnosis` of `deltawasm/diagnosis`. */
  diagnosis?: TrainingObserver;
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

const OPTIONS = [...TABLE_OPTIONS, "seed", "epochs", "batchSize", "validation", "diagnosis", "signal", "onStart", "onEpoch", "onProgress"];

/** Fits an encoder and a network to a table. `attach` makes the model before training begins. */
export async function trainOnTable(given: Table, options: TrainOptions, attach: (network: Network, encoder: TableEncoder) => void): Promise<Trained> {
  const { seed = 0, epochs, batchSize, validation = 0, diagnosis, signal, onStart, onEpoch, onProgress, ...tableOptions }: TrainOptions = checkOptions("options", options, OPTIONS) as never;
  checkInteger("options.seed", seed, 0);
  if (epochs !== undefined) checkInteger("options.epochs", epochs, 1);
  if (batchSize !== undefined) checkInteger("options.batchSize", batchSize, 1, 2 ** 20);
  const judges = typeof validation === "object" ? checkTable("options.validation", validation) : undefined;
  const share = judges ? 0 : checkNumber("options.validation", validation, { min: 0, below: 1 });
  if (onStart !== undefined && typeof onStart !== "function") throw new DeltawasmError("type", `options.onStart: expected a function, got ${show(onStart)}`);
  const table = checkTable("table", given);
  const { training, held } = share === 0 ? { training: table, held: undefined } : splitTable(table, { ...tableOptions, share, seed });
  const fitter = TableEncoder.fitter(tableOptions).add(training);
  const encoder = fitter.finish();
  const data = encoder.encodeData(training);
  const rows = data.y.length;
  const question = {
    task: encoder.task, rows, inputs: encoder.inputs, outputs: encoder.outputs, seed,
    ...(epochs === undefined ? {} : { epochs }), ...(batchSize === undefined ? {} : { batchSize }),
  };
  const chosen = recipe({ ...question, decay: await chooseDecay(data, question, signal) });
  const network = await Network.create(chosen.spec);
  try {
    attach(network, encoder);
    const trainer = new Trainer(network, chosen.trainer);
    await onStart?.({ columns: fitter.columns, recipe: chosen, trainer, rows, data });
    const history = await trainer.fit(data, {
      ...chosen.fit,
      ...(judges ? { validation: encoder.encodeData(judges) } : {}),
      ...(held === undefined ? {} : { validation: encoder.encodeData(held), earlyStopping: { patience: Math.ceil(chosen.fit.epochs! / 2) } }),
      ...(diagnosis === undefined ? {} : { diagnosis }),
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
