import { ConvProduct, ConvTurn, ConvWeightGradient, Op } from "../../../assembly/records";
import { checkBoolean, checkInteger, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { asPoints } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import {
  type Convolution, convolutionLength, convolutionTerms, forwardWindow, gradientScratch, inputGradientWindows, productScratch,
} from "../../plan/convolution";
import { record, shared, work } from "../../plan/record";
import { type ActivationOption, defaultInitializer, resolveActivation } from "../activations";
import { type Initializer, initialFill } from "../initialisers";
import { type Layout, panelsLayout, vectorLayout } from "../layouts";
import { checkImage, type Shape } from "../shape";
import { compileActivation } from "./activation";
import { checkInitializer } from "./initializerOption";
import { layerKeys, type LayerOptions, type LayerType, type ParameterAddress, type ParameterSpec } from "./layer";
import { checkWindow, type Pair, windowGeometry, windowGrid } from "./window";

/** Options of `conv2d`. */
export interface Conv2dOptions extends LayerOptions {
  /** How far apart windows are: a number, or [down, to the right]. Default 1. */
  stride?: Pair;
  /** Zeros around the image: a number, [above and below, left and right], or "same", which keeps its size (stride 1). Default 0. */
  padding?: Pair | "same";
  /** How far apart the points of a window are. Default 1. */
  dilation?: Pair;
  /** In how many groups the channels are divided, each of which sees its own only. Divides both kinds of channels. Default 1. */
  groups?: number;
  /** Whether there is a bias for each channel. Default true. */
  bias?: boolean;
  /** How the weights start. Default: He for the relu family, LeCun for selu, Glorot otherwise. */
  initializer?: Initializer;
  /** How the biases start. Default zeros. */
  biasInitializer?: Initializer;
}

/** A convolution as plain data. */
export interface Conv2dSpec extends Conv2dOptions {
  /** Which layer it is. */
  type: "conv2d";
  /** Channels that come out, 1 to 65,536. */
  channels: number;
  /** Points of a window: a number, or [height, width]. */
  kernel: Pair;
  /** Applied to what comes out. Default "linear". */
  activation?: ActivationOption;
}

/**
 * A convolution over images, as `nn.Conv2d` in PyTorch: each channel that comes out is f(b + Σ over the points of a window and the channels that
 * go in of W · x). An image [channels, height, width] becomes [channels, oh, ow] with
 * oh = floor((height + 2 · padding − dilation · (kernel − 1) − 1) / stride) + 1, and ow likewise. W is
 * [channels, inputs / groups, kernel height, kernel width], b [channels]. For the initialiser, fanIn is inputs / groups times the points of the
 * kernel, fanOut channels / groups times these.
 *
 * LeCun et al., "Gradient-based learning applied to document recognition", 1998. `Network.create` checks what it is given.
 *
 * @param channels that come out, 1 to 65,536
 * @param kernel points of a window: a number, or [height, width], 1 to 1,024 each
 * @param activation f; default "linear"
 * @throws DeltawasmError shape: no image goes in, no window fits in it, or its channels can't be divided into the groups
 *
 * @example Network.create({ input: [1, 28, 28], layers: [conv2d(16, 3, "relu", { padding: 1 }), …] })
 */
export function conv2d(channels: number, kernel: Pair, activation: ActivationOption = "linear", options: Conv2dOptions = {}): Conv2dSpec {
  return { type: "conv2d", channels, kernel, activation, ...options };
}

const LARGEST = 2 ** 16;

export const conv2dLayer: LayerType<Conv2dSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys(
      "channels", "kernel", "activation", "stride", "padding", "dilation", "groups", "bias", "initializer", "biasInitializer",
    ));
    checkInteger(`${where}.channels`, spec.channels, 1, LARGEST);
    checkWindow(where, spec);
    const { activation = "linear", groups } = spec;
    resolveActivation(`${where}.activation`, activation);
    if (groups !== undefined) checkInteger(`${where}.groups`, groups, 1, LARGEST);
    if (groups !== undefined && spec.channels % groups !== 0) {
      throw new DeltawasmError("conflict", `${where}.groups: expected a divisor of the ${spec.channels} channels, got ${groups}`);
    }
    if (spec.bias !== undefined) checkBoolean(`${where}.bias`, spec.bias);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
    if (spec.biasInitializer !== undefined) checkInitializer(`${where}.biasInitializer`, spec.biasInitializer);
  },

  shape(where, spec, [image]) {
    checkImage(where, image);
    const { groups = 1 } = spec;
    if (image[0] % groups !== 0) {
      throw new DeltawasmError("shape", `${where}: expected channels that ${groups} groups divide, got an image of ${image[0]} channels`);
    }
    return [spec.channels, ...windowGrid(where, windowGeometry(spec), image)];
  },

  parameters(spec, [image]) {
    const { channels, bias = true, biasInitializer = "zeros" } = spec;
    const c = convolution(spec, image, image);
    const [fanIn, fanOut] = [convolutionTerms(c), (convolutionTerms(c) / c.inputs) * channels];
    const weight: ParameterSpec = {
      name: "weight", role: "weight", shape: [channels, c.inputs / c.groups, ...c.kernel], layout: weightLayout(c),
      fill: initialFill(spec.initializer ?? defaultInitializer(conv2dLayer.activation!(spec)), fanIn, fanOut),
    };
    if (!bias) return [weight];
    return [weight, { name: "bias", role: "vector", shape: [channels], layout: vectorLayout(channels), fill: initialFill(biasInitializer, fanIn, fanOut) }];
  },

  activation: (spec) => resolveActivation("activation", spec.activation ?? "linear").name,

  compile(spec, { builder, x: given, inputShapes: [image], outputShape, parameters: [w, b], trains, activationInLoss }) {
    const c = convolution(spec, image, outputShape);
    const x = isLine(given, image) ? given : asPoints(builder, given, image);
    // The numbers of a flat image of one channel lie as its points do.
    const xStrides = isLine(given, image) ? { point: 1, row: x.ld } : { point: x.ld, row: x.points * x.ld };
    const z = builder.tensor(c.outputs, trains, c.grid[0] * c.grid[1]);
    const windows = builder.integers(forwardWindow(c, xStrides, z.ld));
    const effort = work.product(builder.capacity * z.points, convolutionTerms(c), c.outputs / c.groups) * c.groups;
    const [pack, places, zeros, sums] = builder.scratch(...productScratch(c.inputs / c.groups, c.outputs / c.groups, c.groups));
    builder.forward.push(shared(effort, record(Op.ConvProduct, ConvProduct, {
      y: z.address, x: x.address, w: w.value, bias: b?.value ?? 0, windows, count: 1, groups: c.groups, pack, places, zeros, sums,
    }, z.points)));
    if (builder.training && z.gradient) {
      const gradients = [...inputGradient(builder, c, x, z, w, effort), ...weightGradient(builder, c, x, z, windows, w, b, effort)];
      // The gradient by the inputs first: it takes the weights as they were.
      builder.emitBackward(gradients);
    }
    const f = resolveActivation("activation", spec.activation ?? "linear");
    return activationInLoss ? z : compileActivation(builder, z, f);
  },
};

function convolution(spec: Conv2dSpec, [inputs, height, width]: Shape, output: Shape): Convolution {
  const { kernel, stride, dilation, before } = windowGeometry(spec);
  return {
    image: [height, width], grid: [output[1], output[2]], inputs, outputs: spec.channels, groups: spec.groups ?? 1, kernel, stride, dilation, before,
  };
}

/** Whether a tensor is a flat image of one channel that needs no gradient: its numbers are taken as they lie. */
function isLine(x: Tensor, [channels, height, width]: Shape): boolean {
  return channels === 1 && x.points === 1 && x.cols === height * width && x.gradient === 0;
}

/**
 * [outputs, inputs of a group, height, width] as the kernels take it: for each group panels [outputs / 8][height · width · inputs padded to 4][8].
 */
function weightLayout(c: Convolution): Layout {
  const terms = convolutionTerms(c), outputs = c.outputs / c.groups, inputs = c.inputs / c.groups, points = terms / inputs;
  const group = panelsLayout(outputs, terms, (input) => (input % points) * inputs + Math.floor(input / points));
  return {
    length: convolutionLength(c),
    place: (index) => Math.floor(index / (outputs * terms)) * group.length + group.place(index % (outputs * terms)),
    panels: Array.from({ length: c.groups }, (_, g) => ({ at: g * group.length, inputs: terms, outputs })),
  };
}

/** dx from dz and the weights, which are turned first; nothing where nobody asks for it. */
function inputGradient(builder: PlanBuilder, c: Convolution, x: Tensor, z: Tensor, w: ParameterAddress, effort: number): Int32Array[] {
  if (!x.gradient) return [];
  const strides = ({ points, ld }: Tensor) => ({ point: ld, row: points * ld });
  const { windows, count, length } = inputGradientWindows(c, strides(z), strides(x));
  const block = { windows: builder.integers(windows), count, groups: c.groups };
  const turned = builder.reserve(length * 4);
  const [pack, places, zeros, sums] = builder.scratch(...productScratch(c.outputs / c.groups, c.inputs / c.groups, c.groups, c.stride));
  return [
    shared(work.pass(length), record(Op.ConvTurn, ConvTurn, { to: turned, w: w.value, ...block, taps: c.kernel[0] * c.kernel[1] })),
    shared(effort, record(Op.ConvProduct, ConvProduct, {
      y: x.gradient, x: z.gradient, w: turned, bias: 0, ...block, pack, places, zeros, sums,
    }, x.points)),
  ];
}

/** dw and dbias; nothing where the layer is frozen. */
function weightGradient(
  builder: PlanBuilder, c: Convolution, x: Tensor, z: Tensor, window: number, w: ParameterAddress, b: ParameterAddress | undefined, effort: number,
): Int32Array[] {
  if (!w.gradient) return [];
  x.saved = true;
  const [pack, places, zeros, strip] = builder.scratch(...gradientScratch(c.inputs / c.groups));
  return [shared(effort, record(Op.ConvWeightGradient, ConvWeightGradient, {
    dw: w.gradient, dbias: b?.gradient ?? 0, x: x.address, dz: z.gradient, lddz: z.ld, window, groups: c.groups, pack, places, zeros, strip,
  }, z.points))];
}
