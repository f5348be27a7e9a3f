import { checkBoolean, checkNumber, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import { log1p } from "../../reference/math";
import type { Cell } from "../table";
import { isMissing, numberOf, textOf } from "./cells";
import { readArray, readMoments, readTexts } from "./file";
import { leastRows } from "./rare";
import type { ColumnSummary } from "./summary";

/** How a column of numbers becomes inputs: z = (v − centre) / scale, v the number or ln(1 + number); then pieces of it, and whether it is missing. */
export interface NumberEncoding {
  /** The column. */
  name: string;
  /** What it is. */
  type: "number";
  /** What a missing number is taken for: the median. */
  median: number;
  /** Whether logarithms are taken: ln(1 + x). */
  log: boolean;
  /** The mean of v. */
  centre: number;
  /** The deviation of v; 1 where it is constant. */
  scale: number;
  /**
   * Ends of the pieces of a piecewise linear encoding of z, ascending; none where there are no such inputs. Each piece makes an input that is 0
   * below it, 1 above it and grows inside (Gorishniy, Rubachev, Babenko 2022, "On embeddings for numerical features").
   */
  knots: readonly number[];
  /** Whether an input tells that the number is missing. */
  missing: boolean;
  /** Texts that count as missing. */
  missingTexts: readonly string[];
}

/** z is limited to ± this: what lies farther out than anything in training teaches nothing. */
const LIMIT = 8;

/** No number of a column lies so many deviations from its mean. */
const FARTHEST = 1e9;

/** Numbers none of which is negative, most of them far below the largest ones: logarithms are taken. */
const SKEWED = 5;

/** Rows for each piece, where nothing is said: with fewer, pieces cost more in overfitting than they bring. And the most pieces then. */
const ROWS_OF_PIECE = 1000;
const MOST_PIECES = 32;

/** Fits the encoding to a column's numbers. */
export function fitNumbers(summary: ColumnSummary, givenPieces: number | undefined): NumberEncoding {
  const { name, present, numbers, logarithms, sample, missing, texts, someTexts } = summary;
  const log = isSkewed(summary);
  const { mean: centre, scale } = log ? logarithms : numbers;
  const z = (x: number) => ((log ? log1p(x) : x) - centre) / scale;
  const pieces = givenPieces ?? Math.min(MOST_PIECES, Math.floor(numbers.count / ROWS_OF_PIECE));
  const quantiles = pieces < 2 ? [] : Array.from({ length: pieces + 1 }, (_, n) => z(sample.quantile(n / pieces)));
  const knots = quantiles.filter((knot, n) => n === 0 || knot > quantiles[n - 1]);
  return {
    name, type: "number", median: sample.quantile(0.5), log, centre, scale, knots: knots.length > 2 ? knots : [],
    missing: missing + texts >= leastRows(present), missingTexts: [...someTexts],
  };
}

function isSkewed({ numbers, sample }: ColumnSummary): boolean {
  if (numbers.min < 0) return false;
  const median = sample.quantile(0.5);
  return sample.quantile(0.99) - median > SKEWED * (median - sample.quantile(0.01));
}

/** Inputs that it makes. */
export function numberWidth({ knots, missing }: NumberEncoding): number {
  return 1 + Math.max(0, knots.length - 1) + (missing ? 1 : 0);
}

/** Writes the inputs of a cell. @throws DeltawasmError type */
export function writeNumber(encoding: NumberEncoding, where: () => string, cell: Cell, out: Float32Array, at: number): void {
  const { median, log, centre, scale, knots, missing, missingTexts } = encoding;
  const isGone = isMissing(cell) || (missingTexts.length > 0 && missingTexts.includes(textOf(cell)));
  const x = isGone ? median : numberOf(where, cell);
  if (Number.isNaN(x)) throw new DeltawasmError("type", `${where()}: expected a number, as in training, or null where there is none, got ${show(cell)}`);
  const z = ((log ? log1p(Math.max(x, 0)) : x) - centre) / scale;
  out[at] = Math.min(Math.max(z, -LIMIT), LIMIT);
  for (let n = 1; n < knots.length; n++) {
    out[at + n] = Math.min(Math.max((z - knots[n - 1]) / (knots[n] - knots[n - 1]), 0), 1);
  }
  if (missing) out[at + Math.max(1, knots.length)] = isGone ? 1 : 0;
}

/** Checks one that was read from a file. @throws DeltawasmError */
export function readNumberEncoding(where: string, json: unknown, name: string): NumberEncoding {
  const given = checkOptions(where, json, ["name", "type", "median", "log", "centre", "scale", "knots", "missing", "missingTexts"]);
  const knots = readArray(`${where}.knots`, given.knots, (place, knot) => checkNumber(place, knot, { min: -FARTHEST, max: FARTHEST }));
  knots.forEach((knot, n) => {
    if (n > 0) checkNumber(`${where}.knots[${n}]`, knot, { above: knots[n - 1] });
  });
  return {
    name, type: "number",
    median: checkNumber(`${where}.median`, given.median, { min: -1e31, max: 1e31 }),
    log: checkBoolean(`${where}.log`, given.log),
    ...readMoments(where, given),
    knots,
    missing: checkBoolean(`${where}.missing`, given.missing),
    missingTexts: readTexts(`${where}.missingTexts`, given.missingTexts),
  };
}
