import { ActivationBackward, ActivationForward, Op } from "../../../assembly/records";
import { checkOptions } from "../../core/check";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { type ActivationOption, type ResolvedActivation, resolveActivation } from "../activations";
import type { LayerType } from "./layer";

/** An activation on its own. */
export interface ActivationLayerSpec {
  /** Which layer it is. */
  type: "activation";
  /** What it applies. */
  activation: ActivationOption;
}

/**
 * A layer that applies an activation to its inputs, as `nn.ReLU` and its kin in PyTorch. `dense(48, "relu")` is the shorter way to
 * the same. `Network.create` checks what it is given.
 *
 * @example Network.create({ input: 4, layers: [dense(8), activation("relu"), dense(3, "softmax")] })
 */
export function activation(option: ActivationOption): ActivationLayerSpec {
  return { type: "activation", activation: option };
}

export const activationLayer: LayerType<ActivationLayerSpec> = {
  check(where, spec) {
    checkOptions(where, spec, ["type", "activation"]);
    resolveActivation(`${where}.activation`, spec.activation);
  },
  outputs: (_spec, inputs) => inputs,
  parameters: () => [],
  activation: (spec) => resolveActivation("activation", spec.activation).name,
  compile(spec, { builder, x, activationInLoss }) {
    return activationInLoss ? x : compileActivation(builder, x, resolveActivation("activation", spec.activation));
  },
};

/** Emits a = f(z). Where no derivative needs z, `a` takes its place in memory. */
export function compileActivation(builder: PlanBuilder, z: Tensor, f: ResolvedActivation): Tensor {
  if (f.name === "linear") return z;
  const inPlace = !builder.training || (!f.derivesFromInput && !z.saved);
  const a = inPlace ? z : builder.tensor(z.cols, true);
  const parameter = f.parameter === 0 ? 0 : builder.constant(f.parameter);
  const shape = { kind: f.code, cols: z.cols, ld: z.ld, parameter };
  const effort = (f.name === "relu" ? work.pass : work.functions)(builder.capacity * z.cols);
  builder.forward.push(shared(effort, record(Op.ActivationForward, ActivationForward, { ...shape, a: a.address, z: z.address })));
  if (builder.training && z.gradient) {
    const source = f.derivesFromInput ? z : a;
    source.saved = true;
    const backward = record(Op.ActivationBackward, ActivationBackward, {
      ...shape, dz: z.gradient, da: a.gradient, saved: source.address,
    });
    builder.emitBackward([shared(effort, backward)]);
  }
  return a;
}
