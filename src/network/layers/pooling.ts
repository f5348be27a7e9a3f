import { checkBoolean, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import { asPoints } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import type { SweepAxis } from "../../plan/sweep";
import { checkImage, type Shape } from "../shape";
import type { CompileContext, LayerOptions } from "./layer";
import { checkWindow, type Pair, pairOf, type WindowGeometry, windowGeometry, windowGrid } from "./window";

// What pooling layers have in common.

/** Options of all pooling layers with a window. */
export interface PoolingOptions extends LayerOptions {
  /** How far apart windows are: a number, or [down, to the right]. Default: the kernel, so that they lie side by side. */
  stride?: Pair;
  /** Pixels around the image: a number, or [above and below, left and right], at most half of the kernel. Default 0. */
  padding?: Pair;
  /** Whether a window that reaches beyond the padding counts, if it begins in the image or the padding before it. Default false. */
  ceilMode?: boolean;
}

/** The options as they stand in a spec. */
export interface PoolingSpec extends PoolingOptions {
  kernel: Pair;
  dilation?: Pair;
}

/** Checks a window with its options. @throws DeltawasmError type, range, unknown */
export function checkPooling(where: string, spec: PoolingSpec, keys: readonly string[]): void {
  checkOptions(where, spec, keys);
  const padding: unknown = spec.padding;
  if (typeof padding === "string") throw new DeltawasmError("type", `${where}.padding: expected a whole number or [height, width], got ${show(padding)}`);
  checkWindow(where, spec);
  if (spec.ceilMode !== undefined) checkBoolean(`${where}.ceilMode`, spec.ceilMode);
  const { kernel, before } = poolingGeometry(spec);
  if (before.some((size, n) => size > kernel[n] / 2)) {
    throw new DeltawasmError("range", `${where}.padding: expected at most half of the kernel [${kernel.join(", ")}], got [${before.join(", ")}]`);
  }
}

/** The window of a valid spec. */
export function poolingGeometry(spec: PoolingSpec): WindowGeometry {
  return windowGeometry(spec, pairOf(spec.kernel));
}

/** What comes out of a pooled image. @throws DeltawasmError shape */
export function pooledShape(where: string, spec: PoolingSpec, image: Shape): Shape {
  checkImage(where, image);
  return [image[0], ...windowGrid(where, poolingGeometry(spec), image, spec.ceilMode)];
}

/** The two axes of a window that sweeps over an image [channels, height, width], down and to the right. */
export function sweepAxes({ kernel, stride, dilation, before }: WindowGeometry, image: Shape, out: readonly number[]): [SweepAxis, SweepAxis] {
  const axis = (n: 0 | 1) => ({
    size: image[n + 1], out: out[n], kernel: kernel[n], stride: stride[n], padding: before[n], dilation: dilation[n],
  });
  return [axis(0), axis(1)];
}

/** The image that goes in, as points, and room for the one that comes out. */
export function pooledTensors(
  { builder, x: given, inputShapes: [image], trains }: CompileContext, points: number,
): { builder: PlanBuilder; x: Tensor; y: Tensor } {
  const x = asPoints(builder, given, image);
  return { builder, x, y: builder.tensor(x.cols, trains, points) };
}
