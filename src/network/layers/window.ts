import { checkInteger } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import { type Shape, showShape } from "../shape";

// Windows that slide over an image: the options of convolutions and pooling, and what size comes out.

/** A number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

/** How windows lie, in each direction: down, then to the right. */
export interface WindowGeometry {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  /** Zeros above and to the left; below and to the right. */
  before: readonly [number, number];
  after: readonly [number, number];
}

/** Options as users write them; `padding` "same" keeps the size of the image, for a stride of 1. */
export interface WindowOptions {
  kernel: Pair;
  stride?: Pair;
  padding?: Pair | "same";
  dilation?: Pair;
}

/** The most that any number of a window may be. */
export const LARGEST_STEP = 1024;

/** Both numbers of a pair. Expects a valid one. */
export function pairOf(value: Pair): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

/** A whole number from `min` on, or two in an array. @throws DeltawasmError type, range */
export function checkPair(name: string, value: unknown, min: number): void {
  if (typeof value === "number") checkInteger(name, value, min, LARGEST_STEP);
  else if (Array.isArray(value) && value.length === 2) [0, 1].forEach((n) => checkInteger(`${name}[${n}]`, value[n], min, LARGEST_STEP));
  else throw new DeltawasmError("type", `${name}: expected a whole number from ${min} to ${LARGEST_STEP}, or [height, width], got ${show(value)}`);
}

/** Checks the options of a window. @throws DeltawasmError type, range, unknown, conflict */
export function checkWindow(where: string, { kernel, stride, padding, dilation }: WindowOptions): void {
  checkPair(`${where}.kernel`, kernel, 1);
  if (stride !== undefined) checkPair(`${where}.stride`, stride, 1);
  if (dilation !== undefined) checkPair(`${where}.dilation`, dilation, 1);
  if (typeof padding === "string") {
    if (padding !== "same") throw new DeltawasmError("unknown", `${where}.padding: expected a whole number, [height, width] or "same", got ${show(padding)}`);
    if (pairOf(stride ?? 1).some((step) => step !== 1)) {
      throw new DeltawasmError("conflict", `${where}.padding: "same" goes with a stride of 1, got stride [${pairOf(stride!).join(", ")}]; give the padding as a number`);
    }
  } else if (padding !== undefined) {
    checkPair(`${where}.padding`, padding, 0);
  }
}

/**
 * The geometry of valid options. `stride` is that of options without one. Of the zeros that "same" takes, the odd one is below and to the
 * right, as in PyTorch.
 */
export function windowGeometry({ kernel, stride, padding = 0, dilation = 1 }: WindowOptions, defaultStride: Pair = 1): WindowGeometry {
  const sizes = pairOf(kernel), steps = pairOf(stride ?? defaultStride), dilations = pairOf(dilation);
  const same = sizes.map((size, n) => dilations[n] * (size - 1));
  const both = (of: (n: 0 | 1) => number) => [of(0), of(1)] as const;
  return {
    kernel: sizes,
    stride: steps,
    dilation: dilations,
    before: padding === "same" ? both((n) => Math.floor(same[n] / 2)) : pairOf(padding),
    after: padding === "same" ? both((n) => Math.ceil(same[n] / 2)) : pairOf(padding),
  };
}

/**
 * How many windows fit in one direction: floor((size + padding − dilation · (kernel − 1) − 1) / stride) + 1. With `ceil` the last one may reach
 * beyond the padding, if it begins before the padding behind does, as in PyTorch.
 */
export function windowCount(size: number, geometry: WindowGeometry, direction: 0 | 1, ceil = false): number {
  const [kernel, stride, dilation, before, after] = (["kernel", "stride", "dilation", "before", "after"] as const).map((key) => geometry[key][direction]);
  const steps = (size + before + after - dilation * (kernel - 1) - 1) / stride;
  const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceil && (count - 1) * stride >= size + before ? count - 1 : count;
}

/** The height and width that come out. @throws DeltawasmError shape where no window fits */
export function windowGrid(where: string, geometry: WindowGeometry, image: Shape, ceil = false): [height: number, width: number] {
  const grid = ([0, 1] as const).map((n) => windowCount(image[n + 1], geometry, n, ceil)) as [number, number];
  if (grid.every((size) => size >= 1)) return grid;
  const reach = geometry.kernel.map((size, n) => geometry.dilation[n] * (size - 1) + 1);
  const padded = geometry.before.map((before, n) => image[n + 1] + before + geometry.after[n]);
  throw new DeltawasmError("shape", `${where}: a kernel that reaches over [${reach.join(", ")}] points doesn't fit an image ${showShape(image)} that is [${padded.join(", ")}] with its padding`);
}
