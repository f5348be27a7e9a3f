import { readFileSync, writeFileSync } from "node:fs";
import { PNG } from "pngjs";
import { Mistake } from "../../support/program";

/** A picture in shades of grey: row by row, from 0 (black) to 255 (white). */
export interface Grey {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** A page of A4 at 1,200 dots an inch has 139 million pixels. */
const MOST_PIXELS = 150e6;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where the first chunk, IHDR, tells the width and the height. */
const WIDTH_AT = 16;
const HEIGHT_AT = 20;

/** A PNG of any kind as shades of grey, on white paper where it is transparent. */
export function readPng(path: string): Grey {
  const bytes = readFileSync(path);
  if (bytes.length < HEIGHT_AT + 4 || SIGNATURE.some((byte, n) => bytes[n] !== byte)) throw new Mistake(`${path}: expected a PNG file`);
  const [width, height] = [bytes.readUInt32BE(WIDTH_AT), bytes.readUInt32BE(HEIGHT_AT)];
  if (width * height > MOST_PIXELS) throw new Mistake(`${path}: expected at most ${MOST_PIXELS / 1e6} million pixels, got ${width} × ${height}`);
  return toGrey(decode(path, bytes));
}

/** Whatever the file holds (1 to 16 bits, grey, colours or a palette, interlaced or not) as red, green, blue and alpha of 8 bits. */
function decode(path: string, bytes: Buffer): PNG {
  try {
    return PNG.sync.read(bytes);
  } catch (error) {
    throw new Mistake(`${path}: the PNG is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The luma of Rec. 601, over white paper. */
function toGrey({ width, height, data }: PNG): Grey {
  const pixels = new Uint8Array(width * height);
  for (let p = 0; p < pixels.length; p++) {
    const at = p * 4;
    const luma = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    pixels[p] = Math.round(255 + (luma - 255) * (data[at + 3] / 255));
  }
  return { width, height, pixels };
}

/** As a PNG of 8 bits of grey. */
export function writeGreyPng(path: string, { width, height, pixels }: Grey): void {
  const png = new PNG({ width, height });
  png.data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length);
  writeFileSync(path, PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false }));
}
