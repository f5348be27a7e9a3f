// The numeric core: what TypeScript calls. It imports nothing but its memory.
export { run } from "./execute";
export { setWide } from "./gemm/tiles4x16";
export { clean, largest } from "./gradient";
export { fillNormal, fillPanelsNormal, fillPanelsUniform, fillUniform, shuffle } from "./random";

/** The first byte that the core itself does not use. */
export function heapBase(): usize {
  return __heap_base;
}
