import { DEPTH_BLOCK, PACK, PACKED_PANELS, PANEL, PLACE_WORDS, ROW_BLOCK, STRIP, Window, WINDOW_PACK, WINDOW_WORDS } from "../../assembly/records";
import { panelsLength } from "./builder";

/** What a convolution's records are made from. */
export interface Convolution {
  /** Points of the image, and of what comes out: height and width. */
  image: readonly [number, number];
  grid: readonly [number, number];
  /** Channels of the image and of what comes out, all groups together. */
  inputs: number;
  outputs: number;
  groups: number;
  kernel: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  /** Zeros above and to the left. */
  before: readonly [number, number];
}

/** Floats from point to point of a tensor and from one row of the batch to the next. */
export interface Strides {
  point: number;
  row: number;
}

/** Terms of a sum: the inputs of a group at each tap of the kernel. */
export function convolutionTerms({ kernel: [height, width], inputs, groups }: Convolution): number {
  return (height * width * inputs) / groups;
}

/** Floats of the weights of a group. */
function groupLength(c: Convolution): number {
  return panelsLength(convolutionTerms(c), c.outputs / c.groups);
}

/** Floats of all weights: panels of each group, one group after the other. */
export function convolutionLength(c: Convolution): number {
  return c.groups * groupLength(c);
}

function block(words: Partial<Record<keyof typeof Window, number>>): number[] {
  const values = new Array<number>(WINDOW_WORDS).fill(0);
  for (const name of Object.keys(words) as (keyof typeof Window)[]) values[Window[name]] = words[name]!;
  return values;
}

/** The window block of the forward product and of the weight gradient: the windows of x, with z as their targets. */
export function forwardWindow(c: Convolution, x: Strides, ldz: number): Int32Array {
  const [height, width] = c.grid;
  return Int32Array.from(block({
    height: c.image[0], width: c.image[1], pointStride: x.point, rowStride: x.row, channels: c.inputs / c.groups,
    gridHeight: height, gridWidth: width, stepY: c.stride[0], stepX: c.stride[1], offsetY: -c.before[0], offsetX: -c.before[1],
    dilationY: c.dilation[0], dilationX: c.dilation[1], tapsY: c.kernel[0], tapsX: c.kernel[1], cols: c.outputs / c.groups,
    targetX: ldz, targetY: width * ldz, targetRow: height * width * ldz, groupWeights: groupLength(c), kernelY: c.kernel[1], kernelX: 1,
  }));
}

/** Which windows an input is in, in one direction. */
interface Phase {
  /** The first input, how many there are, a stride from one to the next. */
  first: number;
  count: number;
  /** The first tap, how many there are, and how many of the kernel's are between one and the next. */
  tap: number;
  taps: number;
  step: number;
  /** The window that has the first input at the first tap, and how many further up or left that at the next tap is. */
  offset: number;
  dilation: number;
}

/**
 * Input i is at tap k of window (i + before − dilation · k) / stride, where that is a whole number. So inputs a stride apart have the same taps,
 * and are targets of windows that slide over the outputs without a stride.
 */
function phases(c: Convolution, n: 0 | 1): Phase[] {
  const [size, kernel, stride, dilation, before] = [c.image[n], c.kernel[n], c.stride[n], c.dilation[n], c.before[n]];
  const step = stride / divisor(stride, dilation);
  return Array.from({ length: Math.min(stride, size) }, (_, first) => {
    const tap = Array.from({ length: Math.min(kernel, step) }, (_, k) => k).find((k) => (first + before - dilation * k) % stride === 0);
    const count = Math.ceil((size - first) / stride);
    if (tap === undefined) return { first, count, tap: 0, taps: 0, step, offset: 0, dilation: 0 };
    return {
      first, count, tap, taps: Math.ceil((kernel - tap) / step), step, offset: (first + before - dilation * tap) / stride,
      dilation: (step * dilation) / stride,
    };
  });
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * The window blocks of the gradient by the inputs: windows of dz, one block for each phase of the stride, with dx as their targets. `length` are
 * the floats of the turned weights.
 */
export function inputGradientWindows(c: Convolution, dz: Strides, dx: Strides): { windows: Int32Array; count: number; length: number } {
  const channels = c.outputs / c.groups, cols = c.inputs / c.groups;
  const across = phases(c, 1);
  let length = 0;
  const blocks = phases(c, 0).flatMap((y) => across.map((x) => {
    const groupWeights = panelsLength(y.taps * x.taps * channels, cols), weights = length;
    length += c.groups * groupWeights;
    return block({
      height: c.grid[0], width: c.grid[1], pointStride: dz.point, rowStride: dz.row, channels, gridHeight: y.count, gridWidth: x.count,
      stepY: 1, stepX: 1, offsetY: y.offset, offsetX: x.offset, dilationY: -y.dilation, dilationX: -x.dilation, tapsY: y.taps, tapsX: x.taps,
      cols, first: (y.first * c.image[1] + x.first) * dx.point, targetX: c.stride[1] * dx.point,
      targetY: c.stride[0] * c.image[1] * dx.point, targetRow: dx.row, weights, groupWeights,
      kernelFirst: y.tap * c.kernel[1] + x.tap, kernelY: y.step * c.kernel[1], kernelX: x.step,
    });
  }));
  return { windows: Int32Array.from(blocks.flat()), count: blocks.length, length };
}

/** Floats of scratch that ConvProduct takes, in the order of its fields, for targets that are so far from one another. */
export function productScratch(
  channels: number, cols: number, groups: number, stride: readonly number[] = [1],
): [pack: number, places: number, zeros: number, sums: number] {
  const inPlace = stride.every((step) => step === 1) && (groups === 1 || cols % PANEL === 0);
  return [WINDOW_PACK, PLACE_WORDS * ROW_BLOCK, channels + 8, (inPlace ? 4 : ROW_BLOCK) * Math.ceil(cols / PANEL) * PANEL];
}

/** Floats of scratch that ConvWeightGradient takes, in the order of its fields. */
export function gradientScratch(channels: number): [pack: number, places: number, zeros: number, strip: number] {
  return [PACKED_PANELS / 4 + PACK, PLACE_WORDS * DEPTH_BLOCK, channels + 8, STRIP];
}
