import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import iris from "../iris.csv";
import { Mistake } from "../mistake";
import { Output, type OutputOptions } from "../output";
import { report } from "./report";
import { predict } from "./predict";
import { train } from "./train";

const DATA = "iris.csv";
const MODEL = "iris.safetensors";

/** Shows the way from a table to a report, on Fisher's irises, in the folder where it is called. */
export async function demo(command: OutputOptions): Promise<number> {
  const output = new Output(command);
  const { colors } = output;
  const step = (text: string, line: string) => output.line(`\n ${colors.bold(text)}\n ${colors.cyan(`$ ${line}`)}`);
  // Whoever has another file of this name keeps it.
  if (existsSync(DATA) && (await readFile(DATA, "utf8")) !== iris) throw new Mistake(`${DATA}: is there already, with something else in it; call the demo in another folder`);
  await writeFile(DATA, iris);
  output.line(`\n 150 irises of three species, measured by Edgar Anderson and made famous by Fisher (1936), are in ${colors.bold(DATA)} now.`);
  output.line(colors.dim(" UCI Machine Learning Repository, CC BY 4.0"));
  step("1. Learn to tell the species from the measures", `deltawasm train ${DATA} --target species`);
  const code = await train(DATA, { ...command, target: "species", test: 0.2, seed: 0 });
  if (code !== 0) return code;
  if (!command.json) {
    step("2. Ask for rows", `deltawasm predict ${MODEL} ${DATA} --out predictions.csv`);
    await predict(MODEL, DATA, { ...command, out: "predictions.csv", force: true });
    step("3. See how it was trained", `deltawasm report ${MODEL}`);
    await report(MODEL, command);
    output.line(`\n Now a table of your own: ${colors.cyan("deltawasm train your.csv --target column")}\n`);
  }
  return 0;
}
