import { type Table, TableEncoder } from "deltawasm/data";
import { rocAuc, topKAccuracy } from "deltawasm/metrics";
import type { Classification, Model, Predictions } from "deltawasm/model";
import type { Misclassified, RunRecord } from "deltawasm/report";
import type { LabelledImages } from "./images";
import { evaluateClasses, evaluateNumbers } from "../model/evaluation";
import { Mistake } from "./mistake";
import { listed, number, type Output, percent, shortName } from "./output";
import { ofFile } from "./tables";

/** How good a model is on rows with known targets. */
export type Judgement = Required<Pick<RunRecord, "metrics">> & Pick<RunRecord, "confusion" | "misclassified" | "predictions"> & {
  /** Rows that had a target. */
  rows: number;
  /** Of each class. */
  classes?: { label: string; precision: number; recall: number; f1: number; support: number }[];
};

/** Rows that a report shows. */
const SHOWN = 24;
/** Pairs of numbers that a report draws. */
const DRAWN = 2000;
/** Decimals of a metric are cut to what means something, and is the same everywhere. */
const rounded = (value: number) => Number(value.toPrecision(9));

/** Predicts the rows of a table that have a target, part by part, and compares; `path` is where they come from. */
export async function judge(model: Model, path: string, parts: Iterable<Table> | AsyncIterable<Table>): Promise<Judgement> {
  const name = targetOf(model);
  const told = model.task === "regression" ? new ToldNumbers() : new ToldClasses(model);
  let before = 0;
  for await (const table of parts) {
    const column = table.columns.indexOf(name);
    if (column < 0) throw new Mistake(`the data have no column ${JSON.stringify(name)}, which the model tells: it is needed to judge it`);
    const known = table.rows.flatMap((row, n) => (row[column] === null || row[column] === undefined ? [] : [n]));
    const rows = known.map((n) => table.rows[n]);
    const first = before;
    before += table.rows.length;
    if (rows.length === 0) continue;
    const truth = rows.map((row) => row[column]);
    const where = (n: number) => `row ${first + known[n] + 1}`;
    const predict = () => predictTable(model, { columns: table.columns, rows }, path, first);
    if (told instanceof ToldNumbers) {
      const wrong = truth.findIndex((cell) => !Number.isFinite(Number(cell)));
      if (wrong >= 0) throw new Mistake(`${where(wrong)}: ${JSON.stringify(truth[wrong])} in ${JSON.stringify(name)} is no number`);
      told.add(truth.map(Number), predict() as number[]);
    } else {
      checkClasses(model, truth.map(String), where);
      const cellsOf = (row: number) => ({ cells: Object.fromEntries(table.columns.flatMap((other, c) => (c === column ? [] : [[other, rows[row][c] ?? null]]))) });
      told.add(truth.map(String), predict() as Classification[], cellsOf);
    }
  }
  if (told.rows === 0) throw new Mistake(`no row has a value in ${JSON.stringify(name)}, which the model tells`);
  return told.judgement();
}

/** What a model says of a table, of which so many rows are before these; what is wrong is told in the words of the file. */
export function predictTable(model: Model, table: Table, path: string, before: number): Predictions {
  try {
    return model.predict(table);
  } catch (error) {
    throw ofFile(path, error, before);
  }
}

/** Classifies images whose classes are known, and compares. */
export function judgeImages(model: Model, { pixels, labels, shape }: LabelledImages): Judgement {
  checkClasses(model, labels, (n) => `image ${n + 1}`);
  const size = pixels.length / labels.length;
  const [height, width] = shape;
  const imageOf = (row: number) => (shape.length === 2 ? { image: { width, height, pixels: Array.from(pixels.subarray(row * size, (row + 1) * size)) } } : {});
  const told = new ToldClasses(model);
  told.add(labels, model.predict(pixels) as Classification[], imageOf);
  return told.judgement();
}

function checkClasses({ labels }: Model, truth: readonly string[], where: (n: number) => string): void {
  const known = new Set(labels);
  const unknown = truth.findIndex((name) => !known.has(name));
  if (unknown >= 0) throw new Mistake(`${where(unknown)}: the class ${JSON.stringify(truth[unknown])} is none that the model knows: ${listed(labels, 12)}`);
}

/** The name of what a model tells. */
export function targetOf({ preparation }: Model): string {
  return preparation instanceof TableEncoder ? preparation.target.name : "label";
}

/** Numbers that a model told, and the right ones. */
class ToldNumbers {
  readonly #truth: number[] = [];
  readonly #predicted: number[] = [];

  get rows(): number {
    return this.#truth.length;
  }

  add(truth: readonly number[], predicted: readonly number[]): void {
    for (const [n, value] of truth.entries()) {
      this.#truth.push(value);
      this.#predicted.push(predicted[n]);
    }
  }

  judgement(): Judgement {
    const { rows, metrics: { rmse, mae, r2 } } = evaluateNumbers(this.#truth, this.#predicted);
    const step = Math.ceil(rows / DRAWN);
    const some = (values: readonly number[]) => values.filter((_, n) => n % step === 0).map(rounded);
    return { rows, metrics: roundedAll({ RMSE: rmse, MAE: mae, "R²": r2 }), predictions: { truth: some(this.#truth), predicted: some(this.#predicted) } };
  }
}

const roundedAll = (metrics: Record<string, number>) => Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)).map(([name, value]) => [name, rounded(value)]));

/** Classes that a model told, and the right ones. */
class ToldClasses {
  readonly #labels: readonly string[];
  readonly #truth: number[] = [];
  readonly #probabilities: Float32Array[] = [];
  /** The surest mistakes say most: about the model, or about the labels. */
  #misclassified: Misclassified[] = [];

  constructor({ labels }: Model) {
    this.#labels = labels;
  }

  get rows(): number {
    return this.#truth.length;
  }

  /** `shown` gives of a row what a report shows of it. */
  add(names: readonly string[], given: readonly Classification[], shown: (row: number) => Pick<Misclassified, "cells" | "image">): void {
    const indexOf = new Map(this.#labels.map((label, n) => [label, n]));
    for (const name of names) this.#truth.push(indexOf.get(name)!);
    this.#probabilities.push(Float32Array.from(given.flatMap((one) => one.probabilities)));
    const mistakes = given.map((one, row) => ({ ...one, row })).filter(({ row, label }) => label !== names[row])
      .sort((a, b) => b.confidence - a.confidence).slice(0, SHOWN)
      .map(({ row, label, confidence }): Misclassified => ({ truth: names[row], predicted: label, confidence: rounded(confidence), ...shown(row) }));
    this.#misclassified = [...this.#misclassified, ...mistakes].sort((a, b) => b.confidence - a.confidence).slice(0, SHOWN);
  }

  judgement(): Judgement {
    const labels = this.#labels, truth = this.#truth;
    const probabilities = new Float32Array(truth.length * labels.length);
    let at = 0;
    for (const part of this.#probabilities) {
      probabilities.set(part, at);
      at += part.length;
    }
    const { rows, metrics: { accuracy, macroF1, logLoss, rocAuc: ofTwo }, report, confusion } = evaluateClasses(truth, probabilities, labels.length, labels);
    const metrics: Record<string, number> = {
      accuracy, "F1 (macro)": macroF1, "log loss": logLoss, "ROC AUC": ofTwo ?? rocAuc(truth, probabilities),
      ...(labels.length > 5 ? { "top-3 accuracy": topKAccuracy(truth, probabilities, 3) } : {}),
    };
    return { rows, metrics: roundedAll(metrics), classes: report.classes, confusion, misclassified: this.#misclassified };
  }
}

/** Classes up to which their table and their confusions are shown in a terminal. */
const MOST_CLASSES = 12;
/** Characters of a class's name that a terminal shows. */
const LONGEST = 32;

/** Shows a judgement to people. */
export function showJudgement(output: Output, { metrics, classes, confusion, rows }: Judgement, kind: string): void {
  const { colors } = output;
  const [[name, value], ...others] = Object.entries(metrics);
  const isShare = (metric: string) => /accuracy/.test(metric);
  const shown = (metric: string, of: number) => (isShare(metric) ? percent(of) : number(of));
  const hits = isShare(name) ? ` · ${number(Math.round(value * rows))} of ${number(rows)} rows right` : ` · ${number(rows)} rows`;
  const title = `${name[0].toUpperCase()}${name.slice(1)} ${shown(name, value)}`;
  output.line(`\n ${colors.bold(colors.green(title))}${hits} ${kind}`);
  output.line(` ${colors.dim(others.map(([metric, of]) => `${metric} ${shown(metric, of)}`).join(" · "))}${classes ? "" : "\n"}`);
  if (!classes || !confusion) return;
  // What an accuracy is worth.
  const most = classes.reduce((best, one) => (one.support > best.support ? one : best));
  output.line(` ${colors.dim(`Always to say ${JSON.stringify(shortName(most.label, LONGEST))} would be right in ${percent(most.support / rows)}`)}\n`);
  if (classes.length > MOST_CLASSES) return;
  const labels = confusion.labels.map((label) => shortName(label, LONGEST));
  output.table(["class", "precision", "recall", "F1", "rows"], classes.map((one, n) => (
    [labels[n], percent(one.precision), percent(one.recall), percent(one.f1), number(one.support)]
  )));
  output.line(`\n   ${colors.dim("rows: what it is; columns: what it was taken for")}`);
  const cells = confusion.counts.map((counts) => counts.map((n) => (n === 0 ? "." : number(n))));
  // Where names are too long to stand beside one another, numbers stand for them.
  const longest = Math.max(...labels.map((label) => label.length));
  const isWide = 3 + longest + labels.reduce((sum, label, c) => sum + 3 + Math.max(label.length, ...cells.map((row) => row[c].length)), 0) > output.width;
  const numbered = (label: string, n: number) => (isWide ? `${String(n + 1).padStart(2)}  ${label}` : label);
  output.table(["", ...labels.map((label, n) => (isWide ? String(n + 1) : label))], labels.map((label, row) => [numbered(label, row), ...cells[row]]));
  output.line();
}
