import { flush } from "./math";

// Sums over the rows of a matrix, for each column: blocks of rows in 32 bits, added in 64 (records/normalise.ts).

/**
 * Rows that go through all panels before the next where each element is by itself: long enough that a panel's constants are read seldom, and so
 * short that the lines stay in L1 (64 rows took twice as long for 64 columns).
 */
export const ELEMENT_BLOCK: i32 = 16;

/** sums[8] += the lanes of `low` and `high`, in 64 bits. */
// @ts-ignore: decorator
@inline
export function addBlock(sums: usize, low: v128, high: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(low)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(v128.shuffle<f64>(low, low, 1, 0))), 16);
  v128.store(sums, f64x2.add(v128.load(sums, 32), f64x2.promote_low_f32x4(high)), 32);
  v128.store(sums, f64x2.add(v128.load(sums, 48), f64x2.promote_low_f32x4(v128.shuffle<f64>(high, high, 1, 0))), 48);
}

/** to[cols] = sums[cols], rounded. */
export function storeSums(to: usize, sums: usize, cols: i32): void {
  for (const end = to + (<usize>cols << 2); to < end; to += 4, sums += 8) store<f32>(to, flushed(load<f64>(sums)));
}

/** x rounded to 32 bits and flushed. */
// @ts-ignore: decorator
@inline
export function flushed(x: f64): f32 {
  return f32x4.extract_lane(flush(f32x4.splat(<f32>x)), 0);
}
