import { heightOf, type Shape } from "./shape";

/** A line follows the middle of its last shapes: so many of them. */
const FOLLOWED = 3;
/** The share of the lower one of two heights that must be common, for a shape to be on a line. */
const COMMON = 0.4;

/** Shapes that stand beside each other, from left to right. */
export type Line = Shape[];

/**
 * Shapes in reading order. From left to right, each goes on the line whose end is at its height, or begins one: a line may rise or fall over
 * the page. Low shapes, such as a loose piece of a stroke, come last: to the line that is nearest.
 */
export function linesOf(shapes: readonly Shape[], usual: number): Line[] {
  const isLow = (shape: Shape) => heightOf(shape) < usual / 2;
  const lines: Line[] = [];
  for (const shape of shapes.filter((s) => !isLow(s)).sort(byLeft)) {
    const [line, common] = best(lines, (l) => commonHeight(endOf(l), shape));
    if (line && common >= COMMON) line.push(shape);
    else lines.push([shape]);
  }
  const whole = lines.map((line) => [...line]);
  for (const shape of shapes.filter(isLow)) {
    const [line, nearness] = best(whole, (l) => -distance(l, shape));
    if (line && -nearness < usual / 2) lines[whole.indexOf(line)].push(shape);
  }
  return lines.map((line) => line.sort(byLeft)).sort((a, b) => middle(a[0]) - middle(b[0]));
}

const byLeft = (a: Shape, b: Shape) => a.left - b.left || a.top - b.top;
const middle = ({ top, bottom }: Shape) => (top + bottom) / 2;

/** The item of the largest value, and the value. */
function best<T>(items: readonly T[], valueOf: (item: T) => number): [item: T | undefined, value: number] {
  let [found, most]: [T | undefined, number] = [undefined, -Infinity];
  for (const item of items) {
    const value = valueOf(item);
    if (value > most) [found, most] = [item, value];
  }
  return [found, most];
}

interface Band {
  top: number;
  bottom: number;
}

/** The mean band of the last shapes. */
function endOf(line: Line): Band {
  const last = line.slice(-FOLLOWED);
  const mean = (of: (shape: Shape) => number) => last.reduce((sum, shape) => sum + of(shape), 0) / last.length;
  return { top: mean(({ top }) => top), bottom: mean(({ bottom }) => bottom) };
}

function commonHeight(a: Band, b: Band): number {
  return (Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)) / Math.min(a.bottom - a.top, b.bottom - b.top);
}

/** From a shape's middle to the band of the shape of a line that is closest from left to right. */
function distance(line: Line, shape: Shape): number {
  const [near] = best(line, ({ left, right }) => -Math.max(0, left - shape.right, shape.left - right));
  const y = middle(shape);
  return near ? Math.max(0, near.top - y, y - near.bottom) : Infinity;
}

/** The shapes of a line as words: a gap that is wide for the height of the characters stands between two. */
export function wordsOf(line: Line, usual: number, gap = 0.55): Line[] {
  const words: Line[] = [];
  line.forEach((shape, n) => {
    if (n === 0 || shape.left - line[n - 1].right > gap * usual) words.push([shape]);
    else words[words.length - 1].push(shape);
  });
  return words;
}
