import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";

/**
 * What one row of a batch looks like, in PyTorch's order: [features], [length, features] (a sequence), or [channels, height, width] (an
 * image).
 */
export type Shape = readonly number[];

/** Numbers of a row. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The matrix that a row is in the kernels' layout: a sequence has a row for each position, an image one for each pixel. */
export function matrixOf(shape: Shape): { points: number; cols: number } {
  if (shape.length === 3) return { points: shape[1] * shape[2], cols: shape[0] };
  if (shape.length === 2) return { points: shape[0], cols: shape[1] };
  return { points: 1, cols: shape[0] };
}

/** The shape of the same kind with so many columns: channels of an image, features otherwise. */
export function withCols(shape: Shape, cols: number): Shape {
  return shape.length === 3 ? [cols, shape[1], shape[2]] : [...shape.slice(0, -1), cols];
}

/** A shape as messages show it. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Throws unless a layer's input is an image [channels, height, width]. @throws DeltawasmError shape */
export function checkImage(where: string, shape: Shape): void {
  if (shape.length === 3) return;
  throw new DeltawasmError("shape", `${where}: expected an image [channels, height, width] as its input, got ${showShape(shape)}; reshape([channels, height, width]) before it, or input: [channels, height, width] in the spec`);
}

/** Whether two shapes are the same. */
export function isSameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Throws unless what `part` gives of them is the same for all shapes. @throws DeltawasmError shape */
export function checkSameShapes(where: string, shapes: readonly Shape[], part: (shape: Shape) => Shape): void {
  const other = shapes.find((shape) => shape.length !== shapes[0].length || !isSameShape(part(shape), part(shapes[0])));
  if (other) throw new DeltawasmError("shape", `${where}: expected shapes that fit ${showShape(shapes[0])}, the first one's, got ${showShape(other)}`);
}

const LARGEST = 2 ** 20;

/** One to three whole numbers from 1 on, together at most 2^20. @throws DeltawasmError type, range */
export function checkShape(name: string, value: unknown): Shape {
  const expected = "[features], [length, features] or [channels, height, width], whole numbers from 1 on";
  if (!Array.isArray(value)) throw new DeltawasmError("type", `${name}: expected ${expected}, got ${show(value)}`);
  const sizes = [...value] as unknown[];
  if (sizes.some((size) => typeof size !== "number")) throw new DeltawasmError("type", `${name}: expected ${expected}, got [${sizes.slice(0, 8).map(show).join(", ")}]`);
  const fits = sizes.length >= 1 && sizes.length <= 3 && sizes.every((size) => Number.isInteger(size) && (size as number) >= 1)
    && sizeOf(sizes as number[]) <= LARGEST;
  if (!fits) throw new DeltawasmError("range", `${name}: expected ${expected}, at most ${LARGEST.toLocaleString("en")} numbers in all, got [${sizes.slice(0, 8).map(show).join(", ")}]`);
  return Object.freeze(sizes as number[]);
}
