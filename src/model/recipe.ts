import { adamW, dense, dropout, type FitOptions, type LayerSpec, type NetworkSpec, oneCycle, type TrainerOptions } from "deltawasm";
import type { Task } from "deltawasm/data";
import { checkInteger, checkName, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";

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
  /** Widths of the hidden layers, instead of the recipe's; [] for none. */
  hidden?: readonly number[];
  /** The highest learning rate of the cycle, instead of the recipe's. */
  learningRate?: number;
  /** How strong weight decay is: from 0.5 for tables with little noise to 2, the default, for those with much. */
  decay?: number;
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

const HIDDEN: readonly number[] = [64, 64];
const RATE = 0.02;
/** From MANY_ROWS on. */
const LOWER_RATE = 0.01;
const MANY_ROWS = 8000;

/** Rows up to which decay is strongest, and steps are fewest. */
const FEW_ROWS = 400;
const FEWEST_STEPS = 500;

/**
 * A network for a table of so many rows, and how it is trained: what `Model.train` takes where nothing else is said.
 *
 * Two layers of 64 gelu units (by its tanh formula), or of the widths that are asked for, each followed by a dropout of 0.1 where classes are told; AdamW with one cycle of the learning rate, which ends at
 * almost 0, so that the last epoch is as good as any. What keeps it from learning a table by heart is weight decay, which falls with rows^¾.
 * Steps grow with the root of the rows. The constants were chosen by cross-validation on small tables, real and made up.
 *
 * @throws DeltawasmError `type`, `range`, `unknown`
 *
 * @example
 * const { spec, trainer, fit } = recipe({ task: encoder.task, rows: y.length, inputs: encoder.inputs, outputs: encoder.outputs });
 * await new Trainer(await Network.create(spec), trainer).fit({ x, y }, fit);
 */
export function recipe(question: RecipeQuestion): Recipe {
  const { task, rows, inputs, outputs, seed, decay, batchSize, hidden, learningRate, epochs: givenEpochs } = checkQuestion(question);
  const stepsOfEpoch = Math.ceil(rows / batchSize);
  const epochs = givenEpochs ?? Math.ceil(stepsFor(rows) / stepsOfEpoch);
  const isClassifier = task === "classification";
  const hiddenLayers = hidden.flatMap((units): LayerSpec[] => [dense(units, "geluTanh"), ...(isClassifier ? [dropout(0.1)] : [])]);
  return {
    spec: { input: inputs, layers: [...hiddenLayers, dense(outputs, isClassifier ? "softmax" : "linear")], seed },
    trainer: {
      loss: isClassifier ? "crossEntropy" : "meanSquaredError",
      optimizer: adamW({ learningRate, weightDecay: weightDecayFor(rows, decay) }),
      schedule: oneCycle({ steps: epochs * stepsOfEpoch }),
    },
    fit: { epochs, batchSize },
  };
}

function batchSizeFor(rows: number): number {
  if (rows < 64) return 8;
  if (rows < 250) return 16;
  if (rows < 8000) return 32;
  if (rows < 50_000) return 64;
  return rows < 200_000 ? 128 : 256;
}

function stepsFor(rows: number): number {
  return FEWEST_STEPS * Math.max(1, Math.sqrt(rows / FEW_ROWS));
}

/** 1, the most that AdamW takes, in short tables. */
function weightDecayFor(rows: number, decay: number): number {
  const root = Math.sqrt(Math.min(1, FEW_ROWS / rows));
  return Math.min(1, decay * root * Math.sqrt(root));
}

/** The question with its defaults filled in. @throws DeltawasmError type, range, unknown */
function checkQuestion(given: RecipeQuestion) {
  const question: Partial<RecipeQuestion> = checkOptions("question", given, ["task", "rows", "inputs", "outputs", "seed", "epochs", "batchSize", "hidden", "learningRate", "decay"]);
  const rows = checkInteger("rows", question.rows, 1);
  const { seed = 0, batchSize = batchSizeFor(rows), epochs, decay = 2, hidden = HIDDEN, learningRate = rows < MANY_ROWS ? RATE : LOWER_RATE } = question;
  if (!Array.isArray(hidden)) throw new DeltawasmError("type", `hidden: expected an array of widths, got ${show(hidden)}`);
  return {
    task: checkName<Task>("task", question.task, ["classification", "regression"]),
    rows,
    inputs: checkInteger("inputs", question.inputs, 1),
    outputs: checkInteger("outputs", question.outputs, 1),
    seed: checkInteger("seed", seed, 0),
    batchSize: checkInteger("batchSize", batchSize, 1, 2 ** 20),
    epochs: epochs === undefined ? undefined : checkInteger("epochs", epochs, 1),
    hidden: Array.from(hidden as readonly unknown[], (units, n) => checkInteger(`hidden[${n}]`, units, 1)),
    learningRate: checkNumber("learningRate", learningRate, { above: 0, max: 1e6 }),
    decay: checkNumber("decay", decay, { min: 0, max: 1e6 }),
  };
}
