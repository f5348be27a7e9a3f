import { DeltawasmError } from "../core/errors";

/** What a classifier says of a row. */
export interface Classification {
  /** The class that it takes for the most probable. */
  label: string;
  /** The probability that it gives it, from 0 to 1. */
  confidence: number;
  /** Those of all classes, in the order of `model.labels`. */
  probabilities: number[];
}

/** Sums of 32-bit probabilities of a few thousand classes are 1 within this. */
const ROUNDING = 1e-3;

/** Outputs of a softmax, or of a single sigmoid, as classes. @throws DeltawasmError conflict */
export function classify(outputs: Float32Array, labels: readonly string[], width: number): Classification[] {
  return Array.from({ length: outputs.length / width }, (_, row) => {
    const own = outputs.subarray(row * width, (row + 1) * width);
    const probabilities = width === 1 ? [1 - own[0], own[0]] : Array.from(own);
    const sum = probabilities.reduce((total, share) => total + share, 0);
    if (!(Math.abs(sum - 1) <= ROUNDING && probabilities.every((share) => share >= 0))) {
      throw new DeltawasmError("conflict", "network: expected outputs that are probabilities of classes: let it end with softmax, or with one sigmoid for two classes");
    }
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { label: labels[best], confidence: probabilities[best], probabilities };
  });
}
