import type { Data, DataSource } from "deltawasm";
import { type ColumnInfo, Dataset, inferColumns, type Scaler, standardScaler, type Table, TableEncoder, type TableOptions, type Task } from "deltawasm/data";
import { checkName, checkNumber } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { TABLE_OPTIONS } from "../data/preparation/options";
import { checkTable } from "../data/preparation/tableRows";
import type { Preparation } from "./preparation";
import { splitTable, withTarget } from "./splitTable";
import type { DatasetTrainOptions, TrainOptions } from "./training";
import type { Encoded } from "./trial";

/** What a network is to learn: rows of a table or of a data set, encoded. */
export interface Material {
  preparation: Preparation;
  task: Task;
  /** Numbers of an encoded row, and of what is told of it. */
  inputs: number;
  outputs: number;
  rows: number;
  data: DataSource;
  /** All of them or some, for trials. */
  sample: { data: Encoded; rows: number };
  /** Rows that are evaluated after each epoch. */
  validation?: DataSource;
  /** Whether they were kept out of learning, and decide when it ends. */
  isHeld: boolean;
  /** What became of a table's columns. */
  columns: ColumnInfo[];
}

/** Encodes a table. @throws DeltawasmError type, range, shape, unknown, conflict, empty, nonFinite */
export function ofTable(given: Table, options: Partial<TrainOptions>, seed: number): Material {
  const tableOptions = pick(options, TABLE_OPTIONS) as TableOptions;
  const { validation = 0 } = options;
  const judges = typeof validation === "object" ? checkTable("options.validation", validation) : undefined;
  const share = judges ? 0 : checkShare(validation);
  const table = checkTable("table", given);
  // What is to be told is decided by all rows, before some are held back.
  if (share > 0 && tableOptions.task === undefined) tableOptions.task = taskOf(table, tableOptions);
  const { training, held } = share === 0 ? { training: table, held: undefined } : splitTable(table, { ...tableOptions, share, seed });
  const complete = withTarget(training, tableOptions.target);
  // Where there are none the encoder says what is wrong.
  const fitter = TableEncoder.fitter(tableOptions).add(complete.rows.length > 0 ? complete : training);
  const encoder = fitter.finish();
  const data = encoder.encodeData(training);
  const judging = judges ?? held;
  return {
    preparation: encoder, task: encoder.task, inputs: encoder.inputs, outputs: encoder.outputs, rows: data.y.length, data, sample: { data, rows: data.y.length }, isHeld: held !== undefined,
    ...(judging ? { validation: encoder.encodeData(judging) } : {}), columns: fitter.columns,
  };
}

function taskOf(table: Table, options: TableOptions): Task {
  return inferColumns(table, options)[table.columns.indexOf(options.target)].task!;
}

/** Scales a data set. @throws DeltawasmError type, range, shape, unknown, conflict, empty, nonFinite */
export function ofDataset(given: Dataset, options: Partial<DatasetTrainOptions>, seed: number): Material {
  const { validation = 0, scaler } = options;
  const judges = typeof validation === "object" ? validation : undefined;
  if (judges && !(judges instanceof Dataset)) throw new DeltawasmError("type", `options.validation: expected a share or a Dataset, got ${show(judges)}`);
  const share = judges ? 0 : checkShare(validation);
  const task = options.task === undefined ? (given.areLabels ? "classification" : "regression") : checkName<Task>("options.task", options.task, ["classification", "regression"]);
  if (task === "classification" && !given.areLabels) {
    throw new DeltawasmError("conflict", "options.task: the targets are no classes: give class indices or their names, or let the task be \"regression\"");
  }
  const parts = share === 0 ? undefined : given.split({ validation: share, seed, stratify: task === "classification" });
  const training = parts?.training ?? given;
  const held = parts?.validation;
  const preparation = { scaler: scaler ?? standardScaler(given.inputs).fit(training.x), ...(task === "classification" ? { labels: labelsOf(given) } : { targetScaler: standardScaler(given.outputs).fit(training.y) }) };
  const { labels, targetScaler } = preparation as { labels?: readonly string[]; targetScaler?: Scaler };
  const encode = (name: string, { x, y, weights, inputs, outputs, classNames }: Dataset): Encoded & Data => {
    if (inputs !== given.inputs || outputs !== given.outputs) {
      throw new DeltawasmError("shape", `${name}: expected rows of ${given.inputs} inputs and ${given.outputs} targets, as those to learn from, got rows of ${inputs} and ${outputs}`);
    }
    if (labels && classNames && classNames.join("\0") !== labels.join("\0")) {
      throw new DeltawasmError("conflict", `${name}: its classes have other names or another order than those to learn from: make it with { classNames: training.classNames }`);
    }
    return { x: preparation.scaler.transform(x), y: targetScaler ? targetScaler.transform(y) : y, ...(weights ? { weights } : {}) };
  };
  const judging = judges ?? held;
  const data = encode("data", training);
  return {
    preparation, task, inputs: given.inputs, outputs: labels ? labels.length : given.outputs, rows: training.rows, data,
    sample: { data, rows: training.rows },
    ...(judging ? { validation: encode("options.validation", judging) } : {}), isHeld: held !== undefined, columns: [],
  };
}

/** Names of the classes; where a data set has none, their indices. @throws DeltawasmError range */
function labelsOf({ classNames, y }: Dataset): readonly string[] {
  let classes = 0;
  for (const label of y) classes = Math.max(classes, label + 1);
  const labels = classNames ?? Array.from({ length: classes }, (_, n) => String(n));
  if (labels.length < 2) throw new DeltawasmError("range", `data: its targets are of one class alone, ${show(labels[0])}: at least two are needed to tell them apart`);
  return labels;
}

/** A share of rows that is kept out of learning. @throws DeltawasmError type, range */
export function checkShare(validation: unknown): number {
  return checkNumber("options.validation", validation, { min: 0, below: 1 });
}

/** Those of some options that were given. */
export function pick<Options extends object, Key extends keyof Options>(options: Options, keys: readonly Key[]): Partial<Pick<Options, Key>> {
  return Object.fromEntries(keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]])) as Partial<Pick<Options, Key>>;
}
