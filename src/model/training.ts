import { type FitOptions, type History, Network, Trainer } from "deltawasm";
import { type ColumnInfo, type Table, TableEncoder, type TableOptions } from "deltawasm/data";
import { checkInteger, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { checkTable } from "../data/preparation/tableRows";
import { TABLE_OPTIONS } from "../data/preparation/options";
import { type Recipe, recipe } from "./recipe";
import { splitTable, withTarget } from "./splitTable";
import { chooseDecay } from "./trial";

/** Options of `Model.train`. */
export interface TrainOptions extends TableOptions, Pick<FitOptions, "signal" | "diagnosis" | "onEpoch" | "onProgress"> {
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
  /** Called before the first epoch, and awaited. */
  onStart?: (start: TrainingStart) => void | Promise<void>;
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

/** Options that are handed on to `fit`. */
const FIT_OPTIONS = ["signal", "diagnosis", "onEpoch", "onProgress"] as const;

/** Fits an encoder and a network to a table. `attach` makes the model before training begins. */
export async function trainOnTable(given: Table, options: TrainOptions, attach: (network: Network, encoder: TableEncoder) => void): Promise<Trained> {
  const checked: Partial<TrainOptions> = checkOptions("options", options, [...TABLE_OPTIONS, ...FIT_OPTIONS, "seed", "epochs", "batchSize", "validation", "onStart"]);
  const tableOptions = pick(checked, TABLE_OPTIONS) as TableOptions;
  const { seed = 0, epochs, batchSize, validation = 0, signal, onStart } = checked;
  checkInteger("options.seed", seed, 0);
  if (epochs !== undefined) checkInteger("options.epochs", epochs, 1);
  if (batchSize !== undefined) checkInteger("options.batchSize", batchSize, 1, 2 ** 20);
  const judges = typeof validation === "object" ? checkTable("options.validation", validation) : undefined;
  const share = judges ? 0 : checkNumber("options.validation", validation, { min: 0, below: 1 });
  if (onStart !== undefined && typeof onStart !== "function") throw new DeltawasmError("type", `options.onStart: expected a function, got ${show(onStart)}`);
  const table = checkTable("table", given);
  const { training, held } = share === 0 ? { training: table, held: undefined } : splitTable(table, { ...tableOptions, share, seed });
  const complete = withTarget(training, tableOptions.target);
  // Where there are none the encoder says what is wrong.
  const fitter = TableEncoder.fitter(tableOptions).add(complete.rows.length > 0 ? complete : training);
  const encoder = fitter.finish();
  const data = encoder.encodeData(training);
  const rows = data.y.length;
  const question = {
    task: encoder.task, rows, inputs: encoder.inputs, outputs: encoder.outputs, seed,
    ...pick(checked, ["epochs", "batchSize"]),
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
      ...pick(checked, FIT_OPTIONS),
    });
    trainer.dispose();
    return { network, encoder, columns: fitter.columns, recipe: chosen, history };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Those of some options that were given. */
function pick<Key extends keyof TrainOptions>(options: Partial<TrainOptions>, keys: readonly Key[]): Partial<Pick<TrainOptions, Key>> {
  return Object.fromEntries(keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]])) as Partial<Pick<TrainOptions, Key>>;
}
