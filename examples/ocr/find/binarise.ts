import type { Grey } from "../page/image";

/** What is ink: row by row, 1 where it is. */
export interface Mask {
  width: number;
  height: number;
  pixels: Uint8Array;
}

const LEVELS = 256;
/** The page is looked at in tiles of a part of its longer side, in which light hardly changes, and of so many pixels at least. */
const TILES = 12;
const LEAST_TILE = 64;
/** Below this contrast, as a share of the paper's brightness, nothing is written. */
const LEAST_CONTRAST = 0.1;
/** Ink is further from the paper than noise: by this many deviations of the paper's own grey. */
const LEAST_DEVIATIONS = 4;

/** Ink and paper told apart, under any light; either may be the darker one. Undefined where nothing is written. */
export function binarise(image: Grey): Mask | undefined {
  const { width, height } = image;
  const darkness = darknessOf(image);
  const counts = histogram(darkness);
  const threshold = otsu(counts);
  const paper = momentsOf(counts, 0, threshold);
  const ink = momentsOf(counts, threshold + 1, LEVELS - 1);
  const contrast = ink.mean - paper.mean;
  if (ink.count === 0 || contrast < LEAST_CONTRAST * (LEVELS - 1) || contrast < LEAST_DEVIATIONS * paper.deviation) return undefined;
  return { width, height, pixels: darkness.map((level) => (level > threshold ? 1 : 0)) };
}

/**
 * N. Otsu, "A threshold selection method from gray-level histograms" (1979): the level up to which pixels are one class, above which the other,
 * so that the variance between the two is the largest: ω₀ω₁(μ₁ − μ₀)². Of several such levels, the one in the middle.
 */
export function otsu(counts: ArrayLike<number>): number {
  let [total, sum] = [0, 0];
  for (let level = 0; level < counts.length; level++) {
    total += counts[level];
    sum += level * counts[level];
  }
  let [below, sumBelow, best, first, last] = [0, 0, -1, 0, 0];
  for (let level = 0; level < counts.length; level++) {
    below += counts[level];
    sumBelow += level * counts[level];
    const above = total - below;
    if (below === 0 || above === 0) continue;
    const difference = (sum - sumBelow) / above - sumBelow / below;
    const between = below * above * difference * difference;
    if (between > best) [best, first] = [between, level];
    // Levels that no pixel has leave the sums as they were, to the bit.
    if (between === best) last = level;
  }
  return Math.floor((first + last) / 2);
}

/** How much darker than the paper around it each pixel is (or lighter, where the paper is the darker one): 255 · (1 − grey / paper). */
function darknessOf({ width, height, pixels }: Grey): Uint8Array {
  const tiles = new Tiles(width, height, pixels);
  const flip = tiles.areLightOnDark() ? LEVELS - 1 : 0;
  const papers = tiles.papers(flip);
  const darkness = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const row = tiles.between(papers, y);
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const grey = Math.abs(flip - pixels[p]);
      darkness[p] = Math.max(0, Math.round((LEVELS - 1) * (1 - grey / Math.max(1, row(x)))));
    }
  }
  return darkness;
}

/** The page in tiles, of each of which the histogram is known. */
class Tiles {
  readonly #columns: number;
  readonly #rows: number;
  readonly #size: number;
  readonly #counts: Uint32Array[];

  constructor(width: number, height: number, pixels: Uint8Array) {
    const least = Math.max(LEAST_TILE, Math.ceil(Math.max(width, height) / TILES));
    this.#size = least;
    this.#columns = Math.max(1, Math.round(width / least));
    this.#rows = Math.max(1, Math.round(height / least));
    this.#counts = Array.from({ length: this.#columns * this.#rows }, () => new Uint32Array(LEVELS));
    for (let y = 0; y < height; y++) {
      const row = Math.min(this.#rows - 1, Math.floor(y / least)) * this.#columns;
      for (let x = 0; x < width; x++) this.#counts[row + Math.min(this.#columns - 1, Math.floor(x / least))][pixels[y * width + x]]++;
    }
  }

  /** Ink pulls the far end of a tile's greys away from their middle: whether it does so towards light, all in all. */
  areLightOnDark(): boolean {
    const pulls = this.#counts.map((counts) => quantile(counts, 0.98) + quantile(counts, 0.02) - 2 * quantile(counts, 0.5));
    return pulls.reduce((sum, pull) => sum + pull, 0) > 0;
  }

  /** The paper's grey in each tile: lighter than most, but not than three quarters. */
  papers(flip: number): Float64Array {
    return Float64Array.from(this.#counts, (counts) => Math.abs(flip - quantile(counts, flip === 0 ? 0.75 : 0.25)));
  }

  /** Values of tiles as a surface: those at row y, in a straight line from the middle of each tile to the next. */
  between(values: Float64Array, y: number): (x: number) => number {
    const [top, down] = this.#place(y, this.#rows);
    const bottom = Math.min(top + 1, this.#rows - 1);
    const mixed = Float64Array.from({ length: this.#columns }, (_, c) => (
      values[top * this.#columns + c] * (1 - down) + values[bottom * this.#columns + c] * down
    ));
    return (x) => {
      const [left, right] = this.#place(x, this.#columns);
      return mixed[left] * (1 - right) + mixed[Math.min(left + 1, this.#columns - 1)] * right;
    };
  }

  /** The tile whose middle is before a place, and how far it is from there to the next. */
  #place(at: number, count: number): [tile: number, share: number] {
    const place = Math.min(count - 1, Math.max(0, (at + 0.5) / this.#size - 0.5));
    const tile = Math.floor(place);
    return [tile, place - tile];
  }
}

function histogram(pixels: Uint8Array): Uint32Array {
  const counts = new Uint32Array(LEVELS);
  for (const level of pixels) counts[level]++;
  return counts;
}

/** The level that a share of the pixels is not above. */
function quantile(counts: Uint32Array, share: number): number {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let level = 0;
  for (let below = counts[0]; below < wanted; below += counts[++level]);
  return level;
}

function momentsOf(counts: Uint32Array, from: number, to: number): { count: number; mean: number; deviation: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (let level = from; level <= to; level++) {
    count += counts[level];
    sum += level * counts[level];
    squares += level * level * counts[level];
  }
  const mean = count > 0 ? sum / count : 0;
  return { count, mean, deviation: count > 0 ? Math.sqrt(Math.max(0, squares / count - mean * mean)) : 0 };
}
