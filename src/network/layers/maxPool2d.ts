import { MaxPool, MaxPoolGradient, Op } from "../../../assembly/records";
import { DeltawasmError } from "../../core/errors";
import { record, shared, work } from "../../plan/record";
import { hasEmptyWindow, sweepBlocks } from "../../plan/sweep";
import { showShape } from "../shape";
import { layerKeys, type LayerType } from "./layer";
import { checkPooling, pooledShape, pooledTensors, poolingGeometry, type PoolingOptions, sweepAxes } from "./pooling";
import type { Pair } from "./window";

/** Options of `maxPool2d`. */
export interface MaxPool2dOptions extends PoolingOptions {
  /** How far apart the points of a window are. Default 1. */
  dilation?: Pair;
}

/** A layer of largest numbers as plain data. */
export interface MaxPool2dSpec extends MaxPool2dOptions {
  /** Which layer it is. */
  type: "maxPool2d";
  /** Points of a window: a number, or [height, width]. */
  kernel: Pair;
}

/**
 * The largest number in each window of each channel, as `nn.MaxPool2d` in PyTorch. An image [channels, height, width] becomes
 * [channels, oh, ow] with oh = floor((height + 2 · padding − dilation · (kernel − 1) − 1) / stride) + 1, and ow likewise; with `ceilMode`
 * it is rounded up, but for windows that would begin behind the image. Padding is smaller than every number. The gradient goes to
 * the first of equal numbers, row by row of the window. `Network.create` checks what it is given.
 *
 * @param kernel points of a window: a number, or [height, width], 1 to 1,024 each
 * @throws DeltawasmError shape: no image goes in, no window fits in it, or one has no point on it
 *
 * @example maxPool2d(2)
 * @example maxPool2d(3, { stride: 2, padding: 1 })
 */
export function maxPool2d(kernel: Pair, options: MaxPool2dOptions = {}): MaxPool2dSpec {
  return { type: "maxPool2d", kernel, ...options };
}

const KEYS = layerKeys("kernel", "stride", "padding", "dilation", "ceilMode");

export const maxPool2dLayer: LayerType<MaxPool2dSpec> = {
  check: (where, spec) => checkPooling(where, spec, KEYS),

  shape(where, spec, [image]) {
    const shape = pooledShape(where, spec, image);
    // PyTorch gives −∞ there.
    if (sweepAxes(poolingGeometry(spec), image, shape.slice(1)).some(hasEmptyWindow)) {
      throw new DeltawasmError("shape", `${where}: a window with this padding and dilation has no point on the image ${showShape(image)}`);
    }
    return shape;
  },

  parameters: () => [],

  compile(spec, context) {
    const { inputShapes: [image], outputShape: [, height, width] } = context;
    const { builder, x, y } = pooledTensors(context, height * width);
    const [down, right] = sweepAxes(poolingGeometry(spec), image, [height, width]);
    const { shape, forward, backward } = sweepBlocks(builder, down, right);
    const effort = work.pass(builder.capacity * height * width * x.ld * down.kernel * right.kernel);
    const index = y.gradient && x.gradient ? builder.reserve(builder.capacity * y.points * y.ld * 4) : 0;
    builder.forward.push(shared(effort, record(Op.MaxPool, MaxPool, {
      y: y.address, ldy: y.ld, x: x.address, ldx: x.ld, cols: x.cols, shape, table: forward, index,
    })));
    if (index) {
      builder.emitBackward([shared(effort, record(Op.MaxPoolGradient, MaxPoolGradient, {
        dx: x.gradient, lddx: x.ld, dy: y.gradient, lddy: y.ld, cols: x.cols, shape, table: backward, index,
      }))]);
    }
    return y;
  },
};
