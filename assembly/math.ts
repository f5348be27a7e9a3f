/**
 * Elementary functions on four f32 lanes.
 *
 * Every function is branch-free and built from single f32 operations, each rounded once: no fused multiply-add, no
 * imports, so the bits are the same in every engine. `src/reference/math.ts` writes the same operations in the same
 * order for one number and is equal bit for bit (only the payload of a NaN is free).
 *
 * Errors are in units in the last place of the correctly rounded result, the largest over all 2^32 inputs
 * (test/exhaustive). NaN gives NaN everywhere. Inputs may be denormal. Results are denormal only where the function is
 * close to the identity (log1p, expm1, tanh and erf near zero); `exp` and `sigmoid` give +0 instead.
 */

export { verf } from "./math/erf";
export { vexp, vexpm1 } from "./math/exponential";
export { FLUSH_BELOW, flush } from "./math/flush";
export { vlog, vlog1p } from "./math/logarithm";
export { vsigmoid, vtanh } from "./math/sigmoid";
