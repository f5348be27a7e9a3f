// Rows are padded to whole vectors with zeros. What isn't zero at zero (sigmoid, exp …) must not reach the padding.

/** All bits set in the first n lanes, 0 ≤ n ≤ 4. */
// @ts-ignore: decorator
@inline
export function lanesBelow(n: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n));
}

/** Clears the padding in the last vector of row x[cols]. */
// @ts-ignore: decorator
@inline
export function maskTail(x: usize, cols: i32): void {
  if (cols & 3) {
    const last = x + (<usize>(cols & ~3) << 2);
    v128.store(last, v128.and(v128.load(last), lanesBelow(cols & 3)));
  }
}

/** (lane 0 + lane 1) + (lane 2 + lane 3). */
// @ts-ignore: decorator
@inline
export function addLanes(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
