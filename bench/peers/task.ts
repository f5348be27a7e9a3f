import { type JsLayer, startWeights } from "../js/options";
import { denseSizes, isXor, KERNEL, learningRate, stagesOf, type TrainingCase, trainingCases, trainingData } from "../networks";

/** Something that the peers are measured at: training, or predictions of a batch at a time. */
export interface Task extends TrainingCase {
  kind: "training" | "prediction";
}

const predicted = trainingCases.find(({ sizes }) => sizes.join() === "784,128,10")!;

export const tasks: readonly Task[] = [
  // Of the convolutional network, what most of them can do.
  ...trainingCases.filter(({ convolutions, optimizer }) => !convolutions || optimizer === "sgd").map((c): Task => ({ ...c, kind: "training" })),
  ...[1, 128].map((batchSize): Task => ({
    ...predicted, kind: "prediction", batchSize, name: `infer-${predicted.sizes.join("-")}-b${batchSize}`,
  })),
];

export function findTask(name: string): Task {
  const task = tasks.find((t) => t.name === name);
  if (!task) throw new Error(`${name}: there is no such case`);
  return task;
}

/** All that a peer needs for a task: numbers that it may bring into a form of its own before the clock runs. */
export interface Material extends Task {
  /** Sigmoid layers and a squared error rather than relu, softmax and cross-entropy. */
  isXor: boolean;
  rate: number;
  /** [rows, inputs]; a prediction has one batch. */
  x: Float32Array;
  /** Class indices, or one number a row. */
  y: Int32Array | Float32Array;
  rows: number;
  /** Of these, as many as are looked at for the loss: whole batches. */
  checked: number;
  inputs: number;
  outputs: number;
  /** What to start from, where a peer lets us: the same for all. Convolutions are [out, in, height, width]. */
  weights: JsLayer[];
  /** The shapes of these weights. */
  shapes: number[][];
}

/** Rows that show whether the loss falls; peers that take a millisecond for each shall not take minutes for it. */
const CHECKED = 64;

export function material(task: Task): Material {
  const { sizes, batchSize, optimizer, kind } = task;
  const [inputs, outputs] = [sizes[0], sizes.at(-1)!];
  const data = trainingData(sizes, batchSize);
  const rows = kind === "prediction" ? batchSize : data.rows;
  const xor = isXor(sizes);
  const rate = learningRate[optimizer];
  const shapes = shapesOf(task);
  const weights = task.convolutions ? shapes.map(startLayer) : startWeights({
    sizes, hidden: xor ? "sigmoid" : "relu", loss: xor ? "squaredError" : "crossEntropy", optimizer, learningRate: rate, batchSize, seed: 1,
  });
  // Away from the long plateau at a loss of 1/8, so that learning shows at once.
  if (xor) weights.at(-1)!.b.fill(1);
  return {
    ...task, isXor: xor, rate, x: data.x.subarray(0, rows * inputs), y: data.y.slice(0, rows), rows, inputs, outputs, weights, shapes,
    checked: Math.min(rows, Math.max(batchSize, CHECKED)),
  };
}

function shapesOf(task: Task): number[][] {
  const sizes = denseSizes(task);
  return [
    ...stagesOf(task).map(({ inputs, outputs }) => [outputs, inputs, KERNEL, KERNEL]),
    ...sizes.slice(1).map((units, n) => [units, sizes[n]]),
  ];
}

/** Uniform weights of variance 2 / in, biases 0. He et al. 2015. */
function startLayer([outputs, ...ins]: number[], seed: number): JsLayer {
  const inputs = ins.reduce((product, size) => product * size, 1);
  let state = seed + 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const limit = Math.sqrt(6 / inputs);
  return { w: Float32Array.from({ length: outputs * inputs }, () => (2 * random() - 1) * limit), b: new Float32Array(outputs) };
}

/** Targets as rows of `outputs` numbers: one-hot for classes. */
export function targetRows({ y, rows, outputs, isXor: xor }: Material): Float32Array {
  if (xor) return Float32Array.from(y);
  const targets = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; row++) targets[row * outputs + y[row]] = 1;
  return targets;
}

/** Copies of the rows of a matrix, `count` of them at a time. */
export function split<T extends Float32Array | Int32Array>(matrix: T, width: number, count = 1): T[] {
  return Array.from({ length: matrix.length / (width * count) }, (_, n) => matrix.slice(n * width * count, (n + 1) * width * count) as T);
}

/** Where a matrix of [outs, ins] lies as [ins, outs]. */
export function transposed(w: Float32Array, outs: number, ins: number): Float32Array {
  return Float32Array.from({ length: outs * ins }, (_, n) => w[(n % outs) * ins + Math.floor(n / outs)]);
}

/** Where a tensor's numbers lie with its axes in another order: of [out, in], [1, 0] gives [in, out]. */
export function permuted(tensor: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Float32Array(tensor.length);
  const index = order.map(() => 0);
  for (let n = 0; n < result.length; n++) {
    result[n] = tensor[order.reduce((place, axis, k) => place + index[k] * strides[axis], 0)];
    for (let k = order.length - 1; k >= 0 && ++index[k] === shape[order[k]]; k--) index[k] = 0;
  }
  return result;
}

/**
 * The dense weights behind the convolutions, [outputs, points, channels] instead of [outputs, channels, points]: for peers whose images have
 * the channels last.
 */
export function denseChannelsLast(m: Material): Float32Array {
  const { outputs: channels, height, width } = stagesOf(m).at(-1)!;
  const dense = stagesOf(m).length;
  return permuted(m.weights[dense].w, [m.shapes[dense][0], channels, (height >> 1) * (width >> 1)], [0, 2, 1]);
}

/** Mean of the squared differences, summed over the outputs of a row: for peers whose outputs are no probabilities. */
export function squaredError(
  { checked }: Material, targets: readonly ArrayLike<number>[], predict: (row: number) => ArrayLike<number>,
): number {
  let sum = 0;
  for (let row = 0; row < checked; row++) {
    const output = predict(row);
    for (let n = 0; n < output.length; n++) sum += (output[n] - targets[row][n]) ** 2;
  }
  return sum / checked;
}

/** Mean loss of the checked rows, whose batches are predicted one by one: cross-entropy, or half the squared error. */
export async function meanLoss(
  { y, outputs, isXor: xor, checked, batchSize }: Material, predict: (batch: number) => ArrayLike<number> | Promise<ArrayLike<number>>,
): Promise<number> {
  let sum = 0;
  for (let row = 0; row < checked; row += batchSize) {
    const output = await predict(row / batchSize);
    for (let n = 0; n < batchSize; n++) sum += xor ? 0.5 * (output[n] - y[row + n]) ** 2 : -Math.log(output[n * outputs + y[row + n]]);
  }
  return sum / checked;
}
