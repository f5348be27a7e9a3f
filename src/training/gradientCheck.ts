import { State } from "../../assembly/records";
import { checkInteger, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import type { Labels, Rows } from "../data/rows";
import { checkNetwork, Network } from "../network/network";
import { sizeOf } from "../network/shape";
import { loadBatch } from "./batch";
import { checkData } from "./dataBlock";
import { type LossOption, resolveLoss } from "./losses";
import { resolveOptimizer } from "./optimizers";
import { createTrainingPlan } from "./plan";
import { createSetup } from "./setup";
import { yieldToHost } from "./slices";

/** What is checked. */
export interface GradientCheckBatch {
  /** Rows of the network's inputs: flat, or an array of rows. */
  x: Rows;
  /** As many rows of targets; for crossEntropy also class indices. */
  y: Rows | Labels;
  /** The loss whose gradients are checked. */
  loss: LossOption;
  /** Parameters to check of each tensor, spread evenly. Default 200; Infinity for all. */
  samples?: number;
}

/** The worst of the gradients that were checked. */
export interface GradientCheck {
  /** |analytic − numeric| relative to the larger of the two, or to a thousandth of the largest gradient, or 1e-9, where both are smaller. */
  maxRelativeError: number;
  /** Where it is. */
  worst: { parameter: string; index: number; analytic: number; numeric: number };
  /** Gradients that were checked. */
  checked: number;
}

/** Steps tried from large to small: a large one is the most exact unless a kink (relu, huber …) lies within it. */
const STEPS = [1e-3, 1e-5, 1e-6];
/** Where all gradients are smaller than this they are rounding errors of differences, and so are the numeric ones. */
const SMALLEST = 1e-9;
/** No step is tried after one that agrees as well as this. */
const AGREES = 1e-8;

/**
 * Compares the gradients of backpropagation with central differences of fourth order, all in 64-bit floats: a
 * correct network gives about 1e-9. The network itself is only read.
 *
 * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `unknown`, `conflict`, `disposed`, `memory`, and
 * `diverged` where the loss is not finite
 *
 * @example
 * const { maxRelativeError, worst } = await gradientCheck(network, { x, y, loss: "crossEntropy" });
 */
export async function gradientCheck(network: Network, batch: GradientCheckBatch): Promise<GradientCheck> {
  checkNetwork(network);
  const { x, y, ...options } = checkOptions("batch", batch, ["x", "y", "loss", "samples"]) as unknown as GradientCheckBatch;
  const { samples: given = 200 } = options;
  const samples = given === Infinity ? Infinity : checkInteger("batch.samples", given, 1);
  const { createReferenceEngine } = await import("../reference/engine");
  const copy = Network.createOn(createReferenceEngine("float64"), network.spec);
  copy.setParameters(network.parameters());
  const { graph, engine } = copy;
  const loss = resolveLoss("batch.loss", options.loss, graph);
  const use = { loss: loss.name, classWeights: undefined };
  const targets = checkData("batch.", { x, y }, copy, use);
  const setup = createSetup(copy, { loss, optimizer: resolveOptimizer("optimizer", "sgd"), l1: 0, l2: 0, clipValue: 0, clipNorm: 0, maxNorm: 0, frozen: new Set(), classWeights: undefined, schedule: undefined });
  const plan = createTrainingPlan(copy, setup, { capacity: targets.rows, areLabels: targets.areLabels, areWeighted: false, accumulates: false });
  loadBatch("batch.", copy, use, plan, setup.block, { x, y }, targets);
  const { f, d } = engine.heap;

  const lossNow = () => {
    if (engine.run(setup.block, plan.loss.address, plan.loss.count, 1) === 0) {
      throw new DeltawasmError("diverged", "batch: its loss is not finite: scale the data, or start from smaller weights");
    }
    return d[setup.block / 8 + State.loss];
  };
  lossNow();
  engine.run(setup.block, plan.gradient.address, plan.gradient.count, 1);
  const first = setup.gradients / 4;
  const gradients = Float64Array.from(f.subarray(first, first + graph.length));
  const largest = gradients.reduce((size, g) => Math.max(size, Math.abs(g)), 0);
  const floor = Math.max(largest / 1000, SMALLEST);

  const result: GradientCheck = { maxRelativeError: 0, worst: { parameter: "", index: 0, analytic: 0, numeric: 0 }, checked: 0 };
  for (const parameter of graph.parameters) {
    if (parameter.role === "buffer") continue;
    const size = sizeOf(parameter.shape);
    const stride = Math.max(1, size / samples);
    for (let n = 0; Math.floor(n) < size; n += stride) {
      const index = Math.floor(n);
      const flat = parameter.offset + parameter.layout.place(index);
      const analytic = gradients[flat];
      const [error, numeric] = disagreement(f, copy.parameterBlock / 4 + flat, lossNow, analytic, floor);
      result.checked++;
      if (error >= result.maxRelativeError) {
        result.maxRelativeError = error;
        result.worst = { parameter: parameter.name, index, analytic, numeric };
      }
      if (result.checked % 64 === 0) await yieldToHost();
    }
  }
  return result;
}

/** The smallest relative error over the steps, and the difference quotient that has it. */
function disagreement(
  f: Float32Array | Float64Array, at: number, lossNow: () => number, analytic: number, floor: number,
): [error: number, numeric: number] {
  const value = f[at];
  const lossAt = (shift: number) => {
    f[at] = value + shift;
    return lossNow();
  };
  let best: [number, number] = [Infinity, NaN];
  for (const h of STEPS) {
    const numeric = (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
    const size = Math.max(Math.abs(analytic), Math.abs(numeric), floor);
    const error = size === 0 ? 0 : Math.abs(analytic - numeric) / size;
    if (error < best[0]) best = [error, numeric];
    if (best[0] <= AGREES) break;
  }
  f[at] = value;
  return best;
}
