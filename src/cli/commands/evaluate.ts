import { TableEncoder } from "deltawasm/data";
import type { Model } from "deltawasm/model";
import { checkSize, readLabelledImages } from "../images";
import { type Judgement, judge, judgeImages, showJudgement } from "../judge";
import { Mistake } from "../mistake";
import { readModel } from "../models";
import { Output, type OutputOptions } from "../output";
import { readTables, type TableFileOptions } from "../tables";

/** Options of `deltawasm evaluate`. */
export interface EvaluateCommand extends OutputOptions, TableFileOptions {
  labels?: string;
}

/** Judges a model by rows with known targets. */
export async function evaluate(modelPath: string, path: string, command: EvaluateCommand): Promise<number> {
  const output = new Output(command);
  const model = await readModel(modelPath);
  try {
    const judgement = await judgementOf(model, path, command);
    showJudgement(output, judgement, `of ${path}`);
    const { rows, metrics, confusion, classes } = judgement;
    output.json({ model: modelPath, data: path, rows, metrics, ...(confusion ? { confusion, classes } : {}) });
    return 0;
  } finally {
    model.dispose();
  }
}

async function judgementOf(model: Model, path: string, command: EvaluateCommand): Promise<Judgement> {
  const { labels } = command;
  if (model.preparation instanceof TableEncoder) {
    if (labels !== undefined) throw new Mistake("--labels: the model is of a table, whose target is one of its columns: leave it out");
    return judge(model, path, readTables(path, command));
  }
  if (labels === undefined) throw new Mistake("--labels: the model is of images: give the IDX file with their labels");
  const images = await readLabelledImages(path, labels);
  checkSize(model, path, images);
  return judgeImages(model, images);
}
