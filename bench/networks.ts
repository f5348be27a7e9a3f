/** A network and how it is trained. */
export interface TrainingCase {
  name: string;
  /** Units of each layer, the inputs first. */
  sizes: readonly number[];
  batchSize: number;
  optimizer: "sgd" | "adam";
}

const small = { sizes: [64, 32, 10] };
const middle = { sizes: [784, 128, 10] };
const large = { sizes: [784, 1024, 1024, 10] };

export const trainingCases: readonly TrainingCase[] = [
  { sizes: [2, 3, 1], batchSize: 1, optimizer: "sgd" as const },
  { ...small, batchSize: 1, optimizer: "sgd" as const },
  { ...small, batchSize: 32, optimizer: "sgd" as const },
  { ...middle, batchSize: 1, optimizer: "sgd" as const },
  { ...middle, batchSize: 32, optimizer: "sgd" as const },
  { ...middle, batchSize: 32, optimizer: "adam" as const },
  { ...middle, batchSize: 128, optimizer: "sgd" as const },
  { ...middle, batchSize: 128, optimizer: "adam" as const },
  { ...large, batchSize: 128, optimizer: "sgd" as const },
  { ...large, batchSize: 128, optimizer: "adam" as const },
].map((c) => ({ ...c, name: `train-${c.sizes.join("-")}-b${c.batchSize}-${c.optimizer}` }));

/** Multiplications and additions of the products of a step, per sample: forward, ΔW, and δ of all layers but the first. */
export function flopsPerSample(sizes: readonly number[]): number {
  let flops = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    flops += 2 * sizes[layer - 1] * sizes[layer] * (layer === 1 ? 2 : 3);
  }
  return flops;
}

/** A network of one output is a sigmoid one that learns XOR (Rumelhart et al. 1986); the others are relu classifiers. */
export const isXor = (sizes: readonly number[]) => sizes.at(-1) === 1;

export interface TrainingData {
  x: Float32Array;
  /** Class indices, or one number a row. */
  y: Int32Array | Float32Array;
  rows: number;
}

/** Pixels a side of an image. */
const SIDE = 28;
/** Steps of a stroke's random walk: a brush of two by two pixels then leaves about four fifths of the image empty, as in MNIST. */
const STROKE = 210;

/**
 * Inputs with labels that they decide, so that there is something to learn: images of a stroke for each class, shifted by a pixel and
 * of varying ink, where the inputs are 28 × 28; dense random numbers otherwise.
 */
export function trainingData(sizes: readonly number[], batchSize: number): TrainingData {
  const [inputs, outputs] = [sizes[0], sizes.at(-1)!];
  if (isXor(sizes)) {
    const rows = 4096;
    const bit = (n: number, k: number) => (n >> k) & 1;
    return {
      rows,
      x: Float32Array.from({ length: rows * 2 }, (_, n) => bit(n >> 1, n & 1)),
      y: Float32Array.from({ length: rows }, (_, n) => bit(n, 0) ^ bit(n, 1)),
    };
  }
  // As many rows as the digits have, or enough batches to fill a second for large networks.
  const rows = inputs < 100 ? 1792 : batchSize * Math.max(4, Math.ceil(512 / batchSize));
  // A linear congruential generator will do for data. Numerical Recipes, 3rd ed., 7.1.4.
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = new Float32Array(rows * inputs);
  const y = new Int32Array(rows);
  const strokes = inputs === SIDE * SIDE ? Array.from({ length: outputs }, () => stroke(random)) : undefined;
  for (let row = 0; row < rows; row++) {
    y[row] = Math.floor(random() * outputs);
    if (strokes) {
      const shift = Math.floor(random() * 3) - 1 + SIDE * (Math.floor(random() * 3) - 1);
      for (const pixel of strokes[y[row]]) x[row * inputs + pixel + shift] = 0.5 + random() / 2;
    } else {
      for (let c = 0; c < inputs; c++) x[row * inputs + c] = random() * (c % outputs === y[row] ? 1 : 0.5);
    }
  }
  return { x, y, rows };
}

/** The pixels of a random walk with a brush of two by two, which stays two pixels from the edges. */
function stroke(random: () => number): Set<number> {
  const pixels = new Set<number>();
  let [column, line] = [SIDE / 2, SIDE / 2];
  const within = (place: number) => Math.max(2, Math.min(SIDE - 4, place));
  for (let step = 0; step < STROKE; step++) {
    column = within(column + Math.floor(random() * 3) - 1);
    line = within(line + Math.floor(random() * 3) - 1);
    for (const offset of [0, 1, SIDE, SIDE + 1]) pixels.add(line * SIDE + column + offset);
  }
  return pixels;
}

/** The learning rates keep every case learning for as long as it is measured. */
export const learningRate = { sgd: 0.01, adam: 1e-4 };
