import { FLUSH_BELOW, PANEL } from "../../assembly/records";
import type { Heap } from "../core/heap";
import { newFloats } from "../core/memory";
import { panelsLength } from "../plan/builder";
import type { Parameter } from "./graph";

/** Elements of a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The place of element (output, input) of a parameter in the flat vector; a vector has the input 0 alone. */
export function elementOffset({ kind, shape, offset }: Parameter, output: number, input: number): number {
  if (kind === "vector") return offset + output;
  return offset + Math.floor(output / PANEL) * panelsLength(shape[1], PANEL) + input * PANEL + (output % PANEL);
}

function eachElement(parameter: Parameter, visit: (logical: number, flat: number) => void): void {
  const [outputs, inputs = 1] = parameter.shape;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) visit(o * inputs + i, elementOffset(parameter, o, i));
  }
}

/** A copy of one parameter in its logical order, from the flat vector at `block`. */
export function readParameter(heap: Heap, block: number, parameter: Parameter): Float32Array {
  const data = newFloats(sizeOf(parameter.shape));
  eachElement(parameter, (logical, flat) => {
    data[logical] = heap.f[block / 4 + flat];
  });
  return data;
}

/** Writes one parameter, given in its logical order, into the flat vector at `block`. */
export function writeParameter(heap: Heap, block: number, parameter: Parameter, data: ArrayLike<number>): void {
  eachElement(parameter, (logical, flat) => {
    heap.f[block / 4 + flat] = data[logical];
  });
}

/** Whether an operation would have written some of the numbers otherwise. */
export function isUnflushed(data: Float32Array): boolean {
  return data.some((value) => Math.abs(value) < FLUSH_BELOW && !Object.is(value, 0));
}

/** Makes them what an operation would have written. */
export function flushParameters({ f }: Heap, block: number, length: number): void {
  for (let at = block / 4; at < block / 4 + length; at++) if (Math.abs(f[at]) < FLUSH_BELOW) f[at] = 0;
}
