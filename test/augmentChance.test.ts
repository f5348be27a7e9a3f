import { describe, expect, test } from "vitest";
import { augmentImages } from "../src/index";

/** With fixed seeds a test of chance always ends the same way; five deviations would fail one seed in two million. */
const DEVIATIONS = 5;

/** Images of two channels that hold each pixel's column and row: what augmentation makes of them says where each pixel comes from. */
function places(count: number, side: number): Float32Array {
  const x = new Float32Array(count * 2 * side * side);
  const area = side * side;
  for (let n = 0; n < x.length; n++) x[n] = Math.floor(n / area) % 2 === 0 ? n % side : Math.floor((n % area) / side);
  return x;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("how far images go", () => {
  const COUNT = 4000, SIDE = 15, CENTRE = 7;
  const most = { rotate: 30, scale: 0.2, shear: 15, shift: 0.1 };

  /** Rotation, factor, shear and shift of each image, as shares of the most: the affine map is taken to pieces. */
  async function shares(): Promise<Record<string, number[]>> {
    const images = await augmentImages(places(COUNT, SIDE), { shape: [2, SIDE, SIDE], ...most }, { seed: 3, step: 8 });
    const degrees = 180 / Math.PI, pixels = most.shift * SIDE;
    const found: Record<string, number[]> = { rotate: [], scale: [], shear: [], right: [], down: [] };
    for (let n = 0; n < COUNT; n++) {
      const at = (channel: number, dx: number, dy: number) => images[((n * 2 + channel) * SIDE + CENTRE + dy) * SIDE + CENTRE + dx];
      const [a, b] = [at(0, 1, 0) - at(0, 0, 0), at(0, 0, 1) - at(0, 0, 0)], [c, d] = [at(1, 1, 0) - at(1, 0, 0), at(1, 0, 1) - at(1, 0, 0)];
      // The map from the old image to the new one: factor · rotation · shear.
      const determinant = a * d - b * c, forward = [[d, -b], [-c, a]].map((row) => row.map((value) => value / determinant));
      const [[p, q], [r, s]] = forward, factor = Math.hypot(p, r);
      const from = [at(0, 0, 0) - CENTRE, at(1, 0, 0) - CENTRE];
      found.rotate.push((Math.atan2(r, p) * degrees) / most.rotate);
      found.scale.push((factor - 1) / most.scale);
      found.shear.push((Math.atan(-(p * q + r * s) / factor ** 2) * degrees) / most.shear);
      found.right.push(-(p * from[0] + q * from[1]) / pixels);
      found.down.push(-(r * from[0] + s * from[1]) / pixels);
    }
    return found;
  }

  test("is spread evenly from −1 to 1, each for itself", async () => {
    const found = await shares();
    const BINS = 20;
    for (const [name, values] of Object.entries(found)) {
      const bins = Array<number>(BINS).fill(0);
      for (const value of values) bins[Math.floor(((value + 1) / 2) * BINS)]++;
      // Nothing is beyond the ends.
      expect([name, bins.length]).toEqual([name, BINS]);
      expect([name, bins.reduce((sum, seen) => sum + seen)]).toEqual([name, COUNT]);
      const chiSquare = bins.reduce((sum, seen) => sum + (seen - COUNT / BINS) ** 2 / (COUNT / BINS), 0);
      expect(Math.abs(chiSquare - (BINS - 1))).toBeLessThan(DEVIATIONS * Math.sqrt(2 * (BINS - 1)));
      // An even number between −1 and 1 has the variance 1/3.
      expect(Math.abs(mean(values))).toBeLessThan(DEVIATIONS * Math.sqrt(1 / 3 / COUNT));
      for (const [other, others] of Object.entries(found)) {
        if (other < name) expect(Math.abs(mean(values.map((value, n) => value * others[n])))).toBeLessThan((DEVIATIONS / 3) / Math.sqrt(COUNT));
      }
    }
  });

  test("is to every second image mirrored, each way for itself, and to the pixel", async () => {
    const side = 4, area = side * side, images = await augmentImages(places(COUNT, side), { shape: [2, side, side], flip: "both" }, { seed: 4 });
    const seen = [0, 0, 0, 0];
    const [columns, rows] = [places(1, side).subarray(0, area), places(1, side).subarray(area)];
    for (let n = 0; n < COUNT; n++) {
      const [x, y] = [images.subarray(n * 2 * area, n * 2 * area + area), images.subarray(n * 2 * area + area, (n + 1) * 2 * area)];
      const isLeft = x[0] === side - 1, isUp = y[0] === side - 1;
      expect(x).toEqual(isLeft ? columns.map((value) => side - 1 - value) : columns);
      expect(y).toEqual(isUp ? rows.map((value) => side - 1 - value) : rows);
      seen[(isLeft ? 1 : 0) + (isUp ? 2 : 0)]++;
    }
    for (const count of seen) expect(Math.abs(count - COUNT / 4)).toBeLessThan(DEVIATIONS * Math.sqrt((COUNT * 3) / 16));
  });
});

test("elastic displaces pixels as uniform numbers smoothed by a Gaussian would", async () => {
  const COUNT = 800, SIDE = 64, MARGIN = 8, sigma = 4, inner = SIDE - 2 * MARGIN;
  // A deviation of one pixel: that of uniform numbers, √⅓, times the norm of the Gaussian, 1 / (2 σ √π), times alpha.
  const alpha = 2 * sigma * Math.sqrt(3 * Math.PI);
  const original = places(1, SIDE);
  const images = await augmentImages(places(COUNT, SIDE), { shape: [2, SIDE, SIDE], elastic: { alpha, sigma } }, { seed: 1 });
  const DISTANCES = [0, 2, 4, 8, 12];
  const across = DISTANCES.map(() => 0), along = DISTANCES.map(() => 0);
  let between = 0, terms = 0;
  for (let n = 0; n < COUNT; n++) {
    const moved = (channel: number, row: number, col: number) => (
      images[((n * 2 + channel) * SIDE + row) * SIDE + col] - original[(channel * SIDE + row) * SIDE + col]
    );
    for (let row = MARGIN; row < SIDE - MARGIN - 12; row++) {
      for (let col = MARGIN; col < SIDE - MARGIN - 12; col++) {
        const here = moved(0, row, col);
        for (const [k, distance] of DISTANCES.entries()) {
          across[k] += here * moved(0, row, col + distance);
          along[k] += here * moved(0, row + distance, col);
        }
        between += here * moved(1, row, col);
        terms++;
      }
    }
  }
  // Pixels have to do with one another over an area of 2πσ², within which they count as one: so many are left.
  const independent = (COUNT * (inner - 12) ** 2) / (2 * Math.PI * sigma ** 2);
  const chance = DEVIATIONS * Math.sqrt(2 / independent);
  // B-splines make correlations of their own kind, B₇ instead of a Gaussian: up to 0.021 apart, and the variance is not the same at each phase.
  const KIND = 0.03;
  for (const [k, distance] of DISTANCES.entries()) {
    const expected = Math.exp(-(distance ** 2) / (4 * sigma ** 2));
    expect(Math.abs(across[k] / terms - expected)).toBeLessThan(chance + KIND);
    expect(Math.abs(along[k] / terms - expected)).toBeLessThan(chance + KIND);
  }
  expect(Math.abs(between / terms)).toBeLessThan(chance);
});

test("noise has its deviation, and no mean", async () => {
  const count = 50_000, noise = 0.3;
  const values = Array.from(await augmentImages(new Float32Array(count), { shape: [1, 10, 10], noise }, { seed: 2 }));
  expect(Math.abs(mean(values))).toBeLessThan((DEVIATIONS * noise) / Math.sqrt(count));
  expect(Math.abs(mean(values.map((value) => value ** 2)) / noise ** 2 - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(2 / count));
});
