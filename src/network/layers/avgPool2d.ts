import { AvgPool, AvgPoolGradient, Op } from "../../../assembly/records";
import { checkBoolean } from "../../core/check";
import { record, shared, work } from "../../plan/record";
import { type SweepAxis, sweepBlocks } from "../../plan/sweep";
import { type CompileContext, layerKeys, type LayerType } from "./layer";
import { checkPooling, pooledShape, pooledTensors, poolingGeometry, type PoolingOptions, sweepAxes } from "./pooling";
import type { Pair } from "./window";

/** Options of `avgPool2d`. */
export interface AvgPool2dOptions extends PoolingOptions {
  /** Whether the zeros of the padding count as numbers of the mean. Default true. */
  countIncludePad?: boolean;
}

/** A layer of means as plain data. */
export interface AvgPool2dSpec extends AvgPool2dOptions {
  /** Which layer it is. */
  type: "avgPool2d";
  /** Points of a window: a number, or [height, width]. */
  kernel: Pair;
}

/**
 * The mean of each window of each channel, as `nn.AvgPool2d` in PyTorch. An image [channels, height, width] becomes [channels, oh, ow] with
 * oh = floor((height + 2 · padding − kernel) / stride) + 1, and ow likewise; with `ceilMode` it is rounded up, but for windows that would
 * begin behind the image. Zeros of the padding count, unless `countIncludePad` is false; what reaches beyond the padding never does.
 * `Network.create` checks what it is given.
 *
 * @param kernel points of a window: a number, or [height, width], 1 to 1,024 each
 * @throws DeltawasmError shape: no image goes in, or no window fits in it
 *
 * @example avgPool2d(2)
 */
export function avgPool2d(kernel: Pair, options: AvgPool2dOptions = {}): AvgPool2dSpec {
  return { type: "avgPool2d", kernel, ...options };
}

const KEYS = layerKeys("kernel", "stride", "padding", "ceilMode", "countIncludePad");

export const avgPool2dLayer: LayerType<AvgPool2dSpec> = {
  check(where, spec) {
    checkPooling(where, spec, KEYS);
    if (spec.countIncludePad !== undefined) checkBoolean(`${where}.countIncludePad`, spec.countIncludePad);
  },
  shape: (where, spec, [image]) => pooledShape(where, spec, image),
  parameters: () => [],
  compile(spec, context) {
    const { inputShapes: [image], outputShape: [, height, width] } = context;
    return compileMean(context, sweepAxes(poolingGeometry(spec), image, [height, width]), spec.countIncludePad ?? true);
  },
};

/** Emits the means of windows. */
export function compileMean(context: CompileContext, [down, right]: [SweepAxis, SweepAxis], countsPadding: boolean) {
  const { builder, x, y } = pooledTensors(context, down.out * right.out);
  const { shape, forward, backward } = sweepBlocks(builder, down, right, true);
  const heights = terms(down, countsPadding), widths = terms(right, countsPadding);
  const divisors = builder.integers(Int32Array.from({ length: y.points }, (_, n) => heights[Math.floor(n / right.out)] * widths[n % right.out]));
  const effort = work.pass(builder.capacity * y.points * x.ld * down.kernel * right.kernel);
  builder.forward.push(shared(effort, record(Op.AvgPool, AvgPool, {
    y: y.address, ldy: y.ld, x: x.address, ldx: x.ld, cols: x.cols, shape, table: forward, divisors,
  })));
  if (y.gradient && x.gradient) {
    builder.emitBackward([shared(effort, record(Op.AvgPoolGradient, AvgPoolGradient, {
      dx: x.gradient, lddx: x.ld, dy: y.gradient, lddy: y.ld, cols: x.cols, shape, table: backward, divisors,
    }))]);
  }
  return y;
}

/** How many points of each window count, along one direction: those on the image, and those on the padding where that counts. */
function terms({ size, out, kernel, stride, padding }: SweepAxis, countsPadding: boolean): number[] {
  return Array.from({ length: out }, (_, o) => {
    const begin = o * stride - padding, end = Math.min(begin + kernel, size + padding);
    return countsPadding ? end - begin : Math.min(end, size) - Math.max(begin, 0);
  });
}
