import { writeFileSync } from "node:fs";
import { PNG } from "pngjs";
import type { Grey } from "./image";
import type { Box } from "./pen";

/** A box around a character, with what was read in it. */
export interface Note {
  box: Box;
  text: string;
  color: Color;
}
type Color = readonly [red: number, green: number, blue: number];

export const GREEN: Color = [0, 140, 60];
export const AMBER: Color = [225, 140, 0];
export const RED: Color = [220, 20, 40];

/** Digits of 3 × 5 dots, row by row. */
const DIGITS = [
  "111101101101111", "010110010010111", "111001111100111", "111001111001111", "101101111001001",
  "111100111001111", "111100111101111", "111001010010010", "111101111101111", "111101111001111",
];
const [COLUMNS, ROWS] = [3, 5];
/** Paper around each box. */
const GAP = 2;

/** The page in colour, with boxes around characters and what was read above them. */
export function writeAnnotatedPng(path: string, { width, height, pixels }: Grey, notes: readonly Note[]): void {
  const png = new PNG({ width, height });
  for (let p = 0; p < pixels.length; p++) {
    png.data.fill(pixels[p], p * 4, p * 4 + 3);
    png.data[p * 4 + 3] = 255;
  }
  const fill = (left: number, top: number, right: number, bottom: number, color: Color) => {
    for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
      for (let x = Math.max(0, left); x < Math.min(width, right); x++) png.data.set(color, (y * width + x) * 4);
    }
  };
  for (const { box, text, color } of notes) {
    // On a large page, lines of a pixel would not be seen.
    const dot = Math.max(2, Math.round((box.bottom - box.top) / 18));
    const line = Math.floor(dot / 2);
    const [left, top, right, bottom] = [box.left - GAP - line, box.top - GAP - line, box.right + GAP + line, box.bottom + GAP + line];
    fill(left, top, right, top + line, color);
    fill(left, bottom - line, right, bottom, color);
    fill(left, top, left + line, bottom, color);
    fill(right - line, top, right, bottom, color);
    [...text].forEach((character, n) => {
      [...DIGITS[Number(character)] ?? ""].forEach((isOn, place) => {
        const x = left + (n * (COLUMNS + 1) + (place % COLUMNS)) * dot;
        const y = top + (Math.floor(place / COLUMNS) - ROWS - 1) * dot;
        if (isOn === "1") fill(x, y, x + dot, y + dot, color);
      });
    });
  }
  writeFileSync(path, PNG.sync.write(png, { colorType: 2, inputHasAlpha: true }));
}
