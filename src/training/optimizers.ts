import { Optimizer as Code, State } from "../../assembly/records";
import { checkName, checkNumber, checkOptions } from "../core/check";

/**
 * Options of the optimizers. g is the gradient of a parameter w, with L1 and L2 added; what an optimizer sums starts at 0.
 * learningRate: above 0, at most 1e6. momentum, rho, beta1, beta2: from 0, below 1. epsilon: 1e-30 to 1. weightDecay: 0 to 1.
 */
export interface OptimizerOptions {
  /** w −= learningRate · g. Default rate 0.01. */
  sgd: { learningRate?: number };
  /** v = momentum · v + g; w −= learningRate · v. Defaults 0.01, 0.9. Polyak 1964, in PyTorch's form. */
  momentum: { learningRate?: number; momentum?: number };
  /** v = momentum · v + g; w −= learningRate · (g + momentum · v). Defaults 0.01, 0.9. Sutskever et al. 2013, in PyTorch's form. */
  nesterov: { learningRate?: number; momentum?: number };
  /** s = rho · s + (1 − rho) · g²; w −= learningRate · g / (√s + epsilon). Defaults 0.01, 0.99, 1e-8. Hinton 2012. */
  rmsprop: { learningRate?: number; rho?: number; epsilon?: number };
  /** s += g²; w −= learningRate · g / (√s + epsilon). Defaults 0.01, 1e-10. Duchi et al. 2011. */
  adagrad: { learningRate?: number; epsilon?: number };
  /**
   * m = beta1 · m + (1 − beta1) · g; v = beta2 · v + (1 − beta2) · g²; w −= learningRate · m̂ / (√v̂ + epsilon), with m̂ = m / (1 −
   * beta1^t) and v̂ = v / (1 − beta2^t) in step t. Defaults 0.001, 0.9, 0.999, 1e-8. Kingma & Ba 2015, algorithm 1.
   */
  adam: { learningRate?: number; beta1?: number; beta2?: number; epsilon?: number };
  /** Adam with w −= learningRate · weightDecay · w apart from the gradient. Loshchilov & Hutter 2019. weightDecay 0.01 by default, on weights only. */
  adamW: { learningRate?: number; beta1?: number; beta2?: number; epsilon?: number; weightDecay?: number };
}

/** The names of the optimizers. */
export type OptimizerName = keyof OptimizerOptions;

/** An optimizer with its options, as plain data. */
export type OptimizerSpec = { [Name in OptimizerName]: { type: Name } & OptimizerOptions[Name] }[OptimizerName];

/** A name, or a name with options. */
export type OptimizerOption = OptimizerName | OptimizerSpec;

/** Plain gradient descent. @see OptimizerOptions */
export const sgd = (options: OptimizerOptions["sgd"] = {}): OptimizerSpec => ({ type: "sgd", ...options });
/** Gradient descent with momentum. @see OptimizerOptions */
export const momentum = (options: OptimizerOptions["momentum"] = {}): OptimizerSpec => ({ type: "momentum", ...options });
/** Nesterov's momentum. @see OptimizerOptions */
export const nesterov = (options: OptimizerOptions["nesterov"] = {}): OptimizerSpec => ({ type: "nesterov", ...options });
/** RMSProp: gradients by the root of the running mean of their squares. @see OptimizerOptions */
export const rmsprop = (options: OptimizerOptions["rmsprop"] = {}): OptimizerSpec => ({ type: "rmsprop", ...options });
/** Adagrad: a rate for each parameter, which shrinks as its squared gradients add up. @see OptimizerOptions */
export const adagrad = (options: OptimizerOptions["adagrad"] = {}): OptimizerSpec => ({ type: "adagrad", ...options });
/** Adam: running means of the gradient and of its square, corrected for their start at 0. @see OptimizerOptions */
export const adam = (options: OptimizerOptions["adam"] = {}): OptimizerSpec => ({ type: "adam", ...options });
/** AdamW: Adam with weight decay apart from the gradient. @see OptimizerOptions */
export const adamW = (options: OptimizerOptions["adamW"] = {}): OptimizerSpec => ({ type: "adamW", ...options });

interface Hyperparameter {
  /** Where it stands in the state block. */
  field: State;
  value: number;
  range: { above?: number; min?: number; max?: number; below?: number };
}

interface OptimizerType {
  code: Code;
  /** Vectors of its own that it keeps for each parameter. */
  slots: 0 | 1 | 2;
  options: Record<string, Hyperparameter>;
}

const rate = (value: number): Hyperparameter => ({ field: State.learningRate, value, range: { above: 0, max: 1e6 } });
const share = (field: State, value: number): Hyperparameter => ({ field, value, range: { min: 0, below: 1 } });
// Zero would divide 0 by 0 where a parameter gets no gradient; it must not vanish when squares do.
const epsilon = (value: number): Hyperparameter => ({ field: State.epsilon, value, range: { min: 1e-30, max: 1 } });
const weightDecay: Hyperparameter = { field: State.weightDecay, value: 0.01, range: { min: 0, max: 1 } };

const types: Record<OptimizerName, OptimizerType> = {
  sgd: { code: Code.sgd, slots: 0, options: { learningRate: rate(0.01) } },
  momentum: { code: Code.momentum, slots: 1, options: { learningRate: rate(0.01), momentum: share(State.momentum, 0.9) } },
  nesterov: { code: Code.nesterov, slots: 1, options: { learningRate: rate(0.01), momentum: share(State.momentum, 0.9) } },
  rmsprop: { code: Code.rmsprop, slots: 1, options: { learningRate: rate(0.01), rho: share(State.momentum, 0.99), epsilon: epsilon(1e-8) } },
  adagrad: { code: Code.adagrad, slots: 1, options: { learningRate: rate(0.01), epsilon: epsilon(1e-10) } },
  adam: {
    code: Code.adam, slots: 2,
    options: { learningRate: rate(0.001), beta1: share(State.momentum, 0.9), beta2: share(State.beta2, 0.999), epsilon: epsilon(1e-8) },
  },
  adamW: {
    code: Code.adamW, slots: 2,
    options: {
      learningRate: rate(0.001), beta1: share(State.momentum, 0.9), beta2: share(State.beta2, 0.999), epsilon: epsilon(1e-8), weightDecay,
    },
  },
};

/** An optimizer as the planner needs it. */
export interface ResolvedOptimizer {
  name: OptimizerName;
  code: Code;
  slots: 0 | 1 | 2;
  /** What goes into the state block. */
  hyperparameters: { field: State; value: number }[];
}

/** Checks an optimizer option. @throws DeltawasmError unknown, type, range */
export function resolveOptimizer(where: string, option: unknown): ResolvedOptimizer {
  const isName = typeof option !== "object" || option === null;
  const names = Object.keys(types) as OptimizerName[];
  const name = checkName(isName ? where : `${where}.type`, isName ? option : (option as { type?: unknown }).type, names);
  const { code, slots, options } = types[name];
  const given = isName ? {} : checkOptions(where, option, ["type", ...Object.keys(options)]);
  const hyperparameters = Object.entries(options).map(([key, { field, value, range }]) => (
    { field, value: checkNumber(`${where}.${key}`, given[key] === undefined ? value : given[key], range) }
  ));
  return { name, code, slots, hyperparameters };
}
