import { DeltawasmError } from "./errors";
import { gibibytes, Heap } from "./heap";

/** Bytes of a page. */
const PAGE = 65536;
/** Pages of 4 GiB, the most that a core's memory may have. */
export const PAGES = 65536;

/** The heap in the memory of a core, above the core's own data. */
export function wasmHeap(memory: WebAssembly.Memory, base: number): Heap {
  return new Heap(base, (bytes) => {
    const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
    if (missing > 0) grow(memory, missing);
    const { buffer } = memory;
    return { f: new Float32Array(buffer), i: new Int32Array(buffer), d: new Float64Array(buffer) };
  });
}

function grow(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch {
    const wanted = gibibytes(memory.buffer.byteLength + pages * PAGE);
    throw new DeltawasmError("memory", `WebAssembly got no memory of ${wanted} GiB: use a smaller network, batch size or data set`);
  }
}
