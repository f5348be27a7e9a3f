import { readFileSync } from "node:fs";

/** Instantiates build/kernels/NAME.wasm (compiled from test/kernels/NAME.ts before the tests run), with at least `bytes` of memory. */
export function loadKernels<T>(name: string, bytes = 1 << 20): T & { memory: WebAssembly.Memory } {
  const file = new URL(`../../build/kernels/${name}.wasm`, import.meta.url);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {});
  const exports = instance.exports as T & { memory: WebAssembly.Memory };
  const missing = Math.ceil(bytes / 65536) - exports.memory.buffer.byteLength / 65536;
  if (missing > 0) exports.memory.grow(missing);
  return exports;
}
