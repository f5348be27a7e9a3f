import { DenseForward, DenseInputGradient, DenseWeightGradient, Op } from "../../../assembly/records";
import { checkBoolean, checkInteger, checkOptions } from "../../core/check";
import { record } from "../../plan/record";
import { type ActivationOption, defaultInitializer, resolveActivation } from "../activations";
import { type Initializer, initialFill } from "../initialisers";
import { checkInitializer } from "./initializerOption";
import { compileActivation } from "./activation";
import type { LayerType } from "./layer";

/** Options of `dense`. */
export interface DenseOptions {
  /** How the weights start. Default: He for the relu family, LeCun for selu, Glorot otherwise. */
  initializer?: Initializer;
  /** Whether there is a bias for each unit. Default true. */
  bias?: boolean;
  /** How the biases start. Default zeros. */
  biasInitializer?: Initializer;
}

/** A dense layer as plain data. */
export interface DenseSpec extends DenseOptions {
  type: "dense";
  units: number;
  activation?: ActivationOption;
}

/**
 * A fully connected layer: a = f(x · Wᵀ + b), with W [units, inputs] and b [units].
 *
 * @param units outputs of the layer, 1 to 1,048,576
 * @param activation f; default "linear"
 *
 * @example dense(48, "relu")
 * @example dense(10, "softmax", { initializer: { type: "normal", deviation: 0.01 } })
 */
export function dense(units: number, activation: ActivationOption = "linear", options: DenseOptions = {}): DenseSpec {
  return { type: "dense", units, activation, ...options };
}

const LARGEST = 2 ** 20;

export const denseLayer: LayerType<DenseSpec> = {
  check(where, spec) {
    checkOptions(where, spec, ["type", "units", "activation", "initializer", "bias", "biasInitializer"]);
    checkInteger(`${where}.units`, spec.units, 1, LARGEST);
    resolveActivation(`${where}.activation`, spec.activation ?? "linear");
    if (spec.bias !== undefined) checkBoolean(`${where}.bias`, spec.bias);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
    if (spec.biasInitializer !== undefined) checkInitializer(`${where}.biasInitializer`, spec.biasInitializer);
  },

  outputs: (spec) => spec.units,

  parameters(spec, inputs) {
    const { units, bias = true, biasInitializer = "zeros" } = spec;
    const initializer = spec.initializer ?? defaultInitializer(denseLayer.activation(spec));
    const weight = { name: "weight", kind: "matrix" as const, shape: [units, inputs], fill: initialFill(initializer, inputs, units) };
    if (!bias) return [weight];
    return [weight, { name: "bias", kind: "vector", shape: [units], fill: initialFill(biasInitializer, inputs, units) }];
  },

  activation: (spec) => resolveActivation("activation", spec.activation ?? "linear").name,

  compile(spec, { builder, x, parameters: [w, b], activationInLoss }) {
    const f = resolveActivation("activation", spec.activation ?? "linear");
    const z = builder.tensor(spec.units, true);
    const size = { inputs: x.cols, outputs: spec.units };
    builder.forward.push(record(Op.DenseForward, DenseForward, {
      z: z.address, ldz: z.ld, x: x.address, ldx: x.ld, w: w.value, bias: b?.value ?? 0, ...size,
    }));
    if (builder.training) {
      x.saved = true;
      const backward = [record(Op.DenseWeightGradient, DenseWeightGradient, {
        dw: w.gradient, dbias: b?.gradient ?? 0, x: x.address, ldx: x.ld, dz: z.gradient, lddz: z.ld, ...size,
      })];
      if (x.gradient) {
        backward.push(record(Op.DenseInputGradient, DenseInputGradient, {
          dx: x.gradient, lddx: x.ld, dz: z.gradient, lddz: z.ld, w: w.value, ...size, scratch: builder.scratch(),
        }));
      }
      builder.backward.unshift(...backward);
    }
    return activationInLoss ? z : compileActivation(builder, z, f);
  },
};
