import { ColumnMoments, Normalise, NormaliseBackward, NormaliseSums, Op, RunningInverse, RunningMoments } from "../../../assembly/records";
import { checkBoolean, checkNumber, checkOptions } from "../../core/check";
import { asPoints } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { vectorLayout } from "../layouts";
import { matrixOf } from "../shape";
import { layerKeys, type LayerOptions, type LayerType, type ParameterAddress, type ParameterSpec } from "./layer";

/** Options of `batchNorm`. */
export interface BatchNormOptions extends LayerOptions {
  /** How far a batch moves the running statistics towards its own, from 0 to 1. Default 0.1. */
  momentum?: number;
  /** Added to the variance before its root, above 0. Default 1e-5. */
  epsilon?: number;
  /** Whether there are a weight and a bias for each feature or channel. Default true. */
  affine?: boolean;
}

/** A batch normalisation as plain data. */
export type BatchNormSpec = {
  /** Which layer it is. */
  type: "batchNorm";
} & BatchNormOptions;

/**
 * Normalises each feature, or each channel of an image, over the rows of the batch: y = (x − mean) / √(variance + epsilon) · weight + bias
 * (Ioffe & Szegedy, ICML 2015). Of a sequence [length, features] the mean goes over all positions of all rows, of an image over all pixels. The
 * shape stays as it is.
 *
 * Parameters as those of PyTorch's `BatchNorm1d` and `BatchNorm2d`: `weight` (ones), `bias` (zeros), and the buffers `running_mean` (zeros) and
 * `running_var` (ones). Training normalises by the moments of the batch, with the biased variance, and moves the running ones,
 * r ← (1 − momentum) · r + momentum · batch, with the unbiased variance. Predictions, evaluations and a frozen layer take the running ones: a
 * frozen one leaves them as they are and passes gradients on as through constants, as Keras does where `trainable` is false.
 *
 * Where only one number comes to a feature (a batch of one row), the output is the bias, no gradient goes on below, and the running variance
 * stays as it is. PyTorch throws there.
 *
 * @example Network.create({ input: 784, layers: [dense(128), batchNorm(), activation("relu"), dense(10, "softmax")] })
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormSpec {
  return { type: "batchNorm", ...options };
}

export const batchNormLayer: LayerType<BatchNormSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("momentum", "epsilon", "affine"));
    const { momentum = 0.1, epsilon = 1e-5, affine = true } = spec;
    checkNumber(`${where}.momentum`, momentum, { min: 0, max: 1 });
    checkNumber(`${where}.epsilon`, epsilon, { above: 0, max: 1 });
    checkBoolean(`${where}.affine`, affine);
  },

  shape: (_where, _spec, [input]) => input,

  parameters({ affine = true }, [input]) {
    const { cols } = matrixOf(input);
    const vector = (name: string, role: ParameterSpec["role"], value: number): ParameterSpec => (
      { name, role, shape: [cols], layout: vectorLayout(cols), fill: { kind: "constant", value } }
    );
    return [
      ...(affine ? [vector("weight", "vector", 1), vector("bias", "vector", 0)] : []),
      vector("running_mean", "buffer", 0), { ...vector("running_var", "buffer", 1), least: 0 },
    ];
  },

  compile(spec, { builder, x: given, inputShapes: [input], parameters, trains, frozen }) {
    const { affine = true } = spec;
    const x = asPoints(builder, given, input);
    const [weight, bias] = affine ? parameters : [];
    const [runningMean, runningVariance] = parameters.slice(-2);
    const epsilon = builder.constant(spec.epsilon ?? 1e-5);
    const isRunning = frozen || !builder.training;
    const moments = isRunning
      ? runningMoments(builder, x, runningMean.value, runningVariance.value, epsilon)
      : batchMoments(builder, x, runningMean.value, runningVariance.value, epsilon, spec.momentum ?? 0.1);
    const y = !builder.training && !x.saved ? x : builder.tensor(x.cols, trains, x.points);
    builder.forward.push(shared(effortOf(builder, x), record(Op.Normalise, Normalise, {
      y: y.address, ldy: y.ld, x: x.address, ldx: x.ld, ...moments, weight: weight?.value ?? 0, bias: bias?.value ?? 0, cols: x.cols,
    }, x.points)));
    if (builder.training && y.gradient) emitBackward(builder, x, y, moments, weight, bias, isRunning);
    return y;
  },
};

/** Where the mean and 1 / √(variance + epsilon) of each column are. */
interface Moments {
  mean: number;
  inverse: number;
}

function effortOf(builder: PlanBuilder, { points, cols }: Tensor): number {
  return work.pass(builder.capacity * points * cols);
}

/** Room for a number for each column. */
function reserveVector(builder: PlanBuilder, { cols }: Tensor): number {
  return builder.reserve(vectorLayout(cols).length * 4);
}

function runningMoments(builder: PlanBuilder, x: Tensor, mean: number, variance: number, epsilon: number): Moments {
  const inverse = reserveVector(builder, x);
  builder.forward.push(record(Op.RunningInverse, RunningInverse, { inverse, variance, cols: x.cols, epsilon }));
  return { mean, inverse };
}

function batchMoments(
  builder: PlanBuilder, x: Tensor, runningMean: number, runningVariance: number, epsilon: number, momentum: number,
): Moments {
  const { cols, points } = x;
  const mean = reserveVector(builder, x), variance = reserveVector(builder, x), inverse = reserveVector(builder, x);
  const [sums] = builder.scratch(vectorLayout(cols).length * 2);
  builder.forward.push(shared(2 * effortOf(builder, x), record(Op.ColumnMoments, ColumnMoments, {
    mean, variance, inverse, x: x.address, ldx: x.ld, cols, epsilon, sums,
  }, points)));
  builder.update.push(record(Op.RunningMoments, RunningMoments, {
    runningMean, runningVariance, mean, variance, cols, momentum: builder.constant(momentum),
  }, points));
  return { mean, inverse };
}

function emitBackward(
  builder: PlanBuilder, x: Tensor, y: Tensor, { mean, inverse }: Moments, weight: ParameterAddress | undefined,
  bias: ParameterAddress | undefined, isConstant: boolean,
): void {
  const { cols, points } = x;
  const operands = { dy: y.gradient, lddy: y.ld, x: x.address, ldx: x.ld, mean, inverse, cols };
  const effort = effortOf(builder, x);
  const records: Int32Array[] = [];
  let dweight = 0, dbias = 0;
  if (!isConstant) {
    if (!x.gradient && !weight?.gradient) return;
    x.saved = true;
    // The gradient by the input takes both sums, whether they are gradients of parameters as well or not.
    dweight = weight?.gradient || reserveVector(builder, x);
    dbias = bias?.gradient || reserveVector(builder, x);
    const [sums] = builder.scratch(vectorLayout(cols).length * 4);
    records.push(shared(effort, record(Op.NormaliseSums, NormaliseSums, { ...operands, dweight, dbias, sums, ofRows: 0 }, points)));
  }
  if (x.gradient) {
    records.push(shared(effort, record(Op.NormaliseBackward, NormaliseBackward, {
      ...operands, dx: x.gradient, lddx: x.ld, weight: weight?.value ?? 0, dweight, dbias,
    }, points)));
  }
  builder.emitBackward(records);
}
