import { DeltawasmError } from "deltawasm";
import { type Idx, readIdx } from "deltawasm/data";
import type { Model } from "deltawasm/model";
import { Mistake } from "./mistake";
import { nameOf, sourceOf } from "./tables";

/** Images of an IDX file. */
export interface Images {
  /** Row by row, image by image, as they are in the file. */
  pixels: Idx["data"];
  /** How many. */
  count: number;
  /** Sizes of one of them: [height, width]. */
  shape: number[];
}

/** Images, and what they show. */
export interface LabelledImages extends Images {
  /** Names of classes: the numbers of the file of labels. */
  labels: string[];
}

/** Whether a file has the name of an IDX file, such as train-images-idx3-ubyte.gz or images.idx. */
export function isIdx(path: string): boolean {
  return /(^|[.-])idx\d?(-\w+)?(\.gz)?$/i.test(path);
}

async function read(path: string): Promise<Idx> {
  try {
    return await readIdx(sourceOf(path));
  } catch (error) {
    throw error instanceof DeltawasmError ? new Mistake(error.message.replace(/^idx: /, `${nameOf(path)}: `)) : error;
  }
}

/** Reads images. */
export async function readImages(path: string): Promise<Images> {
  const { shape: [count, ...shape], data } = await read(path);
  if (shape.length === 0) throw new Mistake(`${nameOf(path)}: holds ${count} single numbers, expected images: is it a file of labels?`);
  return { pixels: data, count, shape };
}

/** Reads images and their labels, which must be as many. */
export async function readLabelledImages(path: string, labelPath: string): Promise<LabelledImages> {
  const images = await readImages(path);
  const { shape, data } = await read(labelPath);
  if (shape.length !== 1 || !data.every(Number.isInteger)) {
    throw new Mistake(`--labels: ${labelPath} holds numbers of the shape ${shape.join(" × ")}, expected a whole number an image: is it a file of images?`);
  }
  if (shape[0] !== images.count) throw new Mistake(`--labels: ${labelPath} has ${shape[0]} labels, and ${nameOf(path)} has ${images.count} images`);
  return { ...images, labels: Array.from(data, String) };
}

/** Throws unless a model takes these images. */
export function checkSize({ network }: Model, path: string, { shape }: Images): void {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== network.inputs) throw new Mistake(`${nameOf(path)}: its images are ${shape.join(" × ")}, which are ${size} numbers; the model takes ${network.inputs}`);
}
