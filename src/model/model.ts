import { type History, Network, type Rows } from "deltawasm";
import { type ColumnInfo, Dataset, type Table, TableEncoder, type TableRows, type Task } from "deltawasm/data";
import type { RunRecord } from "deltawasm/report";
import { isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { fromFile } from "../data/preparation/file";
import { checkPreparation, parseJson, type Preparation, readPreparation, writePreparation } from "./preparation";
import { type Classification, classify } from "./predictions";
import { evaluateClasses, evaluateNumbers, type ModelEvaluation } from "./evaluation";
import type { Recipe } from "./recipe";
import type { TableStream } from "./stream";
import { type DatasetTrainOptions, type StreamTrainOptions, trainOn, type TrainOptions } from "./training";

/** Keys of a network's metadata. */
const MODEL = "deltawasm.model";
const RUN = "deltawasm.run";

/** What a model says of rows: classes, or numbers in the target's own units, row by row. */
export type Predictions<T extends Task = Task> = T extends "classification" ? Classification[] : number[];

/** What `Model.train` gives. */
export interface TrainedModel<T extends Task = Task> {
  /** The model. */
  model: Model<T>;
  /** One report for each epoch, and how it ended. */
  history: History;
  /** What became of a table's columns; of a data set there are none. */
  columns: ColumnInfo[];
  /** The network, and how it was trained. */
  recipe: Recipe;
}

/**
 * A network together with its preprocessing: raw rows in, answers by name or in the target's own units out, all of it in one file.
 *
 * @example
 * const { model } = await Model.train(table, { target: "species" });
 * model.predict([{ bill_length_mm: 39.1, island: "Torgersen", … }]); // [{ label: "Adelie", confidence: 0.99…, … }]
 * await saveFile("penguins.safetensors", model);
 */
export class Model<T extends Task = Task> {
  /** The network. It belongs to the model, whose `dispose` gives its memory back. */
  readonly network: Network;
  /** What is done with rows before the network sees them, and with its outputs. */
  readonly preparation: Preparation;
  /** How it was trained and how well it did: kept in its file, for a report. */
  run: RunRecord | undefined;

  /**
   * A model of a network of your own.
   *
   * @param network with as many inputs and outputs as the preparation makes; one that tells classes ends with softmax, or with one sigmoid
   * @param preparation an encoder of a table's rows; or, for plain rows of numbers, `{ scaler, labels, targetScaler }`
   * @throws DeltawasmError `type`, `unknown`, `shape`, `conflict`
   *
   * @example const model = new Model(network, { scaler: new Scaler(0, 255), labels: ["0", "1", "2"] }); // images of bytes
   */
  constructor(network: Network, preparation: Preparation) {
    if (!(network instanceof Network)) throw new DeltawasmError("type", `network: expected a Network, got ${show(network)}`);
    this.network = network;
    this.preparation = checkPreparation(network, preparation);
    // A trainer's checkpoints hold it as well.
    network.metadata[MODEL] = writePreparation(this.preparation);
  }

  /**
   * Trains a model on a table: finds out what its columns are, encodes them, and trains a network that fits its size. Or on a data set of plain rows
   * of numbers, such as images: scales them, and trains a network in the same way. Or on a table that comes in parts, and may be larger than memory: it is
   * gone through once to find out what its columns are, and then once in each epoch, its rows mixed among those that are in memory at once: those of a table
   * that is sorted by its target should be brought into a random order before.
   *
   * @throws DeltawasmError `type`, `range`, `shape`, `unknown`, `conflict`, `empty`, `nonFinite`, `memory`, `diverged`. What a callback
   * or a stream throws, as it is. An abort before the first epoch over a stream rejects with the signal's reason.
   *
   * @example
   * const { model } = await Model.train(table, { target: "species" });
   * const { model } = await Model.train(() => streamCsv(createReadStream("large.csv")), { target: "species" });
   * const { model } = await Model.train(Dataset.from({ x: pixels, y: names }), { scaler: new Scaler(0, 255), hidden: [128] });
   */
  static train<T extends Task = Task>(table: Table, options: TrainOptions & { task?: T }): Promise<TrainedModel<T>>;
  static train<T extends Task = Task>(tables: TableStream, options: StreamTrainOptions & { task?: T }): Promise<TrainedModel<T>>;
  static train<T extends Task = Task>(data: Dataset, options?: DatasetTrainOptions & { task?: T }): Promise<TrainedModel<T>>;
  static async train<T extends Task = Task>(given: Table | TableStream | Dataset, options?: TrainOptions | StreamTrainOptions | DatasetTrainOptions): Promise<TrainedModel<T>> {
    let model: Model<T> | undefined;
    const { columns, recipe, history } = await trainOn(given, options, (network, preparation) => {
      model = new Model<T>(network, preparation);
    });
    return { model: model!, history, columns, recipe };
  }

  /**
   * A model from what `save` gave; a checkpoint of a trainer of a model's network is one as well.
   *
   * @param task what it must tell, where that matters: it is checked, and `predict` has its type
   * @throws DeltawasmError `type` where `bytes` are no bytes; `file` for a damaged or foreign file; `conflict` where it has another task; `memory`
   */
  static async load<T extends Task = Task>(bytes: Uint8Array | ArrayBuffer, task?: T): Promise<Model<T>> {
    const network = await Network.load(bytes);
    try {
      const model = new Model<T>(network, readPreparation(network, network.metadata[MODEL]));
      if (task !== undefined && model.task !== task) throw new DeltawasmError("conflict", `task: expected a model for ${show(task)}, the file has one for ${model.task}`);
      model.run = readRun(network.metadata[RUN]);
      return model;
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /**
   * The model as a file: that of its network, with the preparation and the run in its metadata. `Network.load` reads the network of it.
   *
   * @throws DeltawasmError `disposed`, `memory`, `range`
   */
  save(): Uint8Array<ArrayBuffer> {
    const { metadata } = this.network;
    metadata[MODEL] = writePreparation(this.preparation);
    if (this.run) metadata[RUN] = JSON.stringify(this.run);
    else delete metadata[RUN];
    return this.network.save();
  }

  /** What it tells: a class or a number. */
  get task(): Task {
    const { preparation } = this;
    if (preparation instanceof TableEncoder) return preparation.task;
    return preparation.labels ? "classification" : "regression";
  }

  /** Names of the classes, in the order of probabilities; none where it tells a number. */
  get labels(): readonly string[] {
    return this.preparation.labels ?? [];
  }

  /**
   * What it says of raw rows: for each row a class with its probability, or a number in the target's own units (for a network with several
   * outputs as many a row).
   *
   * @param rows of a model of a table: a table, or rows as objects by the names of columns, or as arrays in their order, with or without the
   * target's cell. Of others: rows of numbers
   * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`, `range`, `conflict`, `disposed`, `memory`
   */
  predict(rows: TableRows | Rows): Predictions<T> {
    const outputs = this.network.predict(this.#encode(rows));
    const predictions = this.task === "classification" ? classify(outputs, this.labels, this.network.outputs) : this.#numbers(outputs);
    return predictions as Predictions<T>;
  }

  /**
   * How well it does on rows whose target is known: rows that it wasn't trained on, or it is no judgement.
   *
   * @param rows as for `predict`; those of a table with their target, rows without one are left out; or a data set
   * @param truth for plain rows of numbers that are no data set: their classes, by name, or their numbers
   * @throws DeltawasmError as `predict`; `label` for a class that training didn't have
   */
  evaluate(rows: TableRows | Rows | Dataset, truth?: readonly (string | number)[]): ModelEvaluation<T> {
    const { x, y } = this.#withTruth(rows, truth);
    const outputs = this.network.predict(x);
    if (this.task === "classification") return evaluateClasses(y, outputs, this.network.outputs, this.labels) as ModelEvaluation<T>;
    return evaluateNumbers(Array.from(y), this.#numbers(outputs)) as ModelEvaluation<T>;
  }

  /** Inputs, and class indices or numbers in the target's own units. */
  #withTruth(rows: TableRows | Rows | Dataset, truth: readonly (string | number)[] | undefined): { x: Rows; y: Float32Array | number[] } {
    const { preparation } = this;
    if (preparation instanceof TableEncoder) {
      if (truth !== undefined) throw new DeltawasmError("conflict", "truth: the target of a table is a column of its rows: leave truth out");
      const { x, y } = preparation.encodeData(rows as TableRows);
      return { x, y: this.task === "classification" ? y : this.#numbers(y) };
    }
    if (rows instanceof Dataset) {
      if (truth !== undefined) throw new DeltawasmError("conflict", "truth: a data set has its own: leave truth out");
      return { x: this.#encode(rows.x), y: truthOf(rows, preparation.labels) };
    }
    if (!Array.isArray(truth)) throw new DeltawasmError("type", `truth: expected an array of what is right, one for each row, got ${show(truth)}`);
    return { x: this.#encode(rows as Rows), y: checkTruth(truth, preparation.labels) };
  }

  #encode(rows: TableRows | Rows): Rows {
    const { preparation } = this;
    if (preparation instanceof TableEncoder) return preparation.encode(rows as TableRows);
    return preparation.scaler ? preparation.scaler.transform(rows as Rows) : (rows as Rows);
  }

  #numbers(outputs: Float32Array): number[] {
    const { preparation } = this;
    if (preparation instanceof TableEncoder) {
      const { target } = preparation;
      return target.task === "regression" ? Array.from(outputs, (z) => z * target.scale + target.centre) : [];
    }
    return Array.from(preparation.targetScaler ? preparation.targetScaler.inverse(outputs) : outputs);
  }

  /** Gives the network's memory back. Further calls throw `disposed`. @throws DeltawasmError `busy` */
  dispose(): void {
    this.network.dispose();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Names of classes as their indices; numbers as they are. @throws DeltawasmError label */
function checkTruth(truth: readonly unknown[], labels: readonly string[] | undefined): number[] {
  if (!labels) return truth as number[];
  return truth.map((name, row) => {
    const place = labels.indexOf(String(name));
    if (place < 0) throw new DeltawasmError("label", `truth[${row}]: expected one of ${labels.slice(0, 12).map(show).join(", ")}, got ${show(name)}`);
    return place;
  });
}

/** What is right, of a data set: class indices as a model has them, or numbers. @throws DeltawasmError label */
function truthOf({ y, classNames }: Dataset, labels: readonly string[] | undefined): number[] {
  if (!labels) return Array.from(y);
  if (classNames) return checkTruth(Array.from(y, (label) => classNames[label]), labels);
  return Array.from(y, (label, row) => {
    if (!(label in labels)) throw new DeltawasmError("label", `data: row ${row}: expected a class index below ${labels.length}, got ${label}`);
    return label;
  });
}

/** @throws DeltawasmError file */
function readRun(text: string | undefined): RunRecord | undefined {
  if (text === undefined) return undefined;
  return fromFile("file", () => {
    const run = parseJson("run", text);
    if (!isRecord(run) || typeof run.title !== "string" || !Array.isArray(run.history)) {
      throw new DeltawasmError("type", `run: expected a record with a title and a history, got ${show(run)}`);
    }
    return run as unknown as RunRecord;
  });
}
