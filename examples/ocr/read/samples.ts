import { setImmediate } from "node:timers/promises";
import type { Images } from "../../digits/data";
import { cutsOf } from "../find/cuts";
import { findLines } from "../find/page";
import type { Shape } from "../find/shape";
import type { Box } from "../page/pen";
import { renderPage } from "../page/render";
import { FIELD, normalise } from "./normalise";

/** Shapes to learn from: FIELD × FIELD pixels each, and what they are. */
export interface Samples {
  x: Float32Array;
  y: Uint8Array;
}

/** What was found is what was written if their boxes have at least so much in common, and is not if less than the second. */
const SAME = 0.75;
const OTHER = 0.6;

/**
 * Shapes of rendered pages, found and normalised as those of any page. Two characters that touch, and pieces of one, are of a class of their own,
 * `none`: by it the network tells whether a shape is to be cut.
 */
export async function samplesOf(
  scans: Images, none: number, pages: number, seed: number, onPage: (page: number) => void,
): Promise<Samples> {
  const fields: Float32Array[] = [];
  const labels: number[] = [];
  for (let page = 0; page < pages; page++) {
    const { image, characters } = renderPage(scans, seed * 1000 + page);
    const learn = (shape: Shape) => {
      let [most, label] = [0, none];
      for (const { box, label: is } of characters) {
        const common = overlap(box, shape);
        if (common > most) [most, label] = [common, is];
      }
      if (most >= OTHER && most < SAME) return;
      fields.push(normalise(shape));
      labels.push(most >= SAME ? label : none);
    };
    for (const { height, words } of findLines(image)) {
      for (const shape of words.flat()) {
        learn(shape);
        cutsOf(shape, height)[0]?.forEach(learn);
      }
    }
    onPage(page + 1);
    // Lets the bar be drawn, and Ctrl+C be heard.
    await setImmediate();
  }
  const x = new Float32Array(fields.length * FIELD * FIELD);
  fields.forEach((field, n) => x.set(field, n * FIELD * FIELD));
  return { x, y: Uint8Array.from(labels) };
}

/** The area that two boxes have in common, as a share of the area that they cover together. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box.right - box.left) * (box.bottom - box.top);
  return (width * height) / (area(a) + area(b) - width * height);
}
