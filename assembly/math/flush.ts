import { FLUSH_BELOW as LIMIT } from "../records";
import { COMMON, FLUSH, lanes } from "./common";

/** The limit as a 32-bit float. */
export const FLUSH_BELOW: f32 = <f32>LIMIT;

/** x, or +0 where |x| < 2^-100. NaN stays NaN. Keeps state that decays from ever becoming denormal, which is slow. */
// @ts-ignore: decorator
@inline
export function flush(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), lanes(COMMON, FLUSH)));
}
