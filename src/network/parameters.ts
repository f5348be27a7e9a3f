import { FLUSH_BELOW } from "../../assembly/records";
import type { Heap } from "../core/heap";
import { newFloats } from "../core/memory";
import type { Parameter } from "./graph";
import { sizeOf } from "./shape";

/** A copy of one parameter in its logical order, from the flat vector at `block`. */
export function readParameter(heap: Pick<Heap, "f">, block: number, { shape, layout, offset }: Parameter): Float32Array {
  const data = newFloats(sizeOf(shape));
  const first = block / 4 + offset;
  for (let n = 0; n < data.length; n++) data[n] = heap.f[first + layout.place(n)];
  return data;
}

/** Writes one parameter, given in its logical order, into the flat vector at `block`. */
export function writeParameter(heap: Pick<Heap, "f">, block: number, { shape, layout, offset }: Parameter, data: ArrayLike<number>): void {
  const first = block / 4 + offset;
  for (let n = 0, size = sizeOf(shape); n < size; n++) heap.f[first + layout.place(n)] = data[n];
}

/** Whether an operation would have written some of the numbers otherwise. */
export function isUnflushed(data: Float32Array): boolean {
  return data.some((value) => Math.abs(value) < FLUSH_BELOW && !Object.is(value, 0));
}

/** Makes them what an operation would have written. */
export function flushParameters({ f }: Heap, block: number, length: number): void {
  for (let at = block / 4; at < block / 4 + length; at++) if (Math.abs(f[at]) < FLUSH_BELOW) f[at] = 0;
}
