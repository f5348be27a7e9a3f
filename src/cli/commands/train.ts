import { init, type History } from "deltawasm";
import type { ColumnInfo, DateOrder, Task } from "deltawasm/data";
import type { CommonTrainOptions, Model, Recipe, TrainingStart } from "deltawasm/model";
import type { RunRecord } from "deltawasm/report";
import { Diagnosis } from "deltawasm/diagnosis";
import { type Judgement, showJudgement } from "../judge";
import { imageLesson, type Lesson, tableLesson } from "../lessons";
import { isIdx } from "../images";
import { asTyped, Mistake } from "../mistake";
import { fileToWrite, isModel } from "../models";
import { counted, number, Output, type OutputOptions, type Progress } from "../output";
import { nameOf, stem, type TableFileOptions } from "../tables";

/** Options of `deltawasm train`: of `target` and `labels` there is one. */
export interface TrainCommand extends OutputOptions, TableFileOptions {
  target?: string;
  labels?: string;
  out?: string;
  task?: Task;
  dateOrder?: DateOrder;
  ignore?: string[];
  category?: string[];
  test: number;
  validation?: number;
  hidden?: number[];
  learningRate?: number;
  epochs?: number;
  batchSize?: number;
  seed: number;
  threads?: number;
  force?: boolean;
}

/** Rows up to which the model that is saved learns from all of them, once it was judged. */
const MOST_TRAINED_TWICE = 50_000;

/** Trains a model on a table or on images, judges it, and saves it. Gives the exit code. */
export async function train(path: string, command: TrainCommand): Promise<number> {
  const output = new Output(command);
  const { target, labels } = command;
  if (isIdx(path) && labels === undefined) throw new Mistake(`--labels: ${path} has the name of an IDX file: give the file with the labels of its images`);
  const name = command.out ?? `${stem(path)}.safetensors`;
  const out = await fileToWrite("--out", name, { ...(command.force ? { force: true } : {}), isOurs: isModel });
  const lesson = labels === undefined ? await tableLesson(path, { ...command, target: target! }, output) : await imageLesson(path, { ...command, labels });
  if (command.threads !== undefined) await init({ threads: command.threads });
  const interrupt = interruption(output);
  try {
    return await trainAndSave({ path, lesson, command, output, name, out, signal: interrupt.signal });
  } finally {
    interrupt.end();
  }
}

interface Job {
  path: string;
  lesson: Lesson;
  command: TrainCommand;
  output: Output;
  /** Of the model's file as it was given, and where that is. */
  name: string;
  out: string;
  signal: AbortSignal;
}

async function trainAndSave({ path, lesson, command, output, name, out, signal }: Job): Promise<number> {
  const { saveFile } = await import("deltawasm/node");
  const diagnosis = new Diagnosis();
  const started = performance.now();
  const learn = async (part: "training" | "all", more: CommonTrainOptions, what: string) => {
    let bar: Progress | undefined;
    try {
      return await lesson.train(part, {
        ...optionsOf(command), ...more, signal,
        onStart: async (start) => {
          await more.onStart?.(start);
          bar = output.progress(what);
          bar.start(start.recipe.fit.epochs!);
        },
        onProgress: ({ epoch, epochs, step, steps, loss }) => bar?.update(epoch - 1 + step / steps, `${epoch}/${epochs}`, ` · loss ${loss.toPrecision(3)}`),
      });
    } finally {
      bar?.stop();
    }
  };
  const trained = await learn("training", { diagnosis, onStart: (start) => showStart(output, nameOf(path), lesson, start) }, "epoch").catch((error: unknown) => {
    // While a table was read.
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  });
  if (!trained) return nothing(output);
  const { model: judged, history, columns, recipe } = trained;
  let model = judged;
  try {
    if (signal.aborted && history.epochs.length === 0) return nothing(output);
    const judgement = await lesson.judge(judged);
    const seconds = (performance.now() - started) / 1000;
    if (judgement) showJudgement(output, judgement, "that it had not seen");
    for (const { message, remedy } of diagnosis.warnings) output.warn(`${message}: ${asTyped(remedy)}`);
    const { rows } = lesson;
    const run = recordOf({ path, model, recipe, history, judgement, diagnosis, seconds, rows: rows.training });
    const isTrainedTwice = rows.test > 0 && rows.all <= MOST_TRAINED_TWICE && !signal.aborted;
    if (isTrainedTwice) {
      const { model: whole, history: { stopped } } = await learn("all", {}, "all rows, epoch");
      if (stopped === "aborted") whole.dispose();
      else {
        judged.dispose();
        model = whole;
      }
    }
    const isOfAll = model !== judged || rows.test === 0;
    model.run = run;
    const bytes = model.save();
    await saveFile(out, bytes);
    const learned = isOfAll ? "learned from all rows" : `learned from ${counted(rows.training, "row")}`;
    if (signal.aborted) output.line(" Training was interrupted");
    output.line(` Saved to ${output.colors.bold(name)} (${number(Math.round(bytes.length / 1000))} kB), ${learned}`);
    output.line(output.colors.dim(` Next: deltawasm predict ${name} ${command.labels === undefined ? "new-rows.csv" : "new-images.idx3-ubyte"}\n       deltawasm report ${name}`));
    output.json({
      model: out, task: model.task, rows, ...(columns.length > 0 ? { columns } : {}),
      labels: model.labels, epochs: history.epochs.length, stopped: history.stopped, seconds, learnedFromAllRows: isOfAll,
      ...(judgement ? { metrics: judgement.metrics, ...(judgement.confusion ? { confusion: judgement.confusion } : {}) } : {}),
      warnings: diagnosis.warnings, network: recipe.spec,
    });
    return signal.aborted ? 130 : 0;
  } finally {
    model.dispose();
  }
}

/** After an interruption before the first epoch: an older model is better than none. */
function nothing(output: Output): number {
  output.warn("nothing is saved: no epoch has ended");
  output.json({ model: null, epochs: 0, stopped: "aborted" });
  return 130;
}

function optionsOf({ epochs, batchSize, hidden, learningRate, seed }: TrainCommand): CommonTrainOptions {
  return {
    seed, ...(epochs === undefined ? {} : { epochs }), ...(batchSize === undefined ? {} : { batchSize }), ...(hidden === undefined ? {} : { hidden }),
    ...(learningRate === undefined ? {} : { learningRate }),
  };
}

/** What was found out, before the first epoch. */
function showStart(output: Output, name: string, { size, target, rows: { test } }: Lesson, { columns, recipe, rows }: TrainingStart): void {
  const { colors } = output;
  const width = Math.max(...columns.map((column) => column.name.length), 6);
  output.line(`\n ${colors.bold(name)}   ${size}`);
  for (const column of columns.slice(0, 40)) output.line(`   ${column.name.padEnd(width)}  ${describe(column.type === "target" && target ? { ...target, missing: column.missing } : column, colors)}`);
  if (columns.length > 40) output.line(colors.dim(`   … and ${columns.length - 40} more`));
  const layers = recipe.spec.layers.filter((layer) => layer.type === "dense").map((layer) => (layer as { units: number }).units);
  output.line(` ${counted(rows, "row")} to learn from${test === 0 ? "" : `, ${number(test)} to be judged by`}`);
  output.line(` Network ${[recipe.spec.input, ...layers].join(" → ")} · ${counted(recipe.fit.epochs!, "epoch")} of batches of ${recipe.fit.batchSize}`);
}

function describe({ type, task, distinct, missing, note }: ColumnInfo, colors: Output["colors"]): string {
  const kind = type === "target" ? colors.green("target") : type === "ignored" ? colors.yellow("left out") : type;
  const facts = [type === "target" ? (task === "classification" ? counted(distinct, "class", "classes") : "a number") : type === "category" ? `${number(distinct)} different` : "", missing > 0 ? `${number(missing)} missing` : "", asTyped(note ?? "")].filter(Boolean);
  return `${kind}${facts.length > 0 ? colors.dim(` · ${facts.join(" · ")}`) : ""}`;
}

function recordOf({ path, model, recipe, history, judgement, diagnosis, seconds, rows }: {
  path: string; model: Model; recipe: Recipe; history: History; judgement: Judgement | undefined; diagnosis: Diagnosis; seconds: number; rows: number;
}): RunRecord {
  const { engine, build, threads, parameters } = model.network.inspect();
  const { metrics, confusion, misclassified, predictions } = judgement ?? {};
  return {
    title: nameOf(path),
    date: new Date().toISOString(),
    spec: model.network.spec,
    parameters: Object.fromEntries(Object.entries(model.network.parameters()).map(([of, { shape }]) => [of, [...shape]])),
    trainer: recipe.trainer,
    facts: {
      "rows learned from": rows, ...(judgement ? { "rows judged by": judgement.rows } : {}), parameters,
      epochs: history.epochs.length, "seconds of training": Number(seconds.toFixed(2)), engine: `${engine} ${build}, ${counted(threads, "thread")}`,
    },
    history: history.epochs, stopped: history.stopped, ...(history.best ? { best: history.best } : {}),
    diagnosis: diagnosis.record,
    ...(metrics ? { metrics } : {}), ...(confusion ? { confusion } : {}), ...(misclassified ? { misclassified } : {}), ...(predictions ? { predictions } : {}),
  };
}

/** Ctrl+C ends training within a slice; a second one ends the program. */
function interruption(output: Output): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    output.warn("interrupted: what was learned so far is saved, once an epoch has ended; again to leave at once");
    controller.abort();
  };
  process.on("SIGINT", onInterrupt);
  return { signal: controller.signal, end: () => process.off("SIGINT", onInterrupt) };
}
