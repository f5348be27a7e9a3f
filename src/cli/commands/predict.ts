import { once } from "node:events";
import { type Table, TableEncoder } from "deltawasm/data";
import type { Classification, Model, Predictions } from "deltawasm/model";
import { replaceFile } from "../../node/replaceFile";
import { checkSize, readImages } from "../images";
import { predictTable, targetOf } from "../judge";
import { fileToWrite, readModel } from "../models";
import { counted, Output, type OutputOptions } from "../output";
import { csvRow, readTables, type TableFileOptions } from "../tables";

/** Options of `deltawasm predict`. */
export interface PredictCommand extends OutputOptions, TableFileOptions {
  out?: string;
  probabilities?: boolean;
  force?: boolean;
}

/** Writes the rows of a file with what a model says of them, a part after the other. */
export async function predict(modelPath: string, path: string, command: PredictCommand): Promise<number> {
  // The rows themselves go to standard output, so what is for people goes elsewhere.
  const output = new Output({ ...command, json: true });
  const out = command.out === undefined ? undefined : await fileToWrite("--out", command.out, { ...(command.force ? { force: true } : {}), isOurs: async () => false });
  const model = await readModel(modelPath);
  try {
    const name = targetOf(model);
    let rows = 0;
    const texts = async function* () {
      for await (const { table, predictions } of predicted(model, path, command)) {
        const isFirst = rows === 0;
        rows += table.rows.length;
        yield command.json ? jsonLines(model, table, predictions, name) : csvLines(model, table, predictions, name, { isFirst, probabilities: command.probabilities ?? false });
      }
    };
    if (out === undefined) {
      for await (const text of texts()) if (!process.stdout.write(text)) await once(process.stdout, "drain");
      return 0;
    }
    // Complete or not at all: it may be the file that is read.
    await replaceFile(out, texts());
    output.line(` ${counted(rows, "row")} with predictions of ${JSON.stringify(name)} written to ${command.out}`);
    return 0;
  } finally {
    model.dispose();
  }
}

interface Predicted {
  table: Table;
  predictions: Predictions;
}

/** Images of a part. */
const PART = 4096;

/** Rows and what the model says of them, a part after the other; of images, their numbers from 1 stand for them. */
async function* predicted(model: Model, path: string, command: PredictCommand): AsyncGenerator<Predicted, void, undefined> {
  if (model.preparation instanceof TableEncoder) {
    let before = 0;
    for await (const table of readTables(path, command)) {
      yield { table, predictions: predictTable(model, table, path, before) };
      before += table.rows.length;
    }
    return;
  }
  const images = await readImages(path);
  checkSize(model, path, images);
  const { pixels, count } = images;
  const size = pixels.length / count;
  for (let from = 0; from < count; from += PART) {
    const to = Math.min(count, from + PART);
    const rows = Array.from({ length: to - from }, (_, n) => [from + n + 1]);
    yield { table: { columns: ["image"], rows }, predictions: model.predict(pixels.subarray(from * size, to * size)) };
  }
}

/** Names that no column of the data has. */
function addedNames(table: Table, names: readonly string[]): string[] {
  return names.map((name) => {
    let free = name;
    while (table.columns.includes(free)) free += " (predicted)";
    return free;
  });
}

function csvLines(model: Model, table: Table, predictions: Predictions, target: string, { isFirst, probabilities }: { isFirst: boolean; probabilities: boolean }): string {
  const isClassifier = model.task === "classification";
  const names = [`predicted ${target}`, ...(isClassifier ? ["confidence"] : []), ...(probabilities ? model.labels.map((label) => `p(${label})`) : [])];
  const header = isFirst ? csvRow([...table.columns, ...addedNames(table, names)]) : "";
  if (!isClassifier) return header + (predictions as number[]).map((value, row) => csvRow([...table.rows[row], shortened(value)])).join("");
  return header + (predictions as Classification[]).map((one, row) => (
    csvRow([...table.rows[row], one.label, shortened(one.confidence), ...(probabilities ? one.probabilities.map(shortened) : [])])
  )).join("");
}

/** A 32-bit float in the digits that it has. */
const shortened = (value: number) => Number(value.toPrecision(7));

function jsonLines({ labels }: Model, table: Table, predictions: Predictions, target: string): string {
  return predictions.map((one, row) => {
    const cells = Object.fromEntries(table.columns.map((column, c) => [column, table.rows[row][c] ?? null]));
    const prediction = typeof one === "number" ? { prediction: shortened(one) }
      : { prediction: one.label, confidence: shortened(one.confidence), probabilities: Object.fromEntries(labels.map((label, n) => [label, shortened(one.probabilities[n])])) };
    return `${JSON.stringify({ row: cells, target, ...prediction })}\n`;
  }).join("");
}
