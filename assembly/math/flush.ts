import { COMMON, FLUSH, lanes } from "./common";

/** Below this magnitude (2^-100) a number counts as nothing, at the places that the contract names. */
export const FLUSH_BELOW: f32 = 7.888609052210118e-31;

/** x, or +0 where |x| < 2^-100. NaN stays NaN. Keeps state that decays from ever becoming denormal, which is slow. */
// @ts-ignore: decorator
@inline
export function flush(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), lanes(COMMON, FLUSH)));
}
