import { checkNumber, checkOptions } from "../core/check";
import type { Graph } from "../network/graph";
import { type LossOption, resolveLoss, type ResolvedLoss } from "./losses";
import { type OptimizerOption, resolveOptimizer, type ResolvedOptimizer } from "./optimizers";

/** How a network is trained. */
export interface TrainerOptions {
  /** What training makes small, as a mean over the rows of a batch. */
  loss: LossOption;
  /** How a gradient becomes an update. Default "adam". */
  optimizer?: OptimizerOption;
  /** λ of the penalty λ Σ |w| over weights, not biases: the gradient gains λ sign w. Default 0. Reported losses are without it. */
  l1?: number;
  /** λ of the penalty (λ/2) Σ w² over weights, not biases: the gradient gains λ w. Default 0. Reported losses are without it. */
  l2?: number;
  /** Limits each gradient to ± this much, greater than 0. Default: no limit. */
  clipValue?: number;
  /**
   * Scales the gradient of all parameters together to at most this Euclidean norm, after clipValue. Default: no limit. Pascanu et
   * al. 2013.
   */
  clipNorm?: number;
}

/** Trainer options as the planner needs them. */
export interface ResolvedTrainerOptions {
  loss: ResolvedLoss;
  optimizer: ResolvedOptimizer;
  l1: number;
  l2: number;
  /** 0: no limit. */
  clipValue: number;
  clipNorm: number;
}

/** Checks the options against a network and fills the defaults in. @throws DeltawasmError type, range, unknown, conflict */
export function checkTrainerOptions(given: TrainerOptions, graph: Graph): ResolvedTrainerOptions {
  const names = ["loss", "optimizer", "l1", "l2", "clipValue", "clipNorm"];
  const options: Partial<TrainerOptions> = checkOptions("options", given, names);
  const { optimizer = "adam", l1 = 0, l2 = 0 } = options;
  const limit = (name: "clipValue" | "clipNorm") => (
    options[name] === undefined ? 0 : checkNumber(`options.${name}`, options[name], { above: 0, max: 1e18 })
  );
  return {
    loss: resolveLoss("options.loss", options.loss, graph),
    optimizer: resolveOptimizer("options.optimizer", optimizer),
    l1: checkNumber("options.l1", l1, { min: 0, max: 1e6 }),
    l2: checkNumber("options.l2", l2, { min: 0, max: 1e6 }),
    clipValue: limit("clipValue"),
    clipNorm: limit("clipNorm"),
  };
}
