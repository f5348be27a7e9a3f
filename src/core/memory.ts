import { DeltawasmError } from "./errors";
import { gibibytes } from "./heap";

/** Makes a typed array of `bytes` on the JavaScript heap. @throws DeltawasmError memory, where the runtime has no room for it */
export function claim<T>(bytes: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DeltawasmError("memory", `the runtime gave no array of ${gibibytes(bytes)} GiB: use a smaller network, or fewer rows`);
  }
}

/** Zeroed floats on the JavaScript heap. @throws DeltawasmError memory */
export function newFloats(count: number): Float32Array<ArrayBuffer> {
  return claim(count * 4, () => new Float32Array(count));
}
