import { AugmentNumbers } from "../../assembly/records";
import { checkName, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import type { Graph } from "../network/graph";
import { checkShape, isSameShape, type Shape, showShape, sizeOf } from "../network/shape";

/** A random bending of images. */
export interface ElasticOptions {
  /** How far: what the smoothed random numbers are multiplied by, in pixels. 34 for images of 28 × 28, say; 0: not at all. */
  alpha: number;
  /** How smoothly: the standard deviation of the Gaussian that smooths them, in pixels, from 0.5 on. 4, say. */
  sigma: number;
}

/**
 * What may become of an image [channels, height, width] at random. Each number says how far it may go, either way; each image goes a part of it,
 * any part as likely as any other. All channels go the same way. What isn't given, or is 0, isn't done.
 *
 * An image is flipped, sheared, scaled and rotated about its centre, and then shifted; the order and the terms are those of torchvision's
 * `RandomAffine`. Together with the displacements of `elastic` this is one map, by which each new pixel is taken from the old image, between
 * four of its pixels by bilinear interpolation. Noise is added after that. No derivative goes through it: inputs are not trained.
 *
 * The numbers are decided by the network's seed, the count of batches trained on and the row of the batch: the same training sees the same
 * images, on any number of threads and when it goes on from a file.
 */
export interface AugmentOptions {
  /**
   * [channels, height, width] of a row, where the network takes it as plain numbers: [1, 28, 28] for 784. Default: the network's input.
   */
  shape?: readonly number[];
  /**
   * A share of the width and of the height, from 0 to 1, as in Keras' `RandomTranslation`: 0.1 moves an image of 28 × 28 by up to 2.8 pixels,
   * to the sides and up or down.
   */
  shift?: number;
  /** Degrees, from 0 to 180. */
  rotate?: number;
  /** A share of the size, from 0 to below 1: 0.1 makes what is seen 0.9 to 1.1 times as large. */
  scale?: number;
  /** Degrees by which upright lines lean, from 0 to below 90. */
  shear?: number;
  /**
   * Displaces each pixel by a smooth random field: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to
   * visual document analysis", ICDAR 2003. There uniform numbers from −1 to 1 are smoothed by a Gaussian of `sigma` and multiplied by `alpha`,
   * which gives displacements with the deviation alpha / (sigma · √(12π)) that have to do with one another over about 2 · sigma pixels. Here a
   * grid of normal numbers, √3 · sigma pixels apart, is interpolated by cubic B-splines, which have the deviation sigma themselves.
   */
  elastic?: ElasticOptions;
  /** Standard deviation of normal noise that is added to each number, in the units of the data, from 0 to 1e18. */
  noise?: number;
  /** Mirrors every second image, left to right, top to bottom, or each of both for itself. */
  flip?: "horizontal" | "vertical" | "both";
  /** What is outside an image: an empty pixel, as it is in the data after all scaling, −1e18 to 1e18. Default 0. */
  fill?: number;
}

/** Augmentation that is checked: what the records need. */
export interface ResolvedAugment {
  shape: Shape;
  /** Whether images are made anew: more is done than noise. */
  moves: boolean;
  /** In the order of AugmentNumbers, in pixels and radians. */
  numbers: readonly number[];
  /** 0 where nothing is displaced. */
  sigma: number;
  noise: number;
  /** All of it: plans for the same text are the same. */
  text: string;
}

/** Checks the options; undefined where nothing is to be done. @throws DeltawasmError type, range, unknown, shape, conflict */
export function resolveAugment(name: string, given: unknown, graph: Pick<Graph, "inputShape" | "indexLimit">): ResolvedAugment | undefined {
  if (given === undefined) return undefined;
  const names = ["shape", "shift", "rotate", "scale", "shear", "elastic", "noise", "flip", "fill"];
  const options = checkOptions(name, given, names) as AugmentOptions;
  const upTo = (key: "shift" | "rotate" | "scale" | "shear" | "noise", end: { max: number } | { below: number }) => (
    options[key] === undefined ? 0 : checkNumber(`${name}.${key}`, options[key], { min: 0, ...end })
  );
  const shift = upTo("shift", { max: 1 }), rotate = upTo("rotate", { max: 180 });
  const scale = upTo("scale", { below: 1 }), shear = upTo("shear", { below: 90 });
  const noise = upTo("noise", { max: 1e18 });
  const { alpha, sigma } = checkElastic(`${name}.elastic`, options.elastic);
  const flip = options.flip === undefined ? undefined : checkName(`${name}.flip`, options.flip, ["horizontal", "vertical", "both"]);
  const fill = options.fill === undefined ? 0 : checkNumber(`${name}.fill`, options.fill, { min: -1e18, max: 1e18 });
  if (graph.indexLimit !== undefined) throw new DeltawasmError("conflict", `${name}: the network takes indices, which are no pixels: leave it out`);
  const shape = imageShape(name, options.shape, graph.inputShape);
  const numbers: Record<keyof typeof AugmentNumbers, number> = {
    rotate: (rotate * Math.PI) / 180, scale, shear: (shear * Math.PI) / 180, shiftX: shift * shape[2], shiftY: shift * shape[1],
    flipX: flip === "horizontal" || flip === "both" ? 1 : 0, flipY: flip === "vertical" || flip === "both" ? 1 : 0, fill,
    displacement: alpha === 0 ? 0 : alpha / (sigma * Math.sqrt(12 * Math.PI) * SPREAD),
  };
  const inOrder: number[] = [];
  for (const key of Object.keys(numbers) as (keyof typeof numbers)[]) inOrder[AugmentNumbers[key]] = numbers[key];
  const moves = inOrder.some((value, n) => value !== 0 && n !== AugmentNumbers.fill);
  if (!moves && noise === 0) return undefined;
  const resolved = { shape, moves, numbers: inOrder, sigma: alpha === 0 ? 0 : sigma, noise };
  return { ...resolved, text: JSON.stringify(resolved) };
}

/**
 * What cubic B-splines make of numbers of variance 1 has, in the mean over all places, the variance ∫B² along a line; in a plane its square,
 * so that this is the deviation.
 */
const SPREAD = 151 / 315;

/** @throws DeltawasmError type, range, unknown */
function checkElastic(name: string, given: ElasticOptions | undefined): ElasticOptions {
  if (given === undefined) return { alpha: 0, sigma: 1 };
  const { alpha, sigma } = checkOptions(name, given, ["alpha", "sigma"]);
  return { alpha: checkNumber(`${name}.alpha`, alpha, { min: 0, max: 1e6 }), sigma: checkNumber(`${name}.sigma`, sigma, { min: 0.5, max: 1e6 }) };
}

/** @throws DeltawasmError type, range, shape */
function imageShape(name: string, given: readonly number[] | undefined, input: Shape): Shape {
  const shape = given === undefined ? input : checkShape(`${name}.shape`, given);
  const remedy = `say how its ${sizeOf(input)} numbers make an image: shape: [channels, height, width]`;
  if (shape.length !== 3) {
    throw new DeltawasmError("shape", given === undefined
      ? `${name}: expected a network that takes images [channels, height, width], got one that takes ${showShape(input)}; ${remedy}`
      : `${name}.shape: expected [channels, height, width], got ${showShape(shape)}`);
  }
  if (sizeOf(shape) !== sizeOf(input) || (input.length === 3 && !isSameShape(shape, input))) {
    const expected = input.length === 3 ? `${showShape(input)}, the network's input, or nothing` : `an image of ${sizeOf(input)} numbers, as many as the network takes`;
    throw new DeltawasmError("shape", `${name}.shape: expected ${expected}, got ${showShape(shape)}`);
  }
  return shape;
}
