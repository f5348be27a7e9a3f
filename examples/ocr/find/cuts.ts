import { cut, heightOf, type Shape, widthOf } from "./shape";

/** Narrower shapes than this, in heights of their line, are one character. */
const NARROW = 0.7;
/** Places that are proposed. */
const MOST = 3;
/** The least share of a shape that a cut leaves on either side, and that lies between two cuts. */
const MARGIN = 0.2;
const APART = 0.1;

/** Where a shape may be more than one character: pairs of what a cut leaves, the thinnest places first. */
export function cutsOf(shape: Shape, height: number): [left: Shape, right: Shape][] {
  const width = widthOf(shape);
  if (width < NARROW * height || heightOf(shape) < height / 2) return [];
  const ink = new Uint32Array(width);
  for (const { start, end } of shape.runs) for (let x = start; x < end; x++) ink[x - shape.left]++;
  const [from, to] = [Math.ceil(width * MARGIN), Math.floor(width * (1 - MARGIN))];
  const thinnest = Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n)
    .sort((a, b) => ink[a] - ink[b] || Math.abs(a - width / 2) - Math.abs(b - width / 2));
  const places: number[] = [];
  for (const x of thinnest) {
    if (places.length < MOST && places.every((other) => Math.abs(x - other) > APART * width)) places.push(x);
  }
  return places.map((x) => cut(shape, shape.left + x));
}
