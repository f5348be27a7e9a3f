import { DepthwiseForward, DepthwiseInputGradient, DepthwiseWeightGradient, Op, RepeatColumns, SumRepeats } from "../../../assembly/records";
import { checkBoolean, checkInteger, checkOptions } from "../../core/check";
import { asPoints } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { sweepBlocks } from "../../plan/sweep";
import { type ActivationOption, defaultInitializer, resolveActivation } from "../activations";
import { type Initializer, initialFill } from "../initialisers";
import { panelsLayout, vectorLayout } from "../layouts";
import { checkImage } from "../shape";
import { compileActivation } from "./activation";
import { checkInitializer } from "./initializerOption";
import { layerKeys, type LayerOptions, type LayerType, type ParameterSpec } from "./layer";
import { sweepAxes } from "./pooling";
import { checkWindow, type Pair, pairOf, windowGeometry, windowGrid } from "./window";

/** Options of `depthwiseConv2d`. */
export interface DepthwiseConv2dOptions extends LayerOptions {
  /** Channels that come out for each that goes in, 1 to 1,024. Default 1. */
  multiplier?: number;
  /** How far apart windows are: a number, or [down, to the right]. Default 1. */
  stride?: Pair;
  /** Zeros around the image: a number, [above and below, left and right], or "same", which keeps its size (stride 1). Default 0. */
  padding?: Pair | "same";
  /** How far apart the points of a window are. Default 1. */
  dilation?: Pair;
  /** Whether there is a bias for each channel. Default true. */
  bias?: boolean;
  /** How the weights start. Default: He for the relu family, LeCun for selu, Glorot otherwise. */
  initializer?: Initializer;
  /** How the biases start. Default zeros. */
  biasInitializer?: Initializer;
}

/** A convolution of single channels as plain data. */
export interface DepthwiseConv2dSpec extends DepthwiseConv2dOptions {
  /** Which layer it is. */
  type: "depthwiseConv2d";
  /** Points of a window: a number, or [height, width]. */
  kernel: Pair;
  /** Applied to what comes out. Default "linear". */
  activation?: ActivationOption;
}

/**
 * A convolution that takes each channel for itself, as `nn.Conv2d(C, C · multiplier, kernel, groups=C)` in PyTorch: channel c · multiplier + j
 * that comes out is f(b + Σ over the points of a window of W · x) over channel c. An image [C, height, width] becomes
 * [C · multiplier, oh, ow] with oh = floor((height + 2 · padding − dilation · (kernel − 1) − 1) / stride) + 1, and ow likewise. W is
 * [C · multiplier, 1, kernel height, kernel width], b [C · multiplier]. For the initialiser, fanIn is the points of the kernel, fanOut
 * `multiplier` times these. With conv2d(…, 1) behind it: Chollet, "Xception", CVPR 2017. `Network.create` checks what it is given.
 *
 * @param kernel points of a window: a number, or [height, width], 1 to 1,024 each
 * @param activation f; default "linear"
 * @throws DeltawasmError shape: no image goes in, or no window fits in it
 *
 * @example depthwiseConv2d(3, "linear", { padding: 1, bias: false })
 */
export function depthwiseConv2d(kernel: Pair, activation: ActivationOption = "linear", options: DepthwiseConv2dOptions = {}): DepthwiseConv2dSpec {
  return { type: "depthwiseConv2d", kernel, activation, ...options };
}

const KEYS = layerKeys("kernel", "activation", "multiplier", "stride", "padding", "dilation", "bias", "initializer", "biasInitializer");
const MOST = 1024;

export const depthwiseConv2dLayer: LayerType<DepthwiseConv2dSpec> = {
  check(where, spec) {
    checkOptions(where, spec, KEYS);
    checkWindow(where, spec);
    const { activation = "linear" } = spec;
    resolveActivation(`${where}.activation`, activation);
    if (spec.multiplier !== undefined) checkInteger(`${where}.multiplier`, spec.multiplier, 1, MOST);
    if (spec.bias !== undefined) checkBoolean(`${where}.bias`, spec.bias);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
    if (spec.biasInitializer !== undefined) checkInitializer(`${where}.biasInitializer`, spec.biasInitializer);
  },

  shape(where, spec, [image]) {
    checkImage(where, image);
    return [image[0] * (spec.multiplier ?? 1), ...windowGrid(where, windowGeometry(spec), image)];
  },

  parameters(spec, [[inputs]]) {
    const { multiplier = 1, bias = true, biasInitializer = "zeros" } = spec;
    const channels = inputs * multiplier, [height, width] = pairOf(spec.kernel), taps = height * width;
    const weight: ParameterSpec = {
      name: "weight", role: "weight", shape: [channels, 1, height, width], layout: panelsLayout(channels, taps),
      fill: initialFill(spec.initializer ?? defaultInitializer(activationOf(spec).name), taps, multiplier * taps),
    };
    if (!bias) return [weight];
    return [weight, {
      name: "bias", role: "vector", shape: [channels], layout: vectorLayout(channels), fill: initialFill(biasInitializer, taps, multiplier * taps),
    }];
  },

  activation: (spec) => activationOf(spec).name,

  compile(spec, { builder, x: given, inputShapes: [image], outputShape: [, height, width], parameters: [w, b], trains, activationInLoss }) {
    const x = repeated(builder, asPoints(builder, given, image), spec.multiplier ?? 1);
    const z = builder.tensor(x.cols, trains, height * width);
    const [down, right] = sweepAxes(windowGeometry(spec), image, [height, width]);
    const { shape, forward, backward } = sweepBlocks(builder, down, right);
    const effort = work.pass(builder.capacity * z.points * z.ld * down.kernel * right.kernel);
    builder.forward.push(shared(effort, record(Op.DepthwiseForward, DepthwiseForward, {
      z: z.address, ldz: z.ld, x: x.address, ldx: x.ld, cols: x.cols, shape, table: forward, w: w.value, bias: b?.value ?? 0,
    })));
    const gradients: Int32Array[] = [];
    if (z.gradient && x.gradient) {
      gradients.push(shared(effort, record(Op.DepthwiseInputGradient, DepthwiseInputGradient, {
        dx: x.gradient, lddx: x.ld, dz: z.gradient, lddz: z.ld, cols: x.cols, shape, table: backward, w: w.value,
      })));
    }
    if (z.gradient && w.gradient) {
      x.saved = true;
      gradients.push(shared(effort, record(Op.DepthwiseWeightGradient, DepthwiseWeightGradient, {
        dw: w.gradient, dbias: b?.gradient ?? 0, x: x.address, ldx: x.ld, dz: z.gradient, lddz: z.ld, cols: x.cols, shape,
      })));
    }
    if (gradients.length > 0) builder.emitBackward(gradients);
    return activationInLoss ? z : compileActivation(builder, z, activationOf(spec));
  },
};

function activationOf({ activation = "linear" }: DepthwiseConv2dSpec) {
  return resolveActivation("activation", activation);
}

/** Each channel so many times, side by side: one for each that comes out. */
function repeated(builder: PlanBuilder, x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const y = builder.tensor(x.cols * times, x.gradient !== 0, x.points);
  const effort = work.functions(builder.capacity * y.points * y.cols);
  builder.forward.push(shared(effort, record(Op.RepeatColumns, RepeatColumns, {
    y: y.address, ldy: y.ld, x: x.address, ldx: x.ld, cols: x.cols, times,
  }, x.points)));
  if (y.gradient) {
    builder.emitBackward([shared(effort, record(Op.SumRepeats, SumRepeats, {
      dx: x.gradient, lddx: x.ld, dy: y.gradient, lddy: y.ld, cols: x.cols, times,
    }, x.points))]);
  }
  return y;
}
