import { log } from "../reference/math";
import type { Core, DataBlock } from "./observed";

/** Rows whose targets are looked at, at the most. */
const ROWS = 256;

/**
 * The loss of a network that always answers the mean of the targets, about: the unit by which losses are judged, whatever the training
 * starts from. Weights of rows and classes, smoothing and huber's delta are left out.
 */
export function guessLoss({ network, setup }: Core, data: DataBlock): number {
  const { outputs, engine: { heap: { f, i } } } = network;
  const { name } = setup.loss;
  const rows = Math.min(data.rows, ROWS);
  const place = (n: number) => data.y / 4 + i[data.order / 4 + Math.floor((n * data.rows) / rows)] * data.yStride;
  const target = (n: number, output: number) => (data.areLabels ? Number(i[place(n)] === output) : f[place(n) + output]);
  let total = 0;
  for (let output = 0; output < outputs; output++) {
    let mean = 0, spread = 0;
    for (let n = 0; n < rows; n++) mean += target(n, output) / rows;
    for (let n = 0; n < rows; n++) spread += square(target(n, output) - mean) / rows;
    if (name === "crossEntropy") total += entropy(mean);
    else if (name === "binaryCrossEntropy") total += entropy(mean) + entropy(1 - mean);
    else if (name === "squaredError") total += spread / 2;
    else if (name === "meanSquaredError") total += spread / outputs;
    // A mean of absolute differences is near the deviation; huber's is between that and half the square.
    else total += Math.min(Math.sqrt(spread), name === "huber" ? spread / 2 : Infinity) / outputs;
  }
  return total;
}

function square(x: number): number {
  return x * x;
}

function entropy(share: number): number {
  return share > 0 ? -share * log(share) : 0;
}
