import { checkInteger, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { Graph, GraphNode } from "../network/graph";
import { type LossName, type LossOption, resolveLoss, type ResolvedLoss } from "./losses";
import { type OptimizerOption, resolveOptimizer, type ResolvedOptimizer } from "./optimizers";
import { type ResolvedSchedule, resolveSchedule, type ScheduleOption } from "./schedules";

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
  /**
   * The most that the Euclidean norm of the weights of each unit may be: after each step those beyond are scaled down. Default: no limit.
   * Srivastava et al. 2014, section 5.1.
   */
  maxNorm?: number;
  /**
   * How much rows of each class count while training, from 0: one number a class, or two for a single sigmoid. Losses are Σ w·loss / Σ w, as
   * in PyTorch's CrossEntropyLoss(weight) for class indices that are not smoothed; a row of probabilities y counts Σ y·weight. They
   * multiply `data.weights`. Default: all the same. Evaluations don't take them.
   */
  classWeights?: readonly number[];
  /** How the learning rate changes. Default "constant". */
  schedule?: ScheduleOption;
  /**
   * Layers whose parameters stay as they are: their numbers among the layers of the spec, or names ("trunk" means "trunk.0" as well). A frozen
   * batchNorm keeps its running statistics and normalises by them. Below the first layer that is trained nothing is computed backwards.
   * Default none.
   */
  freeze?: readonly (number | string)[];
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
  maxNorm: number;
  classWeights: readonly number[] | undefined;
  schedule: ResolvedSchedule | undefined;
  frozen: ReadonlySet<GraphNode>;
}

/** Checks the options against a network and fills the defaults in. @throws DeltawasmError type, range, unknown, conflict */
export function checkTrainerOptions(given: TrainerOptions, graph: Graph): ResolvedTrainerOptions {
  const names = ["loss", "optimizer", "l1", "l2", "clipValue", "clipNorm", "maxNorm", "classWeights", "schedule", "freeze"];
  const options: Partial<TrainerOptions> = checkOptions("options", given, names);
  const { optimizer = "adam", l1 = 0, l2 = 0, freeze = [] } = options;
  const loss = resolveLoss("options.loss", options.loss, graph);
  const limit = (name: "clipValue" | "clipNorm" | "maxNorm") => (
    options[name] === undefined ? 0 : checkNumber(`options.${name}`, options[name], { above: 0, max: 1e18 })
  );
  return {
    loss,
    optimizer: resolveOptimizer("options.optimizer", optimizer),
    l1: checkNumber("options.l1", l1, { min: 0, max: 1e6 }),
    l2: checkNumber("options.l2", l2, { min: 0, max: 1e6 }),
    clipValue: limit("clipValue"),
    clipNorm: limit("clipNorm"),
    maxNorm: limit("maxNorm"),
    classWeights: options.classWeights === undefined ? undefined : checkClassWeights("options.classWeights", options.classWeights, loss.name, graph.outputs),
    schedule: options.schedule === undefined ? undefined : resolveSchedule("options.schedule", options.schedule),
    frozen: frozenNodes("options.freeze", freeze, graph),
  };
}

/** @throws DeltawasmError type, shape, range, conflict */
function checkClassWeights(where: string, weights: unknown, loss: LossName, outputs: number): readonly number[] {
  if (loss !== "crossEntropy" && !(loss === "binaryCrossEntropy" && outputs === 1)) {
    throw new DeltawasmError("conflict", `${where}: classes are those of crossEntropy, or of binaryCrossEntropy with one output; give data.weights instead`);
  }
  const classes = Math.max(outputs, 2);
  if (!Array.isArray(weights)) throw new DeltawasmError("type", `${where}: expected an array of ${classes} numbers, one a class, got ${show(weights)}`);
  if (weights.length !== classes) throw new DeltawasmError("shape", `${where}: expected ${classes} numbers, one a class, got ${weights.length}`);
  const checked = weights.map((weight: unknown, n) => checkNumber(`${where}[${n}]`, weight, { min: 0, max: 1e9 }));
  if (checked.every((weight) => weight === 0)) throw new DeltawasmError("range", `${where}: expected at least one class that counts, got weights of 0 throughout`);
  return checked;
}

/** The nodes of the layers that are named. @throws DeltawasmError type, range, unknown, conflict */
function frozenNodes(where: string, freeze: unknown, { nodes, spec }: Graph): Set<GraphNode> {
  const expected = "an array of numbers or names of layers";
  if (!Array.isArray(freeze)) throw new DeltawasmError("type", `${where}: expected ${expected}, got ${show(freeze)}`);
  const frozen = new Set<GraphNode>();
  for (const [n, layer] of (freeze as unknown[]).entries()) {
    if (typeof layer === "number") checkInteger(`${where}[${n}]`, layer, 0, spec.layers.length - 1);
    else if (typeof layer !== "string") throw new DeltawasmError("type", `${where}[${n}]: expected a number or a name of a layer, got ${show(layer)}`);
    const found = nodes.filter((node) => (typeof layer === "number" ? node.layer === layer : node.name === layer || node.name.startsWith(`${layer}.`)));
    if (found.length === 0) throw new DeltawasmError("unknown", `${where}[${n}]: no layer is named ${show(layer)}; there are ${[...new Set(nodes.map(({ name }) => name))].slice(0, 12).join(", ")}`);
    for (const node of found) frozen.add(node);
  }
  const isTrained = nodes.some((node) => !frozen.has(node) && node.parameters.some(({ role }) => role !== "buffer"));
  if (!isTrained) {
    throw new DeltawasmError("conflict", frozen.size > 0 ? `${where}: expected at least one layer with parameters to be trained, got all of them` : "network: it has no parameters that could be trained");
  }
  return frozen;
}
