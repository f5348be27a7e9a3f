import { heightOf, type Shape, widthOf } from "../find/shape";

/** A character becomes an image of FIELD × FIELD pixels. */
export const FIELD = 20;
/** The longer side of its box. */
export const BOX = 16;

/**
 * A character as the network sees it, as in MNIST: scaled so that its box fits into BOX × BOX, its aspect kept, with the centre of its mass in
 * the middle of the field. Each pixel is the share of it that ink covers.
 */
export function normalise(shape: Shape): Float32Array {
  const scale = BOX / Math.max(widthOf(shape), heightOf(shape));
  const [massX, massY] = centreOfMass(shape);
  // Where the centre is far out, the box must still be in the field.
  const place = (centre: number, from: number, to: number) => (
    Math.min(FIELD - to * scale, Math.max(-from * scale, FIELD / 2 - centre * scale))
  );
  const [right, down] = [place(massX, shape.left, shape.right), place(massY, shape.top, shape.bottom)];
  const field = new Float32Array(FIELD * FIELD);
  for (const { y, start, end } of shape.runs) {
    const [x0, x1, y0, y1] = [start * scale + right, end * scale + right, y * scale + down, (y + 1) * scale + down];
    for (let row = Math.max(0, Math.floor(y0)); row < Math.min(FIELD, y1); row++) {
      const high = Math.min(y1, row + 1) - Math.max(y0, row);
      for (let column = Math.max(0, Math.floor(x0)); column < Math.min(FIELD, x1); column++) {
        field[row * FIELD + column] += high * (Math.min(x1, column + 1) - Math.max(x0, column));
      }
    }
  }
  return field;
}

function centreOfMass({ runs, area }: Shape): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (const run of runs) {
    const mass = run.end - run.start;
    x += (mass * (run.start + run.end)) / 2;
    y += mass * (run.y + 0.5);
  }
  return [x / area, y / area];
}
