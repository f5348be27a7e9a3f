import { once } from "node:events";
import type { Table } from "deltawasm/data";
import type { Classification, Model } from "deltawasm/model";
import { replaceFile } from "../../node/replaceFile";
import { targetOf } from "../judge";
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
    const { name } = targetOf(model);
    let rows = 0;
    const texts = async function* () {
      for await (const table of readTables(path, command)) {
        const isFirst = rows === 0;
        rows += table.rows.length;
        yield command.json ? jsonLines(model, table, name) : csvLines(model, table, name, { isFirst, probabilities: command.probabilities ?? false });
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

/** Names that no column of the data has. */
function addedNames(table: Table, names: readonly string[]): string[] {
  return names.map((name) => {
    let free = name;
    while (table.columns.includes(free)) free += " (predicted)";
    return free;
  });
}

function csvLines(model: Model, table: Table, target: string, { isFirst, probabilities }: { isFirst: boolean; probabilities: boolean }): string {
  const isClassifier = model.task === "classification";
  const names = [`predicted ${target}`, ...(isClassifier ? ["confidence"] : []), ...(probabilities ? model.labels.map((label) => `p(${label})`) : [])];
  const header = isFirst ? csvRow([...table.columns, ...addedNames(table, names)]) : "";
  if (!isClassifier) return header + (model.predict(table) as number[]).map((value, row) => csvRow([...table.rows[row], shortened(value)])).join("");
  return header + (model.predict(table) as Classification[]).map((one, row) => (
    csvRow([...table.rows[row], one.label, shortened(one.confidence), ...(probabilities ? one.probabilities.map(shortened) : [])])
  )).join("");
}

/** A 32-bit float in the digits that it has. */
const shortened = (value: number) => Number(value.toPrecision(7));

function jsonLines(model: Model, table: Table, target: string): string {
  const { labels } = model;
  return model.predict(table).map((one, row) => {
    const cells = Object.fromEntries(table.columns.map((column, c) => [column, table.rows[row][c] ?? null]));
    const prediction = typeof one === "number" ? { prediction: shortened(one) }
      : { prediction: one.label, confidence: shortened(one.confidence), probabilities: Object.fromEntries(labels.map((label, n) => [label, shortened(one.probabilities[n])])) };
    return `${JSON.stringify({ row: cells, target, ...prediction })}\n`;
  }).join("");
}
