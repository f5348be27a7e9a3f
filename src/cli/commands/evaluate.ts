import { judge, showJudgement } from "../judge";
import { readModel } from "../models";
import { Output, type OutputOptions } from "../output";
import { readTable, type TableFileOptions } from "../tables";

/** Options of `deltawasm evaluate`. */
export interface EvaluateCommand extends OutputOptions, TableFileOptions {}

/** Judges a model by rows with known targets. */
export async function evaluate(modelPath: string, path: string, command: EvaluateCommand): Promise<number> {
  const output = new Output(command);
  const model = await readModel(modelPath);
  try {
    const judgement = judge(model, await readTable(path, command));
    showJudgement(output, judgement, `of ${path}`);
    const { rows, metrics, confusion, classes } = judgement;
    output.json({ model: modelPath, data: path, rows, metrics, ...(confusion ? { confusion, classes } : {}) });
    return 0;
  } finally {
    model.dispose();
  }
}
