import { LossKind } from "../../assembly/records";
import { checkName, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import type { Graph } from "../network/graph";
import { matrixOf, showShape } from "../network/shape";

/** Options of the losses. a is an output, y its target; all are means over the rows of a batch. */
export interface LossOptions {
  /** ½ Σ (a − y)² over the outputs: the textbook's. */
  squaredError: NoOptions;
  /** (a − y)², mean over the outputs. */
  meanSquaredError: NoOptions;
  /** |a − y|, mean over the outputs. */
  meanAbsoluteError: NoOptions;
  /** ½ d² where |d| = |a − y| ≤ `delta` (above 0; default 1), delta · (|d| − ½ delta) beyond; mean over the outputs. Huber 1964. */
  huber: { delta?: number };
  /**
   * −y ln a − (1 − y) ln(1 − a), summed over independent outputs, with targets from 0 to 1. The network must end with sigmoid: it is
   * computed from the pre-activation, and never overflows. With `labelSmoothing` ε (from 0, below 1; default 0) y becomes (1 − ε) y + ε / 2.
   */
  binaryCrossEntropy: Smoothing;
  /**
   * −ln a[label], or −Σ y ln a for rows of probabilities. The network must end with softmax over at least 2 outputs: it is computed
   * from the pre-activation, and never overflows. With `labelSmoothing` ε (from 0, below 1; default 0) the target of a class becomes
   * (1 − ε) y + ε / outputs: Szegedy et al. 2016.
   */
  crossEntropy: Smoothing;
}

interface Smoothing { labelSmoothing?: number }

type NoOptions = Record<never, never>;

/** The names of the losses. */
export type LossName = keyof LossOptions;

/** A loss with its options, as plain data. */
export type LossSpec = { [Name in LossName]: { type: Name } & LossOptions[Name] }[LossName];

/** A name, or a name with options. */
export type LossOption = LossName | LossSpec;

/** A loss as the planner needs it. */
export interface ResolvedLoss {
  name: LossName;
  code: LossKind;
  /** Huber's delta, or how much the targets are smoothed. */
  parameter: number;
  /** It takes the pre-activations of the last layer. */
  fused: boolean;
}

const names = Object.keys(LossKind).filter((key) => Number.isNaN(Number(key))) as LossName[];
const fusedWith: { [Name in LossName]?: "sigmoid" | "softmax" } = { binaryCrossEntropy: "sigmoid", crossEntropy: "softmax" };

/** Checks a loss option against a network. @throws DeltawasmError unknown, type, range, conflict */
export function resolveLoss(where: string, option: unknown, graph: Graph): ResolvedLoss {
  const isName = typeof option !== "object" || option === null;
  const name = checkName(isName ? where : `${where}.type`, isName ? option : (option as { type?: unknown }).type, names);
  const activation = fusedWith[name];
  const keys = ["type", ...(name === "huber" ? ["delta"] : []), ...(activation ? ["labelSmoothing"] : [])];
  const options = isName ? {} : checkOptions(where, option, keys);
  const { delta = 1, labelSmoothing = 0 } = options;
  if (activation && graph.outputActivation !== activation) {
    throw new DeltawasmError("conflict", `${where}: ${name} needs a network that ends with ${activation}, this one ends with ${graph.outputActivation}; make its last layer dense(${graph.outputs}, "${activation}")`);
  }
  if (name === "crossEntropy" && matrixOf(graph.outputShape).points > 1) {
    throw new DeltawasmError("conflict", `${where}: crossEntropy needs one softmax over all outputs, this network ends with one at each point of ${showShape(graph.outputShape)}; flatten() and dense(classes, "softmax") after it`);
  }
  if (name === "crossEntropy" && graph.outputs < 2) {
    throw new DeltawasmError("conflict", `${where}: crossEntropy needs at least 2 outputs, this network has 1; use binaryCrossEntropy with dense(1, "sigmoid")`);
  }
  const smoothing = checkNumber(`${where}.labelSmoothing`, labelSmoothing, { min: 0, below: 1 });
  return {
    name,
    code: LossKind[name],
    parameter: name === "huber" ? checkNumber(`${where}.delta`, delta, { above: 0, max: 1e18 }) : smoothing,
    fused: activation !== undefined,
  };
}
