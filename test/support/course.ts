import { createHash } from "node:crypto";
import { type Network, Trainer, type TrainerOptions } from "../../src/index";
import { SeededNumbers } from "./numbers";

/** A short training, and all that can be done with a network beside it. */
export interface Course {
  options: TrainerOptions;
  rows: number;
  batchSize: number;
  /** Class indices as targets. */
  labels?: boolean;
}

/** Inputs of a course. */
export function inputsOf({ inputs }: Network, rows: number): Float32Array {
  return new SeededNumbers(rows * 7 + inputs).array(rows * inputs);
}

/** Targets that any loss takes: class indices, or rows of ones and zeros with a single one. */
export function targetsOf({ outputs }: Network, rows: number, labels: boolean): number[] | number[][] {
  const classes = Array.from({ length: rows }, (_, row) => (row * 5 + 2) % outputs);
  return labels ? classes : classes.map((one) => Array.from({ length: outputs }, (_, c) => (c === one ? 1 : 0)));
}

/** A digest of the bits of numbers. */
export function digest(numbers: Float32Array): string {
  return createHash("sha256").update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)).digest("hex").slice(0, 16);
}

export function digests(tensors: Record<string, { data: Float32Array }>): Record<string, string> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, digest(data)]));
}

/**
 * Two epochs, evaluations, predictions, gradients, steps, an epoch; all their results to the bit. What the optimizer keeps shows in
 * the steps and the epoch that come after.
 */
export async function takeCourse(network: Network, { options, rows, batchSize, labels = false }: Course) {
  const x = inputsOf(network, rows), y = targetsOf(network, rows, labels);
  using trainer = new Trainer(network, options);
  const first = await trainer.fit({ x, y }, { epochs: 2, batchSize });
  const fitted = digests(network.parameters());
  const evaluation = await trainer.evaluate({ x, y });
  const predictions = digest(network.predict(x));
  const some = Math.min(rows, batchSize + 2);
  const [xs, ys] = [x.subarray(0, some * network.inputs), y.slice(0, some)];
  const { loss, gradients } = trainer.gradients(xs, ys as number[]);
  const losses = [trainer.step(xs, ys as number[]), trainer.step(xs, ys as number[])];
  const stepped = digests(network.parameters());
  const second = await trainer.fit({ x, y }, { epochs: 1, batchSize });
  return {
    fitted, evaluation, predictions, loss, gradients: digests(gradients), losses, stepped, steps: trainer.steps,
    epochs: [...first.epochs, ...second.epochs].map((epoch) => epoch.loss), parameters: digests(network.parameters()),
  };
}
