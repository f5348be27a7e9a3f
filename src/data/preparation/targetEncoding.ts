import { checkName, checkNumber, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import type { Cell } from "../table";
import { isMissing, numberOf } from "./cells";
import type { Names } from "./categoryEncoding";
import { type Task, taskOf, withCommas } from "./columnTypes";
import { readMoments, readText, readTexts } from "./file";
import type { ColumnSummary } from "./summary";

/** What a network is trained to tell: one of some classes, or a number, scaled. */
export type TargetEncoding =
  | { name: string; task: "classification"; labels: readonly string[] }
  | { name: string; task: "regression"; centre: number; scale: number };

/** More classes would have too few rows each to be learned. */
const MOST_CLASSES = 1000;

/** Fits the target. @throws DeltawasmError empty, range, type */
export function fitTarget(summary: ColumnSummary, given: Task | undefined): TargetEncoding {
  const { name, present, rows } = summary;
  const column = `target: column ${show(name)}`;
  if (present === 0) throw new DeltawasmError("empty", `${column} has no value in any of ${rows} rows: choose another column, or fill it in`);
  return (given ?? taskOf(summary)) === "classification" ? fitClasses(column, summary) : fitNumber(column, summary);
}

function fitClasses(column: string, summary: ColumnSummary): TargetEncoding {
  const { name, counts, present, distinct } = summary;
  if (counts.size === 1) {
    throw new DeltawasmError("range", `${column} is ${show([...counts.keys()][0])} in all rows: at least two classes are needed to tell them apart`);
  }
  if (distinct > MOST_CLASSES || (present >= 20 && distinct > present / 2)) {
    throw new DeltawasmError("range", `${column} has nearly as many different values as rows (${distinct} in ${present}), or more than ${MOST_CLASSES}: they are no classes; ${withCommas(summary) ?? "choose another column"}`);
  }
  return { name, task: "classification", labels: [...counts.keys()].sort(compareLabels) };
}

function fitNumber(column: string, summary: ColumnSummary): TargetEncoding {
  const { name, texts, someTexts, numbers } = summary;
  const commas = withCommas(summary);
  if (commas !== undefined) throw new DeltawasmError("type", `${column}: ${commas}`);
  if (texts > 0) {
    throw new DeltawasmError("type", `${column} has cells that are no numbers, such as ${show([...someTexts][0])}: correct them, leave the task out, or make it "classification"`);
  }
  if (numbers.min === numbers.max) throw new DeltawasmError("range", `${column} is ${numbers.min} in all rows: there is nothing to learn; choose another column`);
  return { name, task: "regression", centre: numbers.mean, scale: numbers.scale };
}

/** Numbers by their size, before texts by their letters. */
export function compareLabels(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  if (!Number.isNaN(x) && x !== y) return x - y;
  return a < b ? -1 : 1;
}

/** The index of a class, or the scaled number. @throws DeltawasmError empty, label, type */
export function encodeTarget(target: TargetEncoding, names: Names, where: () => string, cell: Cell): number {
  if (isMissing(cell)) throw new DeltawasmError("empty", `${where()}: expected a value of the target, got none: leave such rows out`);
  if (target.task === "classification") {
    const place = names.find(cell);
    if (place !== undefined) return place;
    const { labels } = target;
    const known = labels.slice(0, 12).map(show).join(", ");
    throw new DeltawasmError("label", `${where()}: expected a class that training had, ${known}${labels.length > 12 ? " …" : ""}, got ${show(cell)}`);
  }
  const number = numberOf(where, cell);
  if (Number.isNaN(number)) throw new DeltawasmError("type", `${where()}: expected a number, got ${show(cell)}`);
  return (number - target.centre) / target.scale;
}

/** Checks one that was read from a file. @throws DeltawasmError */
export function readTarget(where: string, json: unknown): TargetEncoding {
  const given = checkOptions(where, json, ["name", "task", "labels", "centre", "scale"]);
  const name = readText(`${where}.name`, given.name);
  if (checkName(`${where}.task`, given.task, ["classification", "regression"]) === "classification") {
    const labels = readTexts(`${where}.labels`, given.labels);
    checkNumber(`${where}.labels.length`, labels.length, { min: 2, max: MOST_CLASSES });
    return { name, task: "classification", labels };
  }
  return {
    name, task: "regression",
    ...readMoments(where, given),
  };
}
