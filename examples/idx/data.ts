import { Mistake } from "../support/program";
import { readIdx } from "./idx";

/** Images and what they show. */
export interface ImageSet {
  /** Row by row, from 0 to 1. */
  pixels: Float32Array;
  labels: Uint8Array;
  /** Sizes of one image: [height, width]. */
  shape: number[];
}

/** Reads images and their labels, which must be as many. */
export function readSet(imagePath: string, labelPath: string): ImageSet {
  const images = readIdx(imagePath, "images");
  const labels = readIdx(labelPath, "labels");
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
