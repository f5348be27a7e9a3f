import { inspect } from "node:util";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { version } from "../../package.json";
import { mistakeOf } from "./mistake";
import type { EvaluateCommand } from "./commands/evaluate";
import type { PredictCommand } from "./commands/predict";
import type { ReportCommand } from "./commands/report";
import type { TrainCommand } from "./commands/train";
import type { OutputOptions } from "./output";

/** Exit codes. A bug of ours ends with FAILED too, and its stack. */
const FAILED = 1;
const MISUSED = 2;

function wholeNumber(least: number) {
  return (text: string) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`expected a whole number from ${least}.`);
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) throw new InvalidArgumentError("expected a share from 0, below 1, such as 0.2.");
  return value;
}

function widths(text: string): number[] {
  return text.split(",").map((part) => wholeNumber(1)(part.trim()));
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value <= 1e6)) throw new InvalidArgumentError("expected a number above 0, at most 1e6, such as 0.01.");
  return value;
}

const names = (text: string, before: string[] = []) => [...before, ...text.split(",").map((name) => name.trim()).filter(Boolean)];

const program = new Command("deltawasm")
  .description("Trains neural networks on tables and images, and uses them: a file in, a model out that takes raw rows.")
  .version(version)
  .showHelpAfterError("(--help tells more)")
  .addHelpText("after", `
Begin here:
  deltawasm demo                                 the whole way, on data that come along
  deltawasm train flowers.csv --target species   learn a column from the others
  deltawasm predict flowers.safetensors new.csv  let the model say it for new rows
  deltawasm report flowers.safetensors           a page that tells how it was trained

Files: .csv, .json (an array of objects), .ndjson and .jsonl, images in IDX as those of MNIST, each also as .gz;
"-" is standard input.
Exit codes: 0 done, 1 something is wrong with the data or a file, 2 wrong usage, 130 interrupted.`);

/** Runs when a command is asked for; what it needs is loaded then. */
const act = <Given extends unknown[]>(run: (...given: Given) => Promise<number>) => async (...given: Given) => { process.exitCode = await run(...given); };

const withOutput = (command: Command) => command
  .option("--json", "one JSON document on standard output, messages on standard error")
  .option("--quiet", "no messages but errors and warnings");

const withTable = (command: Command) => withOutput(command)
  .option("--delimiter <character>", "what stands between cells; found out by default (\"tab\" for a tab)")
  .option("--no-header", "the first row is data: columns are named \"column 1\" and so on")
  .addOption(new Option("--decimal <mark>", "the decimal mark of numbers; with , also 1.234,5 is read").choices([".", ","]).default(undefined, "."))
  .option("--encoding <name>", "of the file, such as windows-1252 (default: UTF-8)");

withTable(program.command("train").description("train a model on a table, or on images"))
  .argument("<data>", "the table; or images in an IDX file")
  .option("-t, --target <column>", "the column to learn")
  .option("--labels <file>", "the labels of images, in an IDX file, in place of --target")
  .option("-o, --out <file>", "the model (default: the table's name with .safetensors)")
  .addOption(new Option("--task <task>", "what the target is; found out by default").choices(["classification", "regression"]))
  .option("--ignore <columns>", "columns to leave out, separated by commas", names)
  .option("--category <columns>", "columns of numbers that are names, such as a year or a code", names)
  .addOption(new Option("--date-order <order>", "of dates that don't begin with the year: dmy as in 31.12.2024, mdy as in 12/31/2024 (default: such dates aren't taken as dates)").choices(["dmy", "mdy"]))
  .option("--test <share>", "share of the rows that the model is judged by; 0 for none", share, 0.2)
  .option("--validation <share>", "share of the rows that is not learned from, by which training is stopped early (default: none; weight decay and the learning rate see to it that the last epoch is good)", share)
  .option("--hidden <widths>", "widths of the hidden layers, such as 64,32 (default: 64,64; for images 256,128)", widths)
  .option("--learning-rate <rate>", "the highest of the training (default: 0.02, from 8,000 rows on 0.01; for images 0.003)", rate)
  .option("--epochs <count>", "times that all rows are gone through (default: by the size of the table)", wholeNumber(1))
  .option("--batch-size <rows>", "rows of a step (default: by the size of the table)", wholeNumber(1))
  .option("--seed <number>", "of all that is random: the same seed, the same model, everywhere", wholeNumber(0), 0)
  .option("--threads <count>", "(default: one for each processor, for networks that gain from it)", wholeNumber(1))
  .option("--force", "write over a file that is no model")
  .addHelpText("after", `
Columns are taken as numbers, categories or dates by what is in them; missing values, scales and categories are
seen to, and saved with the model. It is judged by rows that are kept out of learning; then, for up to 50,000 rows,
it learns anew from all of them.

Examples:
  deltawasm train penguins.csv --target species
  deltawasm train houses.csv --target price --ignore id,address --out houses.safetensors
  deltawasm train houses.csv --target price --hidden 128,64,32 --learning-rate 0.005
  deltawasm train train-images.idx3-ubyte.gz --labels train-labels.idx1-ubyte.gz
  deltawasm train large.csv.gz --target y --json > result.json

CSV files beyond 32 MB are not held in memory; a temporary folder takes their rows (TMPDIR says where).`)
  .action(act(async (data: string, options: TrainCommand, command: Command) => {
    if (options.target === undefined && options.labels === undefined) command.error("error: required option '-t, --target <column>' not specified; for images in IDX files '--labels <file>'");
    return (await import("./commands/train")).train(data, options);
  }));

withTable(program.command("predict").description("add a model's predictions to the rows of a table"))
  .argument("<model>", "what \"deltawasm train\" saved")
  .argument("<data>", "the table, with or without the target's column; or images in an IDX file")
  .option("-o, --out <file>", "where to (default: standard output)")
  .option("--probabilities", "a column for each class as well")
  .option("--force", "write over a file that is there")
  .addHelpText("after", `
Gives CSV, with --json a JSON object a line. Files larger than memory are no problem.

Examples:
  deltawasm predict penguins.safetensors new.csv --out answers.csv
  deltawasm predict houses.safetensors new.csv --json | head -3
  deltawasm predict train-images.safetensors t10k-images.idx3-ubyte.gz`)
  .action(act(async (model: string, data: string, options: PredictCommand) => (await import("./commands/predict")).predict(model, data, options)));

withTable(program.command("evaluate").description("judge a model by rows with known targets"))
  .argument("<model>", "what \"deltawasm train\" saved")
  .argument("<data>", "the table, with the target's column; or images in an IDX file")
  .option("--labels <file>", "the labels of images, in an IDX file")
  .action(act(async (model: string, data: string, options: EvaluateCommand) => (await import("./commands/evaluate")).evaluate(model, data, options)));

withOutput(program.command("inspect").description("show what a model is: columns, classes, layers, parameters"))
  .argument("<model>", "what \"deltawasm train\" saved")
  .action(act(async (model: string, options: OutputOptions) => (await import("./commands/inspect")).inspect(model, options)));

withOutput(program.command("report").description("write the page that tells how a model was trained"))
  .argument("<run>", "what \"deltawasm train\" saved, or a run record as .json")
  .option("-o, --out <file>", "the page (default: the model's name with .html)")
  .option("--force", "write over a file that is no report")
  .action(act(async (run: string, options: ReportCommand) => (await import("./commands/report")).report(run, options)));

withOutput(program.command("demo").description("train, predict and report on data that come along, in this folder"))
  .action(act(async (options: OutputOptions) => (await import("./commands/demo")).demo(options)));

for (const command of [program, ...program.commands]) command.exitOverride();
/** What people are told of an error: a line of their mistakes, all of ours. */
function tell(error: unknown): void {
  const mistake = mistakeOf(error);
  process.stderr.write(mistake === undefined ? `${inspect(error)}\n` : `error: ${mistake}\n`);
}

// Who only wants the first lines closes the pipe: no mistake of anybody.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  tell(error);
  process.exit(FAILED);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
  else {
    tell(error);
    process.exitCode = FAILED;
  }
}
