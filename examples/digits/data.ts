import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { randomNumbers } from "../support/random";

// The scans are from the UCI data set "Optical Recognition of Handwritten Digits": README.md beside this file.

/** Images of SIZE × SIZE pixels. */
export const SIZE = 8;
export const PIXELS = SIZE * SIZE;
export const CLASSES = 10;
/** The blackest pixel: the scans count the dots of 4 × 4 blocks. */
const INK = 16;

/** Images with what they show. */
export interface Images {
  /** Row by row, PIXELS an image, from 0 (paper) to 1 (ink). */
  pixels: Float32Array;
  labels: Uint8Array;
}

/** All 1,797 scans, in the order of the file. */
export function readDigits(): Images {
  const bytes = brotliDecompressSync(readFileSync(new URL("digits.bin", import.meta.url)));
  const count = bytes.length / (PIXELS + 1);
  const images = { pixels: new Float32Array(count * PIXELS), labels: new Uint8Array(count) };
  for (let n = 0; n < count; n++) {
    const at = n * (PIXELS + 1);
    for (let p = 0; p < PIXELS; p++) images.pixels[n * PIXELS + p] = bytes[at + p] / INK;
    images.labels[n] = bytes[at + PIXELS];
  }
  return images;
}

/** The images of these numbers. */
function pick({ pixels, labels }: Images, numbers: readonly number[]): Images {
  return {
    pixels: Float32Array.from(numbers.flatMap((n) => [...pixels.subarray(n * PIXELS, (n + 1) * PIXELS)])),
    labels: Uint8Array.from(numbers, (n) => labels[n]),
  };
}

/** Draws a share of each class for the test, the rest is for training: a split in which every class has its share. */
export function split(images: Images, testShare: number, seed: number): { training: Images; test: Images } {
  const random = randomNumbers(seed);
  const training: number[] = [];
  const test: number[] = [];
  for (let label = 0; label < CLASSES; label++) {
    const numbers = [...images.labels.keys()].filter((n) => images.labels[n] === label);
    for (let n = numbers.length - 1; n > 0; n--) {
      const other = Math.floor(random() * (n + 1));
      [numbers[n], numbers[other]] = [numbers[other], numbers[n]];
    }
    const held = Math.round(numbers.length * testShare);
    test.push(...numbers.slice(0, held));
    training.push(...numbers.slice(held));
  }
  return { training: pick(images, training), test: pick(images, test) };
}

/** Steps to the eight sides, and none. */
const SIDES = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [right, down]));

/** The images and the same half a pixel to each of eight sides: a digit stays what it is when the pen moves a little. */
export function withShifts({ pixels, labels }: Images): Images {
  const count = labels.length;
  const result = { pixels: new Float32Array(pixels.length * SIDES.length), labels: new Uint8Array(count * SIDES.length) };
  SIDES.forEach(([right, down], side) => {
    result.labels.set(labels, side * count);
    for (let n = 0; n < count; n++) {
      const at = (x: number, y: number) => (x >= 0 && x < SIZE && y >= 0 && y < SIZE ? pixels[n * PIXELS + y * SIZE + x] : 0);
      const to = (side * count + n) * PIXELS;
      for (let y = 0; y < SIZE; y++) {
        for (let x = 0; x < SIZE; x++) {
          // Half a pixel on lies the mean of two neighbours, or of four.
          const sum = at(x, y) + at(x - right, y) + at(x, y - down) + at(x - right, y - down);
          result.pixels[to + y * SIZE + x] = sum / 4;
        }
      }
    }
  });
  return result;
}
