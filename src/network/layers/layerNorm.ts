import { LayerNormBackward, LayerNormForward, NormaliseSums, Op } from "../../../assembly/records";
import { checkBoolean, checkNumber, checkOptions } from "../../core/check";
import { asPoints, flat } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { vectorLayout } from "../layouts";
import { type Shape, sizeOf } from "../shape";
import { layerKeys, type LayerOptions, type LayerType, type ParameterAddress, type ParameterSpec } from "./layer";

/** Options of `layerNorm`. */
export interface LayerNormOptions extends LayerOptions {
  /** Added to the variance before its root, above 0. Default 1e-5. */
  epsilon?: number;
  /** Whether there are a weight and a bias for each number. Default true. */
  affine?: boolean;
}

/** A layer normalisation as plain data. */
export type LayerNormSpec = {
  /** Which layer it is. */
  type: "layerNorm";
} & LayerNormOptions;

/**
 * Normalises each row by itself: y = (x − mean) / √(variance + epsilon) · weight + bias, with the biased variance (Ba, Kiros, Hinton 2016). Mean
 * and variance go over the features of [features] and of each position of a sequence [length, features], and over all of an image
 * [channels, height, width]. The shape stays as it is.
 *
 * Parameters as those of PyTorch's `LayerNorm(features)`, and of `LayerNorm([channels, height, width])` for images: `weight` (ones) and `bias`
 * (zeros), of the shape that is normalised. Predictions compute the same as training.
 *
 * @example Network.create({ input: [20, 64], layers: [layerNorm(), dense(64, "gelu"), flatten(), dense(2, "softmax")] })
 */
export function layerNorm(options: LayerNormOptions = {}): LayerNormSpec {
  return { type: "layerNorm", ...options };
}

/** What is normalised: all of an image, otherwise the features. */
function normalisedShape(input: Shape): Shape {
  return input.length === 3 ? input : input.slice(-1);
}

export const layerNormLayer: LayerType<LayerNormSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("epsilon", "affine"));
    const { epsilon = 1e-5, affine = true } = spec;
    checkNumber(`${where}.epsilon`, epsilon, { above: 0, max: 1 });
    checkBoolean(`${where}.affine`, affine);
  },

  shape: (_where, _spec, [input]) => input,

  parameters({ affine = true }, [input]) {
    if (!affine) return [];
    const shape = normalisedShape(input);
    const vector = (name: string, value: number): ParameterSpec => (
      { name, role: "vector", shape, layout: vectorLayout(sizeOf(shape)), fill: { kind: "constant", value } }
    );
    return [vector("weight", 1), vector("bias", 0)];
  },

  compile(spec, { builder, x: given, inputShapes: [input], parameters: [weight, bias], trains }) {
    const x = input.length === 3 ? flat(builder, given, input) : asPoints(builder, given, input);
    const { cols, points } = x;
    const rowBytes = builder.capacity * points * 4;
    const isKept = builder.training && trains;
    const moments = isKept ? { mean: builder.reserve(rowBytes), inverse: builder.reserve(rowBytes) } : { mean: 0, inverse: 0 };
    const y = !builder.training && !x.saved ? x : builder.tensor(cols, trains, points);
    builder.forward.push(shared(3 * work.pass(builder.capacity * points * cols), record(Op.LayerNormForward, LayerNormForward, {
      y: y.address, ldy: y.ld, x: x.address, ldx: x.ld, weight: weight?.value ?? 0, bias: bias?.value ?? 0, ...moments, cols,
      epsilon: builder.constant(spec.epsilon ?? 1e-5),
    }, points)));
    if (isKept) emitBackward(builder, x, y, moments, weight, bias);
    return y;
  },
};

function emitBackward(
  builder: PlanBuilder, x: Tensor, y: Tensor, moments: { mean: number; inverse: number }, weight: ParameterAddress | undefined,
  bias: ParameterAddress | undefined,
): void {
  const { cols, points } = x;
  const operands = { dy: y.gradient, lddy: y.ld, x: x.address, ldx: x.ld, ...moments, cols };
  const effort = work.pass(builder.capacity * points * cols);
  const records: Int32Array[] = [];
  if (weight?.gradient && bias?.gradient) {
    const [sums] = builder.scratch(vectorLayout(cols).length * 4);
    records.push(shared(effort, record(Op.NormaliseSums, NormaliseSums, {
      ...operands, dweight: weight.gradient, dbias: bias.gradient, sums, ofRows: 1,
    }, points)));
  }
  if (x.gradient) {
    records.push(shared(3 * effort, record(Op.LayerNormBackward, LayerNormBackward, {
      ...operands, dx: x.gradient, lddx: x.ld, weight: weight?.value ?? 0,
    }, points)));
  }
  if (records.length === 0) return;
  x.saved = true;
  builder.emitBackward(records);
}
