import { SIZE } from "../../digits/data";

/** How a pen writes one character. */
export interface Stroke {
  /** The scan: SIZE × SIZE pixels from 0 (paper) to 1 (ink). */
  scan: Float32Array;
  /** The middle of the character on the page, and its height, in pixels. */
  x: number;
  y: number;
  size: number;
  /** Tangents of the angle by which it is turned, and by which its uprights lean to the right. */
  turn: number;
  slant: number;
  /** How dark the ink is, from 0 to 1. */
  pressure: number;
  /** The grey of the scan, from 0 to 1, that becomes the edge of the stroke: the lower, the broader is the pen. */
  edge: number;
}

/** A layer of ink on a page: row by row, from 0 (paper) to 1. */
export interface Ink {
  width: number;
  height: number;
  pixels: Float32Array;
}

/** How much grey around the edge of a stroke is neither paper nor all ink. */
const SOFTNESS = 0.4;

/** The cubic of Catmull and Rom through four neighbours, at t of the way from the second to the third. */
function cubic(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** Paper around a scan, so that every place of the drawing has neighbours. */
const BORDER = 3;
const PADDED = SIZE + 2 * BORDER;

function withPaper(scan: Float32Array): Float32Array {
  const padded = new Float32Array(PADDED * PADDED);
  for (let row = 0; row < SIZE; row++) padded.set(scan.subarray(row * SIZE, (row + 1) * SIZE), (row + BORDER) * PADDED + BORDER);
  return padded;
}

/** A padded scan between its pixels, the middle of the first of which is at (0, 0); none where x or y is more than a pixel outside. */
function sample(padded: Float32Array, x: number, y: number): number {
  if (x <= -2 || y <= -2 || x >= SIZE + 1 || y >= SIZE + 1) return 0;
  const column = Math.floor(x);
  const row = Math.floor(y);
  const at = (row + BORDER) * PADDED + column + BORDER;
  const right = x - column;
  return cubic(
    across(padded, at - PADDED, right), across(padded, at, right), across(padded, at + PADDED, right), across(padded, at + 2 * PADDED, right), y - row,
  );
}

function across(padded: Float32Array, at: number, t: number): number {
  return cubic(padded[at - 1], padded[at], padded[at + 1], padded[at + 2], t);
}

/** A box of pixels: from `left` and `top`, before `right` and `bottom`. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Draws a character, over what is there, and tells where most of its ink is. */
export function write(ink: Ink, { scan, x, y, size, turn, slant, pressure, edge }: Stroke): Box {
  const padded = withPaper(scan);
  const scale = SIZE / size;
  // The cosine and the sine of the angle, by its tangent: the square root has the same bits everywhere.
  const cosine = 1 / Math.sqrt(1 + turn * turn);
  const sine = turn * cosine;
  const reach = Math.ceil(size * 0.75);
  const box = { left: ink.width, top: ink.height, right: 0, bottom: 0 };
  for (let row = Math.max(0, Math.floor(y) - reach); row < Math.min(ink.height, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x) - reach); column < Math.min(ink.width, x + reach); column++) {
      const right = column + 0.5 - x;
      const down = row + 0.5 - y;
      const v = (down * cosine - right * sine) * scale;
      const u = (right * cosine + down * sine) * scale + slant * v;
      const grey = sample(padded, u + (SIZE - 1) / 2, v + (SIZE - 1) / 2);
      const t = Math.min(1, 0.5 + (grey - edge) / SOFTNESS);
      if (t <= 0) continue;
      const p = row * ink.width + column;
      ink.pixels[p] = Math.max(ink.pixels[p], t * t * (3 - 2 * t) * pressure);
      if (t < 0.5) continue;
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column + 1);
      box.top = Math.min(box.top, row);
      box.bottom = Math.max(box.bottom, row + 1);
    }
  }
  return box;
}

/** Lighter columns of a scan don't count for its width. */
const INK = 0.22;

/** The first column that a scan has ink in, and the one after the last. */
export function inkColumns(scan: Float32Array): [first: number, end: number] {
  const has = (column: number) => Array.from({ length: SIZE }, (_, row) => scan[row * SIZE + column]).some((grey) => grey > INK);
  const columns = [...Array(SIZE).keys()].filter(has);
  return columns.length > 0 ? [columns[0], columns[columns.length - 1] + 1] : [0, SIZE];
}
