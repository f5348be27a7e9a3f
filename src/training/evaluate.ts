import type { Heap } from "../core/heap";
import type { LossName } from "./losses";
import type { EvaluationPlan } from "./evaluationPlan";
import { yieldToHost } from "./slices";

/** The quality of a network on a data set. */
export interface Evaluation {
  /** Mean loss over the rows, without l1 and l2, as `LossOptions` defines it. */
  loss: number;
  /**
   * From 0 to 1. crossEntropy: the share of rows whose largest output is the right class. binaryCrossEntropy: the share of outputs
   * on the right side of ½. Missing for other losses.
   */
  accuracy?: number;
}

/** Whether evaluations by this loss have an accuracy. */
export function hasAccuracy(loss: LossName): boolean {
  return loss === "crossEntropy" || loss === "binaryCrossEntropy";
}

/** Milliseconds between two turns of the host. */
const SLICE = 8;

/** What is evaluated, and how. */
interface EvaluationRun {
  loss: LossName;
  plan: EvaluationPlan;
  heap: Heap;
  rows: number;
  /** Runs the evaluation list over the next batch and gives the number of its rows. */
  runBatch: () => number;
  signal: AbortSignal | undefined;
}

/** Goes through all batches and counts what is right: rows, or their outputs. After an abort the rest is missing. */
export async function evaluateBlock({ loss, plan, heap, rows, runBatch, signal }: EvaluationRun): Promise<number> {
  let right = 0;
  let sliceStarted = performance.now();
  for (let from = 0; from < rows;) {
    const taken = runBatch();
    if (loss === "crossEntropy") right += rightClasses(plan, heap, taken);
    if (loss === "binaryCrossEntropy") right += rightSides(plan, heap, taken);
    from += taken;
    if (performance.now() - sliceStarted > SLICE) {
      await yieldToHost();
      if (signal?.aborted) break;
      sliceStarted = performance.now();
    }
  }
  return right;
}

function argmax(x: ArrayLike<number>, from: number, cols: number): number {
  let best = 0;
  for (let c = 1; c < cols; c++) if (x[from + c] > x[from + best]) best = c;
  return best;
}

/** The outputs are pre-activations here, whose largest is the softmax's largest. */
function rightClasses({ output, y, areLabels }: EvaluationPlan, { f, i }: Heap, rows: number): number {
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const target = areLabels ? i[y.address / 4 + row] : argmax(f, y.address / 4 + row * y.ld, output.cols);
    if (argmax(f, output.address / 4 + row * output.ld, output.cols) === target) right++;
  }
  return right;
}

/** A sigmoid's output is above ½ where its pre-activation is above 0. */
function rightSides({ output, y }: EvaluationPlan, { f }: Heap, rows: number): number {
  let right = 0;
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < output.cols; c++) {
      const predicted = f[output.address / 4 + row * output.ld + c] > 0;
      if (predicted === f[y.address / 4 + row * y.ld + c] > 0.5) right++;
    }
  }
  return right;
}
