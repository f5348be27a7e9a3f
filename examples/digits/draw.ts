import { colors, largestOf, percent } from "../support/text";
import { PIXELS, SIZE } from "./data";

/** From paper to ink. */
const RAMP = [" ", "░", "▒", "▓", "█"];
/** Pictures beside each other. Two characters make a pixel, for characters are twice as high as wide. */
const PER_LINE = 4;
const WIDTH = SIZE * 2;

/** An image that the network read wrongly. */
export interface Misreading {
  pixels: Float32Array;
  is: number;
  readAs: number;
  /** The probability that the network gave to what it read. */
  confidence: number;
}

function draw(pixels: Float32Array): string[] {
  return Array.from({ length: SIZE }, (_, y) => (
    Array.from(pixels.subarray(y * SIZE, (y + 1) * SIZE), (ink) => RAMP[Math.round(ink * (RAMP.length - 1))].repeat(2)).join("")
  ));
}

/** The images that were read wrongly, as text. */
export function drawMisreadings(misreadings: readonly Misreading[]): string[] {
  const lines: string[] = [];
  for (let first = 0; first < misreadings.length; first += PER_LINE) {
    const group = misreadings.slice(first, first + PER_LINE);
    const pictures = group.map(({ pixels }) => draw(pixels));
    for (let y = 0; y < SIZE; y++) lines.push(` ${pictures.map((picture) => picture[y]).join("  ")}`);
    const is = group.map((m) => colors.green(`is ${m.is}`.padEnd(WIDTH)));
    const read = group.map((m) => colors.red(`read ${m.readAs} (${percent(m.confidence)})`.padEnd(WIDTH)));
    lines.push(` ${is.join("  ")}`, ` ${read.join("  ")}`, "");
  }
  return lines;
}

/** What the network read in each image, from its outputs; and the misreadings. */
export function compare(
  outputs: Float32Array, { pixels, labels }: { pixels: Float32Array; labels: ArrayLike<number> }, classes: number,
): { readings: Uint8Array; misreadings: Misreading[] } {
  const readings = new Uint8Array(labels.length);
  const misreadings: Misreading[] = [];
  for (let n = 0; n < labels.length; n++) {
    const shares = outputs.subarray(n * classes, (n + 1) * classes);
    const readAs = largestOf(shares);
    readings[n] = readAs;
    if (readAs === labels[n]) continue;
    const image = pixels.subarray(n * PIXELS, (n + 1) * PIXELS);
    misreadings.push({ pixels: image, is: labels[n], readAs, confidence: shares[readAs] });
  }
  return { readings, misreadings };
}
