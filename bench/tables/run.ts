/**
 * Model.train, with no option but the target, beside scikit-learn's MLPClassifier and MLPRegressor with default settings, on the same splits and
 * one thread each: `npm run bench:tables -- [--data folder] [--seeds 5] [--only name] [--validation 0]`. Real tables are read from the folder, or
 * from that which DELTAWASM_DATA names; two that are made up need none. Without python3 and scikit-learn (PYTHON names another interpreter) ours
 * run alone. `--validation` is the share of rows that ours keep for early stopping.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { init } from "deltawasm";
import { inferColumns, kFoldIndices, readCsv, splitIndices, type Table, takeRows } from "deltawasm/data";
import { Model } from "deltawasm/model";
import { findSets, type TableSet } from "./sets";

interface Split {
  seed: number;
  training: number[];
  test: number[];
}

/** What a training gave: its share of right rows, or mean square of errors, on so many rows. */
interface Result {
  seed: number;
  rows: number;
  score: number;
  seconds: number;
}

const { values } = parseArgs({ options: { data: { type: "string" }, seeds: { type: "string", default: "5" }, only: { type: "string" }, validation: { type: "string", default: "0" } } });
const build = fileURLToPath(new URL("../../build/bench/tables", import.meta.url));
const python = process.env.PYTHON ?? "/usr/bin/python3";

/** Five folds a seed; of a large table a fifth that is held out. */
function splitsOf({ target, task, isLarge }: TableSet, { columns, rows }: Table, seeds: number): Split[] {
  const place = columns.indexOf(target);
  return Array.from({ length: seeds }, (_, n) => n + 1).flatMap((seed) => {
    const options = { seed, ...(task === "classification" ? { stratify: rows.map((row) => String(row[place])) } : {}) };
    const single = () => {
      const { training, test } = splitIndices(rows.length, { ...options, test: 0.2 });
      return [{ training, validation: test }];
    };
    const parts = isLarge ? single() : kFoldIndices(rows.length, 5, options);
    return parts.map(({ training, validation }) => ({ seed, training: Array.from(training), test: Array.from(validation) }));
  });
}

async function trainOurs({ target, task }: TableSet, table: Table, splits: readonly Split[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const { seed, training, test } of splits) {
    const rows = takeRows(table, training);
    const started = performance.now();
    const { model } = await Model.train(rows, { target, task, seed, validation: Number(values.validation) });
    const seconds = (performance.now() - started) / 1000;
    const { metrics } = model.evaluate(takeRows(table, test));
    results.push({ seed, rows: test.length, score: task === "classification" ? metrics.accuracy : metrics.rmse ** 2, seconds });
    model.dispose();
  }
  return results;
}

/** Undefined where there is no scikit-learn. */
function trainTheirs({ path, target, task }: TableSet, splits: readonly Split[]): Result[] | undefined {
  const file = `${build}/splits.json`;
  writeFileSync(file, `${JSON.stringify({ path, target, task, splits })}\n`);
  const { status, stdout, stderr } = spawnSync(python, [fileURLToPath(new URL("sklearn_tables.py", import.meta.url))], {
    input: readFileSync(file), encoding: "utf8", maxBuffer: 2 ** 28,
    env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
  });
  if (status !== 0) {
    console.error(`scikit-learn doesn't run: ${stderr?.trim().split("\n").at(-1) ?? `${python} is missing`}`);
    return undefined;
  }
  return stdout.trim().split("\n").map((line) => JSON.parse(line) as Result);
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const deviation = (numbers: readonly number[]) => Math.sqrt(mean(numbers.map((x) => (x - mean(numbers)) ** 2)));
const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** A score a seed, over all its rows; and the seconds of a training. */
function summarise(task: TableSet["task"], results: readonly Result[] | undefined): [score: string, seconds: string] {
  if (!results) return ["–", "–"];
  const scores = [...new Set(results.map(({ seed }) => seed))].map((wanted) => {
    const own = results.filter(({ seed }) => seed === wanted);
    const score = own.reduce((sum, { score: value, rows }) => sum + value * rows, 0) / own.reduce((sum, { rows }) => sum + rows, 0);
    return task === "classification" ? 100 * score : Math.sqrt(score);
  });
  const digits = task === "classification" || mean(scores) < 1000 ? 2 : 0;
  const unit = task === "classification" ? " %" : "";
  return [`${mean(scores).toFixed(digits)}${unit} ± ${deviation(scores).toFixed(digits)}`, median(results.map(({ seconds }) => seconds)).toFixed(3)];
}

const header = ["table", "rows", "metric", "deltawasm", "scikit-learn", "s", "s"];
const widths = [20, 8, 10, 18, 18, 8, 8];
const print = (cells: readonly string[]) => console.log(cells.map((cell, n) => (n < 3 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join(""));

const { sets, missing } = findSets(values.data ?? process.env.DELTAWASM_DATA, build);
const seeds = Number(values.seeds);
await init({ threads: 1 });
if (missing.length > 0) console.log(`Left out, for there is no such file in the folder of --data or DELTAWASM_DATA: ${missing.join(", ")}\n`);
console.log(`Mean ± deviation over ${seeds} seeds, of 5 folds each (California housing: of a fifth held out); s: median seconds of a training.\n`);
print(header);
for (const set of sets.filter(({ name }) => values.only === undefined || name === values.only)) {
  const table = await readCsv(readFileSync(set.path, "utf8"));
  const { task } = inferColumns(table, { target: set.target }).find(({ type }) => type === "target")!;
  if (task !== set.task) throw new Error(`${set.name}: expected ${set.task}, the table is taken for ${task}`);
  const splits = splitsOf(set, table, seeds);
  await trainOurs(set, table, splits.slice(0, 1));
  const ours = summarise(task, await trainOurs(set, table, splits));
  const theirs = summarise(task, trainTheirs(set, splits));
  print([set.name, String(table.rows.length), task === "classification" ? "accuracy" : "RMSE", ours[0], theirs[0], ours[1], theirs[1]]);
}
