import { colors, largestOf, percent } from "./text";

/** From paper to ink. */
const RAMP = [" ", "░", "▒", "▓", "█"];
/** Columns of a terminal that may be used. */
const COLUMNS = 79;

/** What an image shows, as one of some classes. */
export interface Labelled {
  /** Row by row, image after image, from 0 (paper) to 1 (ink). */
  pixels: Float32Array;
  labels: ArrayLike<number>;
}

/** An image that the network read wrongly. */
export interface Misreading {
  pixels: Float32Array;
  is: number;
  readAs: number;
  /** The probability that the network gave to what it read. */
  confidence: number;
}

/** What the network read in each image, from its outputs; and the misreadings. */
export function compare(
  outputs: Float32Array, { pixels, labels }: Labelled, classes: number,
): { readings: Uint8Array; misreadings: Misreading[] } {
  const size = pixels.length / labels.length;
  const readings = new Uint8Array(labels.length);
  const misreadings: Misreading[] = [];
  for (let n = 0; n < labels.length; n++) {
    const shares = outputs.subarray(n * classes, (n + 1) * classes);
    const readAs = largestOf(shares);
    readings[n] = readAs;
    if (readAs === labels[n]) continue;
    misreadings.push({ pixels: pixels.subarray(n * size, (n + 1) * size), is: labels[n], readAs, confidence: shares[readAs] });
  }
  return { readings, misreadings };
}

/** How an image becomes text: characters are twice as high as wide, so that two of them make a pixel of a small image, or two pixels one. */
function scaleOf(width: number): { across: number; down: number } {
  return width * 2 <= COLUMNS / 2 ? { across: 2, down: 1 } : { across: 1, down: 2 };
}

function draw(pixels: Float32Array, height: number, width: number): string[] {
  const { across, down } = scaleOf(width);
  return Array.from({ length: Math.ceil(height / down) }, (_, line) => (
    Array.from({ length: width }, (__, column) => {
      let [sum, count] = [0, 0];
      for (let y = line * down; y < Math.min(height, (line + 1) * down); y++, count++) sum += pixels[y * width + column];
      return RAMP[Math.round((sum / count) * (RAMP.length - 1))].repeat(across);
    }).join("")
  ));
}

/**
 * Images that were read wrongly, as text, as many beside each other as there is room for; none where one alone is too wide. A name of a class
 * stands for its number.
 */
export function drawMisreadings(
  misreadings: readonly Misreading[], [height, width]: readonly number[], nameOf: (label: number) => string = String,
): string[] {
  const columns = Math.max(width * scaleOf(width).across, 16);
  const perLine = Math.floor(COLUMNS / (columns + 2));
  const lines: string[] = [];
  for (let first = 0; perLine > 0 && first < misreadings.length; first += perLine) {
    const group = misreadings.slice(first, first + perLine);
    const pictures = group.map(({ pixels }) => draw(pixels, height, width));
    const fit = (text: string) => text.slice(0, columns).padEnd(columns);
    for (let y = 0; y < pictures[0].length; y++) lines.push(` ${pictures.map((picture) => fit(picture[y])).join("  ")}`.trimEnd());
    const is = group.map((m) => colors.green(fit(`is ${nameOf(m.is)}`)));
    const read = group.map((m) => colors.red(fit(`read ${nameOf(m.readAs)} (${percent(m.confidence)})`)));
    lines.push(` ${is.join("  ")}`, ` ${read.join("  ")}`, "");
  }
  return lines;
}
