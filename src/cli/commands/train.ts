import { DeltawasmError, init, type History } from "deltawasm";
import type { ColumnInfo, ColumnType, Table, Task } from "deltawasm/data";
import type { Model, TrainingStart, TrainOptions } from "deltawasm/model";
import type { RunRecord } from "deltawasm/report";
import type { Diagnosis } from "deltawasm/diagnosis";
import { type Judgement, judge, showJudgement } from "../judge";
import { Mistake, nearest } from "../mistake";
import { fileToWrite, isModel } from "../models";
import { counted, listed, number, Output, type OutputOptions } from "../output";
import { readTable, stem, STDIN, type TableFileOptions } from "../tables";

/** Options of `deltawasm train`. */
export interface TrainCommand extends OutputOptions, TableFileOptions {
  target: string;
  out?: string;
  task?: Task;
  ignore?: string[];
  category?: string[];
  test: number;
  validation?: number;
  epochs?: number;
  batchSize?: number;
  seed: number;
  threads?: number;
  force?: boolean;
}

/** Rows up to which the model that is saved learns from all of them, once it was judged. */
const MOST_TRAINED_TWICE = 50_000;

/** Trains a model on a table, judges it, and saves it. Gives the exit code. */
export async function train(path: string, command: TrainCommand): Promise<number> {
  const output = new Output(command);
  const name = command.out ?? `${stem(path)}.safetensors`;
  const out = await fileToWrite("--out", name, { ...(command.force ? { force: true } : {}), isOurs: isModel });
  const table = await readTable(path, command);
  const options = trainOptions(table, command);
  if (command.threads !== undefined) await init({ threads: command.threads });
  const interrupt = interruption(output);
  try {
    return await trainAndSave({ path, table, options, command, output, name, out, signal: interrupt.signal });
  } finally {
    interrupt.end();
  }
}

interface Job {
  path: string;
  table: Table;
  options: TrainOptions;
  command: TrainCommand;
  output: Output;
  /** Of the model's file as it was given, and where that is. */
  name: string;
  out: string;
  signal: AbortSignal;
}

async function trainAndSave({ path, table, options, command, output, name, out, signal }: Job): Promise<number> {
  const [{ Model, splitTable }, { Diagnosis }, { saveFile }] = await Promise.all([import("deltawasm/model"), import("deltawasm/diagnosis"), import("deltawasm/node")]);
  const { target, test, seed } = command;
  const { task, types } = options;
  const divide = () => {
    try {
      return splitTable(table, { target, share: test, seed, ...(task ? { task } : {}), ...(types ? { types } : {}) });
    } catch (error) {
      // Of a table that is too small, in the words of the command.
      throw error instanceof DeltawasmError ? new Mistake(error.message.replace(/^options(\.\w+)?:/, "--test:").replace(/^table:/, `${path}:`)) : error;
    }
  };
  const divided = test === 0 ? undefined : divide();
  const training = divided?.training ?? table;
  const diagnosis = new Diagnosis();
  const started = performance.now();
  const learn = async (from: Table, more: Partial<TrainOptions>, what: string) => {
    const bar = output.progress(what);
    try {
      return await Model.train(from, {
        ...options, ...more, signal,
        onStart: async (start) => {
          await more.onStart?.(start);
          bar.start(start.recipe.fit.epochs!);
        },
        onProgress: ({ epoch, epochs, step, steps, loss }) => bar.update(epoch - 1 + step / steps, `${epoch}/${epochs}`, ` · loss ${loss.toPrecision(3)}`),
      });
    } finally {
      bar.stop();
    }
  };
  const { model: judged, history, columns, recipe } = await learn(training, {
    diagnosis,
    ...(command.validation === undefined ? (divided ? { validation: divided.held } : {}) : { validation: command.validation }),
    onStart: (start) => showStart(output, { path, table, held: divided?.held.rows.length ?? 0, start }),
  }, "epoch");
  let model = judged;
  try {
    if (signal.aborted && history.epochs.length === 0) {
      // An older model is better than none.
      output.warn("nothing is saved: no epoch has ended");
      output.json({ model: null, epochs: 0, stopped: history.stopped });
      return 130;
    }
    const judgement = divided ? judge(judged, divided.held) : undefined;
    const seconds = (performance.now() - started) / 1000;
    if (judgement) showJudgement(output, judgement, "that it had not seen");
    for (const { message, remedy } of diagnosis.warnings) output.warn(`${message}: ${remedy}`);
    const run = recordOf({ path, model, history, judgement, diagnosis, seconds, rows: training.rows.length });
    const isTrainedTwice = divided !== undefined && table.rows.length <= MOST_TRAINED_TWICE && !signal.aborted;
    if (isTrainedTwice) {
      const { model: whole, history: { stopped } } = await learn(table, command.validation === undefined ? {} : { validation: command.validation }, "all rows, epoch");
      if (stopped === "aborted") whole.dispose();
      else {
        judged.dispose();
        model = whole;
      }
    }
    const isOfAll = model !== judged || !divided;
    model.run = run;
    const bytes = model.save();
    await saveFile(out, bytes);
    const learned = isOfAll ? "learned from all rows" : `learned from ${counted(training.rows.length, "row")}`;
    if (signal.aborted) output.line(" Training was interrupted");
    output.line(` Saved to ${output.colors.bold(name)} (${number(Math.round(bytes.length / 1000))} kB), ${learned}`);
    output.line(output.colors.dim(` Next: deltawasm predict ${name} new-rows.csv\n       deltawasm report ${name}`));
    output.json({
      model: out, task: model.task, rows: { all: table.rows.length, training: training.rows.length, test: divided?.held.rows.length ?? 0 }, columns,
      labels: model.labels, epochs: history.epochs.length, stopped: history.stopped, seconds, learnedFromAllRows: isOfAll,
      ...(judgement ? { metrics: judgement.metrics, ...(judgement.confusion ? { confusion: judgement.confusion } : {}) } : {}),
      warnings: diagnosis.warnings, network: recipe.spec,
    });
    return signal.aborted ? 130 : 0;
  } finally {
    model.dispose();
  }
}

function trainOptions(table: Table, { target, task, ignore = [], category = [], epochs, batchSize, seed }: TrainCommand): TrainOptions {
  for (const [option, names] of [["--target", [target]], ["--ignore", ignore], ["--category", category]] as const) {
    for (const name of names) {
      if (table.columns.includes(name)) continue;
      const near = nearest(name, table.columns);
      throw new Mistake(`${option}: there is no column ${JSON.stringify(name)}${near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`} The columns are ${listed(table.columns, 20)}`);
    }
  }
  const twice = [...ignore, ...category].find((name) => name === target);
  if (twice !== undefined) throw new Mistake(`--target: ${JSON.stringify(target)} can't be in --ignore or --category as well; what it is, --task says`);
  const types: Record<string, ColumnType> = Object.fromEntries([...ignore.map((name) => [name, "ignored"]), ...category.map((name) => [name, "category"])]) as never;
  return {
    target, seed, ...(task ? { task } : {}), ...(Object.keys(types).length > 0 ? { types } : {}), ...(epochs === undefined ? {} : { epochs }),
    ...(batchSize === undefined ? {} : { batchSize }),
  };
}

/** What was found out, before the first epoch. */
function showStart(output: Output, { path, table, held, start: { columns, recipe, rows } }: { path: string; table: Table; held: number; start: TrainingStart }): void {
  const { colors } = output;
  const width = Math.max(...columns.map(({ name }) => name.length), 6);
  const name = path === STDIN ? "standard input" : path;
  output.line(`\n ${colors.bold(name)}   ${counted(table.rows.length, "row")}, ${counted(table.columns.length, "column")}`);
  for (const column of columns.slice(0, 40)) output.line(`   ${column.name.padEnd(width)}  ${describe(column, colors)}`);
  if (columns.length > 40) output.line(colors.dim(`   … and ${columns.length - 40} more`));
  const layers = recipe.spec.layers.filter((layer) => layer.type === "dense").map((layer) => (layer as { units: number }).units);
  output.line(` ${counted(rows, "row")} to learn from${held === 0 ? "" : `, ${number(held)} to be judged by`}`);
  output.line(` Network ${[recipe.spec.input, ...layers].join(" → ")} · ${counted(recipe.fit.epochs!, "epoch")} of batches of ${recipe.fit.batchSize}`);
}

function describe({ type, distinct, missing, note }: ColumnInfo, colors: Output["colors"]): string {
  const kind = type === "target" ? colors.green("target") : type === "ignored" ? colors.yellow("left out") : type;
  const facts = [type === "category" || type === "target" ? `${number(distinct)} different` : "", missing > 0 ? `${number(missing)} missing` : "", note ?? ""].filter(Boolean);
  return `${kind}${facts.length > 0 ? colors.dim(` · ${facts.join(" · ")}`) : ""}`;
}

function recordOf({ path, model, history, judgement, diagnosis, seconds, rows }: {
  path: string; model: Model; history: History; judgement: Judgement | undefined; diagnosis: Diagnosis; seconds: number; rows: number;
}): RunRecord {
  const { engine, build, threads, parameters } = model.network.inspect();
  const { metrics, confusion, misclassified, predictions } = judgement ?? {};
  return {
    title: path === STDIN ? "standard input" : path,
    date: new Date().toISOString(),
    spec: model.network.spec,
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
