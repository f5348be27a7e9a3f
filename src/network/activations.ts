import { Activation } from "../../assembly/records";
import { checkName, checkNumber, checkOptions } from "../core/check";

/** Options of the activations. Formulas and sources: docs/numerics.md. */
export interface ActivationOptions {
  /** z, unchanged */
  linear: NoOptions;
  /** 1 / (1 + e^−z), from 0 to 1 */
  sigmoid: NoOptions;
  /** tanh z, from −1 to 1 */
  tanh: NoOptions;
  /** max(z, 0). Nair & Hinton 2010. */
  relu: NoOptions;
  /** z above 0, `slope` · z (from 0; default 0.01) below. Maas et al. 2013. */
  leakyRelu: { slope?: number };
  /** z above 0, `alpha` · (e^z − 1) (alpha above 0; default 1) below. Clevert et al. 2015. */
  elu: { alpha?: number };
  /** elu, scaled so that mean 0 and variance 1 are a fixed point. Klambauer et al. 2017. */
  selu: NoOptions;
  /** ln(1 + e^z). Dugas et al. 2001. */
  softplus: NoOptions;
  /** z · sigmoid z, also called SiLU. Ramachandran et al. 2017. */
  swish: NoOptions;
  /** z · Φ(z), with the error function. Hendrycks & Gimpel 2016. */
  gelu: NoOptions;
  /** gelu by its tanh approximation, of the same paper. */
  geluTanh: NoOptions;
  /** z / 6 + ½, limited to [0, 1]: PyTorch's form. */
  hardSigmoid: NoOptions;
  /** e^zᵢ / Σ e^zⱼ over a row: positive, with the sum 1. Bridle 1990. */
  softmax: NoOptions;
}

type NoOptions = Record<never, never>;

/** The names of the activations. */
export type ActivationName = keyof ActivationOptions;

/** An activation with its options, as it is saved: `{ type: "leakyRelu", slope: 0.2 }`. */
export type ActivationSpec = { [Name in ActivationName]: { type: Name } & ActivationOptions[Name] }[ActivationName];

/** A name, or a name with options. */
export type ActivationOption = ActivationName | ActivationSpec;

/** An activation as the planner needs it. */
export interface ResolvedActivation {
  name: ActivationName;
  code: Activation;
  /** Slope or alpha. */
  parameter: number;
  /** Whether the derivative needs the pre-activation; otherwise the output serves, and replaces it in memory. */
  derivesFromInput: boolean;
}

const derivesFromInput: readonly ActivationName[] = ["softplus", "swish", "gelu", "geluTanh"];
const parameters: { [Name in ActivationName]?: { key: string; value: number; range: { above?: number; min?: number; max: number } } } = {
  // The derivative is told by the sign of the output, which a negative slope would turn.
  leakyRelu: { key: "slope", value: 0.01, range: { min: 0, max: 1e18 } },
  elu: { key: "alpha", value: 1, range: { above: 0, max: 1e18 } },
};

export const activationNames = Object.keys(Activation).filter((key) => Number.isNaN(Number(key))) as ActivationName[];

/** Checks an activation option and gives what the planner needs. @throws DeltawasmError unknown, type, range */
export function resolveActivation(where: string, option: unknown): ResolvedActivation {
  const isName = typeof option !== "object" || option === null;
  const name = checkName(isName ? where : `${where}.type`, isName ? option : (option as { type?: unknown }).type, activationNames);
  const parameter = parameters[name];
  const options = isName ? {} : checkOptions(where, option, parameter ? ["type", parameter.key] : ["type"]);
  const given = parameter && options[parameter.key];
  return {
    name,
    code: Activation[name],
    parameter: parameter ? checkNumber(`${where}.${parameter.key}`, given === undefined ? parameter.value : given, parameter.range) : 0,
    derivesFromInput: derivesFromInput.includes(name),
  };
}

/** The initialiser that suits an activation: He for the relu family, LeCun for selu, Glorot otherwise. */
export function defaultInitializer(activation: ActivationName): "heUniform" | "lecunNormal" | "glorotUniform" {
  if (activation === "selu") return "lecunNormal";
  return ["relu", "leakyRelu", "elu", "swish", "gelu", "geluTanh", "softplus"].includes(activation) ? "heUniform" : "glorotUniform";
}
