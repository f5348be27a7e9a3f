/** Convolutions that see an image: each of 3 × 3 with a padding of 1 and relu, and the largest of each 2 × 2 of what comes out. */
export interface Convolutions {
  /** [channels, height, width]. */
  image: readonly [number, number, number];
  /** Channels that come out of each. */
  channels: readonly number[];
}

/** A network and how it is trained. */
export interface TrainingCase {
  name: string;
  /** Units of each dense layer, the inputs first. */
  sizes: readonly number[];
  /** What stands between the inputs and the first dense layer. */
  convolutions?: Convolutions;
  batchSize: number;
  optimizer: "sgd" | "adam";
}

const small = { sizes: [64, 32, 10] };
const middle = { sizes: [784, 128, 10] };
const large = { sizes: [784, 1024, 1024, 10] };
const convnet = { sizes: [784, 10], convolutions: { image: [1, 28, 28], channels: [16, 32] } as const };

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
  { ...convnet, batchSize: 32, optimizer: "sgd" as const },
  { ...convnet, batchSize: 32, optimizer: "adam" as const },
].map((c: Omit<TrainingCase, "name">) => ({ ...c, name: `train-${nameOf(c)}-b${c.batchSize}-${c.optimizer}` }));

function nameOf({ sizes, convolutions }: Pick<TrainingCase, "sizes" | "convolutions">): string {
  return convolutions ? `convnet-${convolutions.image.slice(1).join("x")}` : sizes.join("-");
}

/** One convolution: channels that go in and come out, and the image as it sees it. */
export interface Stage {
  inputs: number;
  outputs: number;
  height: number;
  width: number;
}

/** Points a side of a window. */
export const KERNEL = 3;

/** The convolutions of a network, one by one. */
export function stagesOf({ convolutions }: Pick<TrainingCase, "convolutions">): Stage[] {
  if (!convolutions) return [];
  const { image: [first, height, width], channels } = convolutions;
  return channels.map((outputs, n) => ({ inputs: channels[n - 1] ?? first, outputs, height: height >> n, width: width >> n }));
}

/** Numbers that go into each dense layer, and those that come out of the last. */
export function denseSizes(c: Pick<TrainingCase, "sizes" | "convolutions">): number[] {
  const last = stagesOf(c).at(-1);
  return last ? [last.outputs * (last.height >> 1) * (last.width >> 1), ...c.sizes.slice(1)] : [...c.sizes];
}

/** Multiplications and additions of the products of a step, per sample: forward, ΔW, and δ of all layers but the first. */
export function flopsPerSample(c: Pick<TrainingCase, "sizes" | "convolutions">): number {
  const sizes = denseSizes(c);
  const forward = [
    ...stagesOf(c).map(({ inputs, outputs, height, width }) => 2 * height * width * KERNEL ** 2 * inputs * outputs),
    ...sizes.slice(1).map((units, n) => 2 * sizes[n] * units),
  ];
  return forward.reduce((sum, flops, layer) => sum + flops * (layer === 0 ? 2 : 3), 0);
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
