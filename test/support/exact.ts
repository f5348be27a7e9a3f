import { Network } from "../../src/network/network";
import type { NetworkSpec } from "../../src/network/graph";
import { sizeOf } from "../../src/network/shape";
import { createReferenceEngine } from "../../src/reference/engine";

/** A network that computes in 64-bit floats. */
export function createExact(spec: NetworkSpec): Network {
  return Network.createOn(createReferenceEngine("float64"), spec);
}

/** All parameters as the engine holds them: `parameters()` would round them to 32 bits. */
export function exactParameters({ graph, engine, parameterBlock }: Network): Record<string, Float64Array> {
  return Object.fromEntries(graph.parameters.map((parameter) => {
    const first = parameterBlock / 4 + parameter.offset;
    const values = Float64Array.from({ length: sizeOf(parameter.shape) }, (_, n) => engine.heap.f[first + parameter.layout.place(n)]);
    return [parameter.name, values];
  }));
}

/** Adds to one parameter in 64 bits: `setParameters` would round. */
export function shiftParameter({ graph, engine, parameterBlock }: Network, name: string, index: number, shift: number): void {
  const parameter = graph.parameters.find((one) => one.name === name)!;
  engine.heap.f[parameterBlock / 4 + parameter.offset + parameter.layout.place(index)] += shift;
}

/** The largest |a − b|; NaN where one of them is. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers and ${b.length}`);
  let largest = 0;
  for (let n = 0; n < a.length; n++) largest = Math.max(largest, Math.abs(a[n] - b[n]));
  return largest;
}
