import { binarise } from "./binarise";
import type { Grey } from "../page/image";
import { type Line, linesOf, wordsOf } from "./lines";
import { components, heightOf, joined, type Shape, widthOf } from "./shape";

/** A line: the height of its characters, and its words. */
export interface FoundLine {
  height: number;
  words: Shape[][];
}

/** Smaller specks than this, as a share of the square of the usual height, are noise. */
const SPECK = 0.006;
/** Longer ones than this, in usual heights, are rules, frames, or the edge of the sheet. */
const LONGEST = 12;
/** Pieces over each other, by this share of the narrower one, are one character, unless both are as high as one. */
const OVER = 0.5;
const WHOLE = 0.75;

/** The lines of a page, in reading order; each shape is a character, or some that touch. */
export function findLines(image: Grey): FoundLine[] {
  const mask = binarise(image);
  if (!mask) return [];
  const all = components(mask);
  const usual = usualHeight(all);
  const kept = all.filter((shape) => shape.area >= Math.max(2, SPECK * usual * usual) && Math.max(widthOf(shape), heightOf(shape)) <= LONGEST * usual);
  return linesOf(kept, usual).map((line) => {
    const height = usualHeight(line);
    return { height, words: wordsOf(together(line, height), height) };
  });
}

/** The height of which shapes with half of all ink are at most: specks weigh little. */
export function usualHeight(shapes: readonly Shape[]): number {
  const sorted = [...shapes].sort((a, b) => heightOf(a) - heightOf(b));
  const half = sorted.reduce((sum, { area }) => sum + area, 0) / 2;
  let below = 0;
  for (const shape of sorted) {
    below += shape.area;
    if (below >= half) return heightOf(shape);
  }
  return 0;
}

/** The pieces of broken strokes as characters. */
function together(line: Line, height: number): Line {
  const result: Line = [];
  for (const shape of line) {
    const last = result[result.length - 1];
    if (last && belongTogether(last, shape, height)) result[result.length - 1] = joined(last, shape);
    else result.push(shape);
  }
  return result;
}

function belongTogether(a: Shape, b: Shape, height: number): boolean {
  const over = (Math.min(a.right, b.right) - Math.max(a.left, b.left)) / Math.min(widthOf(a), widthOf(b));
  const areWhole = heightOf(a) >= WHOLE * height && heightOf(b) >= WHOLE * height;
  return over >= OVER && !areWhole;
}
