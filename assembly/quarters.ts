import { word } from "./fields";
import { flush } from "./math";
import { SweepTable } from "./records";

// The maximum of 2 × 2 pixels side by side, the usual window: without loops over taps, and backward each gradient goes out at once to its
// four pixels. The bits are those of the strips in pool.ts.

/** One image. `width` is that of a pixel in bytes; `index` is 0 where it isn't wanted. */
export function maxQuarters(y: usize, ldy: usize, x: usize, ldx: usize, width: usize, table: usize, index: usize): void {
  const outWidth = word(table, SweepTable.toWidth), row = <usize>word(table, SweepTable.fromWidth) * ldx;
  for (let oy = word(table, SweepTable.toPoints) / outWidth; oy > 0; oy--) {
    quarterRow(y, ldy, x, ldx, row, outWidth, width, index);
    y += <usize>outWidth * ldy; x += 2 * row;
    if (index) index += <usize>outWidth * ldy;
  }
}

/** One row of y. */
function quarterRow(y: usize, ldy: usize, x: usize, ldx: usize, row: usize, count: i32, width: usize, index: usize): void {
  const least = f32x4.splat(-Infinity), one = i32x4.splat(1), two = i32x4.splat(2), three = i32x4.splat(3);
  const indexAt = index - y;
  for (; count > 0; count--) {
    let at = x;
    const end = y + width;
    for (let to = y; to < end; to += 16) {
      let m = f32x4.pmax(least, v128.load(at)), next = v128.load(at + ldx);
      let i = v128.and(one, f32x4.lt(m, next));
      m = f32x4.pmax(m, next);
      next = v128.load(at + row);
      i = i32x4.max_s(i, v128.and(two, f32x4.lt(m, next)));
      m = f32x4.pmax(m, next);
      next = v128.load(at + row + ldx);
      i = i32x4.max_s(i, v128.and(three, f32x4.lt(m, next)));
      v128.store(to, f32x4.pmax(m, next));
      if (index) v128.store(to + indexAt, i);
      at += 16;
    }
    y += ldy; x += 2 * ldx;
  }
}

/** One image of dx from dy; the last row and column of an odd number get nothing. */
export function maxQuartersGradient(dx: usize, lddx: usize, dy: usize, lddy: usize, width: usize, table: usize, index: usize): void {
  const toWidth = word(table, SweepTable.toWidth), outWidth = word(table, SweepTable.fromWidth), row = <usize>toWidth * lddx;
  for (let oy = word(table, SweepTable.fromPoints) / outWidth; oy > 0; oy--) {
    quarterRowGradient(dx, lddx, row, dy, lddy, outWidth, width, index);
    if (toWidth & 1) {
      zero(dx + row - lddx, width);
      zero(dx + 2 * row - lddx, width);
    }
    dx += 2 * row; dy += <usize>outWidth * lddy; index += <usize>outWidth * lddy;
  }
  if ((word(table, SweepTable.toPoints) / toWidth) & 1) {
    for (const end = dx + row; dx < end; dx += lddx) zero(dx, width);
  }
}

/** Two rows of dx. */
function quarterRowGradient(dx: usize, lddx: usize, row: usize, dy: usize, lddy: usize, count: i32, width: usize, index: usize): void {
  const zero = i32x4.splat(0), one = i32x4.splat(1), two = i32x4.splat(2), three = i32x4.splat(3);
  const indexAt = index - dy;
  for (; count > 0; count--) {
    let to = dx;
    const end = dy + width;
    for (let at = dy; at < end; at += 16) {
      const d = flush(v128.load(at)), i = v128.load(at + indexAt);
      v128.store(to, v128.and(d, i32x4.eq(i, zero)));
      v128.store(to + lddx, v128.and(d, i32x4.eq(i, one)));
      v128.store(to + row, v128.and(d, i32x4.eq(i, two)));
      v128.store(to + row + lddx, v128.and(d, i32x4.eq(i, three)));
      to += 16;
    }
    dx += 2 * lddx; dy += lddy;
  }
}

function zero(x: usize, width: usize): void {
  for (const end = x + width; x < end; x += 16) v128.store(x, f32x4.splat(0));
}
