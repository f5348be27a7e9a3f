import { binarise } from "./binarise";
import type { Grey } from "../page/image";
import { linesOf, wordsOf } from "./lines";
import { components, heightOf, joined, type Shape, widthOf } from "./shape";

/** A line: the height of its characters, and its words. */
export interface FoundLine {
  height: number;
  words: Shape[][];
}

/** Nobody could read lower characters, in pixels. */
const LEAST_HEIGHT = 6;
/** Smaller specks than this, as a share of the square of the usual height, are noise. */
const SPECK = 0.006;
/** Lines that are ruled are longer than this, in their own widths. */
const RULED = 15;
/** Longer shapes than this, in usual heights, are no characters: frames, pictures, the edge of the sheet. */
const LONGEST = 12;
/** Pieces over each other, by this share of the narrower one, are one character, unless both are as high as one, or together too high for one. */
const OVER = 0.5;
const WHOLE = 0.75;
const HIGHEST = 1.3;

/** The lines of a page, in reading order; each shape is a character, or some that touch. */
export function findLines(image: Grey): FoundLine[] {
  const mask = binarise(image);
  if (!mask) return [];
  const all = components(mask).filter((shape) => !isRuled(shape));
  const usual = usualHeight(all);
  if (usual < LEAST_HEIGHT) return [];
  const kept = all.filter((shape) => (
    shape.area >= Math.max(2, SPECK * usual * usual) && Math.max(widthOf(shape), heightOf(shape)) <= LONGEST * usual
  ));
  // Before lines are made of them: half a character may look as if it stood on a line of its own.
  return linesOf(together(kept, usual), usual).map((line) => {
    const height = usualHeight(line);
    return { height, words: wordsOf(together(line, height), height) };
  });
}

function isRuled(shape: Shape): boolean {
  const [shorter, longer] = [widthOf(shape), heightOf(shape)].sort((a, b) => a - b);
  return longer > RULED * shorter;
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
function together(shapes: readonly Shape[], height: number): Shape[] {
  const result: Shape[] = [];
  for (let shape of [...shapes].sort((a, b) => a.left - b.left || a.top - b.top)) {
    for (let n = result.length - 1; n >= 0; n--) {
      if (!belongTogether(result[n], shape, height)) continue;
      shape = joined(result[n], shape);
      result.splice(n, 1);
      // It has grown, and may have reached others.
      n = result.length;
    }
    result.push(shape);
  }
  return result;
}

function belongTogether(a: Shape, b: Shape, height: number): boolean {
  const over = (Math.min(a.right, b.right) - Math.max(a.left, b.left)) / Math.min(widthOf(a), widthOf(b));
  if (over < OVER || Math.max(a.bottom, b.bottom) - Math.min(a.top, b.top) > HIGHEST * height) return false;
  return heightOf(a) < WHOLE * height || heightOf(b) < WHOLE * height;
}
