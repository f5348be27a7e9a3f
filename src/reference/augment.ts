import { Augment, AUGMENT_WORDS, AugmentNumbers, BORDER, Op, SPLINE, State } from "../../assembly/records";
import type { Machine } from "./machine";
import type { Operation } from "./operation";
import { fillBits, fillNormal } from "./random";

/** sin x (odd = 1) or cos x (odd = 0) for |x| ≤ π, by the Taylor series. */
function circular(x: number, odd: 0 | 1): number {
  const square = x * x;
  let term = odd ? x : 1, sum = term;
  for (let k = odd + 1; k < 30; k += 2) {
    term = (-term * square) / (k * (k + 1));
    sum += term;
  }
  return sum;
}

/** The controls about a column or a row of pixels. */
interface Spline {
  first: number;
  weights: readonly number[];
}

/** How the images of a record lie, and what may become of them. */
interface Images {
  channels: number;
  height: number;
  width: number;
  numbers: (index: AugmentNumbers) => number;
  /** Those of the columns and then of the rows; none without displacements. */
  splines: readonly Spline[];
  gridRows: number;
  gridCols: number;
}

/** From a pixel to where it comes from in a copy with a border: x = a·col + b·row + startX, y = c·col + d·row + startY. */
function mapOf({ round }: Machine, { height, width, numbers }: Images, words: Uint32Array) {
  const signed = (index: AugmentNumbers) => (words[index] >>> 8) * 2 ** -23 - 1;
  const drawn = (index: AugmentNumbers) => numbers(index) * signed(index);
  const side = (index: AugmentNumbers) => (numbers(index) !== 0 && signed(index) < 0 ? -1 : 1);
  const angle = drawn(AugmentNumbers.rotate), slant = drawn(AugmentNumbers.shear), factor = 1 + drawn(AugmentNumbers.scale);
  const [sideX, sideY] = [side(AugmentNumbers.flipX), side(AugmentNumbers.flipY)];
  const cosine = circular(angle, 0), sine = circular(angle, 1), slope = circular(slant, 1) / circular(slant, 0);
  const a = sideX * ((cosine - slope * sine) / factor), b = sideX * ((sine + slope * cosine) / factor);
  const c = sideY * (-sine / factor), d = sideY * (cosine / factor);
  const centreX = (width - 1) / 2, centreY = (height - 1) / 2;
  const fromX = centreX + drawn(AugmentNumbers.shiftX), fromY = centreY + drawn(AugmentNumbers.shiftY);
  const startX = centreX - (a * fromX + b * fromY) + 1, startY = centreY - (c * fromX + d * fromY) + 1;
  return { a: round(a), b: round(b), startX: round(startX), c: round(c), d: round(d), startY: round(startY) };
}

/** ((w₀v₀ + w₁v₁) + w₂v₂) + w₃v₃ */
function blend(round: Machine["round"], weights: readonly number[], values: (n: number) => number): number {
  return weights.reduce((sum, weight, n) => (n === 0 ? round(weight * values(0)) : round(sum + round(weight * values(n)))), 0);
}

/** The displacement of each pixel, in x and in y, from a grid of controls: along its rows, then down the columns. */
function displacements({ round }: Machine, { width, splines, gridRows, gridCols }: Images, grid: Float32Array) {
  const curves = Array.from({ length: 2 * gridRows }, (_, n) => splines.slice(0, width).map(({ first, weights }) => (
    blend(round, weights, (k) => grid[n * gridCols + first + k])
  )));
  return (row: number, col: number, axis: 0 | 1) => {
    const { first, weights } = splines[width + row];
    return blend(round, weights, (k) => curves[axis * gridRows + first + k][col]);
  };
}

/** Within [0, end]; 0 for NaN. */
const limited = (x: number, end: number) => (x > 0 ? Math.min(x, end) : 0);

/** Makes the image at index `x` anew. */
function resample(m: Machine, x: number, images: Images, words: Uint32Array, displacement?: ReturnType<typeof displacements>): void {
  const { f, round, math } = m;
  const { channels, height, width } = images;
  const { a, b, startX, c, d, startY } = mapOf(m, images, words);
  const rowLength = width + BORDER, plane = (height + BORDER) * rowLength;
  const image = new Float32Array(channels * plane).fill(images.numbers(AugmentNumbers.fill));
  for (let n = 0; n < channels * height; n++) {
    const at = Math.floor(n / height) * plane + ((n % height) + 1) * rowLength + 1;
    for (let col = 0; col < width; col++) image[at + col] = f[x + n * width + col];
  }
  for (let row = 0; row < height; row++) {
    const baseX = round(round(b * row) + startX), baseY = round(round(d * row) + startY);
    for (let col = 0; col < width; col++) {
      let px = round(round(a * col) + baseX), py = round(round(c * col) + baseY);
      if (displacement) {
        px = round(px + displacement(row, col, 0));
        py = round(py + displacement(row, col, 1));
      }
      px = limited(px, width + 1);
      py = limited(py, height + 1);
      const left = Math.floor(px), above = Math.floor(py);
      const toRight = round(px - left), toBottom = round(py - above), toLeft = round(1 - toRight), toTop = round(1 - toBottom);
      for (let n = 0; n < channels; n++) {
        const across = (at: number) => round(round(toLeft * image[at]) + round(toRight * image[at + 1]));
        const corner = n * plane + above * rowLength + left;
        const mixed = round(round(toTop * across(corner)) + round(toBottom * across(corner + rowLength)));
        f[x + (n * height + row) * width + col] = math.flush(mixed);
      }
    }
  }
}

const augmentImages: Operation = (m, { rows, state, word, at }) => {
  const [channels, height, width] = [word(Augment.channels), word(Augment.height), word(Augment.width)];
  const [gridRows, gridCols] = [word(Augment.gridRows), word(Augment.gridCols)];
  const table = word(Augment.splines) >>> 3, first = word(Augment.numbers) >>> 3;
  const splines = Array.from({ length: table === 0 ? 0 : width + height }, (_, n) => {
    const [control, ...weights] = m.d.subarray(table + n * SPLINE, table + (n + 1) * SPLINE);
    return { first: control, weights: weights.map(m.round) };
  });
  const images: Images = { channels, height, width, numbers: (index) => m.d[first + index], splines, gridRows, gridCols };
  const source = [word(Augment.seedLow), word(Augment.seedHigh)] as const;
  const [stream, step] = [word(Augment.stream) >>> 0, m.d[state + State.pass] >>> 0];
  const words = new Uint32Array(AUGMENT_WORDS), count = 2 * gridRows * gridCols, grid = new Float32Array(count);
  for (let row = 0; row < rows; row++) {
    fillBits(words, 0, AUGMENT_WORDS, ...source, stream, step, row * AUGMENT_WORDS);
    const x = at(Augment.x) + row * word(Augment.ldx);
    if (splines.length > 0) {
      fillNormal(grid, 0, count, 0, images.numbers(AugmentNumbers.displacement), ...source, (stream + 1) >>> 0, step, row * count);
      resample(m, x, images, words, displacements(m, images, grid));
    } else resample(m, x, images, words);
  }
};

export const augment: { [Code in Op]?: Operation } = { [Op.Augment]: augmentImages };
