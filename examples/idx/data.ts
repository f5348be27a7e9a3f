import { Mistake } from "../support/program";
import { readBytes } from "./idx";

/** Images and what they show. */
export interface ImageSet {
  /** Row by row, from 0 to 1. */
  pixels: Float32Array;
  labels: Uint8Array;
  /** Sizes of one image: [height, width]. */
  shape: number[];
}

/** Reads images and their labels, which must be as many. */
export async function readSet(imagePath: string, labelPath: string): Promise<ImageSet> {
  const images = await readBytes(imagePath, "images");
  const labels = await readBytes(labelPath, "labels");
  const [count, ...shape] = images.shape;
  if (labels.shape[0] !== count) {
    throw new Mistake(`${labelPath}: has ${labels.shape[0]} labels, but ${imagePath} has ${count} images`);
  }
  return { pixels: Float32Array.from(images.data, (byte) => byte / 255), labels: labels.data, shape };
}

/** Throws unless a network for `training` can read `test`; gives the number of classes. */
export function checkSets(training: ImageSet, test: ImageSet): number {
  if (training.shape.join() !== test.shape.join()) {
    throw new Mistake(`--test-images: images of ${test.shape.join(" × ")}, but --train-images has images of ${training.shape.join(" × ")}`);
  }
  const classes = largest(training.labels) + 1;
  if (classes < 2) throw new Mistake("--train-labels: all labels are 0: there is nothing to tell apart");
  if (largest(test.labels) >= classes) {
    throw new Mistake(`--test-labels: has the label ${largest(test.labels)}, the largest of --train-labels is ${classes - 1}`);
  }
  return classes;
}

function largest(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

/** The first images alone; all where it isn't said how many. */
export function firstOf({ pixels, labels, shape }: ImageSet, count = labels.length): ImageSet {
  if (count > labels.length) throw new Mistake(`--images: there are ${labels.length} images, which is fewer than ${count}`);
  return { pixels: pixels.subarray(0, (pixels.length / labels.length) * count), labels: labels.subarray(0, count), shape };
}

/** The last share of the images apart from the others. */
export function holdBack({ pixels, labels, shape }: ImageSet, share: number): [rest: ImageSet, held: ImageSet] {
  const count = Math.floor(labels.length * (1 - share));
  if (count === 0) throw new Mistake("--validate: there are too few images to hold some back");
  const size = pixels.length / labels.length;
  return [
    { pixels: pixels.subarray(0, count * size), labels: labels.subarray(0, count), shape },
    { pixels: pixels.subarray(count * size), labels: labels.subarray(count), shape },
  ];
}

/** The mean of all pixels, and how far they are from it: inputs around 0 that are about 1 make learning fast. */
export function spread({ pixels }: ImageSet): { mean: number; deviation: number } {
  let [sum, squares] = [0, 0];
  for (const pixel of pixels) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const mean = sum / pixels.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / pixels.length - mean * mean)) || 1 };
}

/** Pixels as a network takes them. */
export function normalised({ pixels }: ImageSet, { mean, deviation }: { mean: number; deviation: number }): Float32Array {
  return pixels.map((pixel) => (pixel - mean) / deviation);
}
