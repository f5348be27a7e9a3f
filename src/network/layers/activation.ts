import { ActivationBackward, ActivationForward, Op } from "../../../assembly/records";
import { checkOptions } from "../../core/check";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { type ActivationOption, type ResolvedActivation, resolveActivation } from "../activations";
import { asPoints } from "../../plan/arrange";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** An activation on its own. */
export interface ActivationLayerSpec extends LayerOptions {
  /** Which layer it is. */
  type: "activation";
  /** What it applies. */
  activation: ActivationOption;
}

/**
 * A layer that applies an activation to its inputs, as `nn.ReLU` and its kin in PyTorch. `dense(48, "relu")` is the shorter way to
 * the same. A softmax goes over the features of each position of a sequence, over the channels of each pixel of an image.
 * `Network.create` checks what it is given.
 *
 * @example Network.create({ input: 4, layers: [dense(8), activation("relu"), dense(3, "softmax")] })
 */
export function activation(option: ActivationOption, options: LayerOptions = {}): ActivationLayerSpec {
  return { type: "activation", activation: option, ...options };
}

export const activationLayer: LayerType<ActivationLayerSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("activation"));
    resolveActivation(`${where}.activation`, spec.activation);
  },
  shape: (_where, _spec, [input]) => input,
  parameters: () => [],
  activation: (spec) => resolveActivation("activation", spec.activation).name,
  compile(spec, { builder, x, inputShapes, activationInLoss }) {
    const f = resolveActivation("activation", spec.activation);
    if (activationInLoss) return x;
    return compileActivation(builder, f.name === "softmax" ? asPoints(builder, x, inputShapes[0]) : x, f);
  },
};

/** Emits a = f(z). Where no derivative needs z, `a` takes its place in memory. */
export function compileActivation(builder: PlanBuilder, z: Tensor, f: ResolvedActivation): Tensor {
  if (f.name === "linear") return z;
  const inPlace = !z.saved && (!z.gradient || !f.derivesFromInput);
  const a = inPlace ? z : builder.tensor(z.cols, z.gradient !== 0, z.points);
  const parameter = f.parameter === 0 ? 0 : builder.constant(f.parameter);
  const shape = { kind: f.code, cols: z.cols, ld: z.ld, parameter };
  const effort = (f.name === "relu" ? work.pass : work.functions)(builder.capacity * z.points * z.cols);
  builder.forward.push(shared(effort, record(Op.ActivationForward, ActivationForward, { ...shape, a: a.address, z: z.address }, z.points)));
  if (z.gradient) {
    const source = f.derivesFromInput ? z : a;
    source.saved = true;
    builder.emitBackward([shared(effort, record(Op.ActivationBackward, ActivationBackward, {
      ...shape, dz: z.gradient, da: a.gradient, saved: source.address,
    }, z.points))]);
  }
  return a;
}
