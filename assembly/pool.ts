import { flush } from "./math";

// Strips of `count` pixels of a pooled image or its gradient: `stepY` bytes from one to the next, and `stepX` between the pixels of the
// other image that their first taps lie on. Each has ny · nx taps: `rowMove` bytes from a row of them to the next, `colMove` within a row.
// `width` is that of a pixel, in bytes: whole panels.

/**
 * y = max x; the number of the first tap that has it goes to `index`, unless that is 0. NaN is smaller than all. Tap numbers ascend, so
 * that of the last larger one is the largest of them.
 */
export function maxStrip(
  y: usize, stepY: usize, x: usize, stepX: usize, count: i32, width: usize, index: usize,
  ny: i32, nx: i32, rowMove: usize, colMove: usize, tap: i32, rowTap: i32, colTap: i32,
): void {
  for (; count > 0; count--) {
    for (let c: usize = 0; c < width; c += 32) {
      let m0 = f32x4.splat(-Infinity), m1 = m0, i0 = i32x4.splat(tap), i1 = i0;
      let row = x + c, rowNumber = tap;
      for (let ky = ny; ky > 0; ky--) {
        let at = row, number = rowNumber;
        for (let kx = nx; kx > 0; kx--) {
          const x0 = v128.load(at), x1 = v128.load(at, 16), t = i32x4.splat(number);
          i0 = i32x4.max_s(i0, v128.and(t, f32x4.lt(m0, x0)));
          i1 = i32x4.max_s(i1, v128.and(t, f32x4.lt(m1, x1)));
          m0 = f32x4.pmax(m0, x0); m1 = f32x4.pmax(m1, x1);
          at += colMove; number += colTap;
        }
        row += rowMove; rowNumber += rowTap;
      }
      v128.store(y + c, m0); v128.store(y + c, m1, 16);
      if (index) { v128.store(index + c, i0); v128.store(index + c, i1, 16); }
    }
    y += stepY; x += stepX;
    if (index) index += stepY;
  }
}

/** dx = Σ dy over the taps that `index` names: y is dx here, x is dy. */
export function maxGradientStrip(
  y: usize, stepY: usize, x: usize, stepX: usize, count: i32, width: usize, index: usize,
  ny: i32, nx: i32, rowMove: usize, colMove: usize, tap: i32, rowTap: i32, colTap: i32,
): void {
  const toIndex = index - x;
  for (; count > 0; count--) {
    for (let c: usize = 0; c < width; c += 32) {
      let s0 = f32x4.splat(0), s1 = s0;
      let row = x + c, rowNumber = tap;
      for (let ky = ny; ky > 0; ky--) {
        let at = row, number = rowNumber;
        for (let kx = nx; kx > 0; kx--) {
          const t = i32x4.splat(number), places = at + toIndex;
          s0 = f32x4.add(s0, v128.and(v128.load(at), i32x4.eq(v128.load(places), t)));
          s1 = f32x4.add(s1, v128.and(v128.load(at, 16), i32x4.eq(v128.load(places, 16), t)));
          at += colMove; number += colTap;
        }
        row += rowMove; rowNumber += rowTap;
      }
      v128.store(y + c, flush(s0)); v128.store(y + c, flush(s1), 16);
    }
    y += stepY; x += stepX;
  }
}

/** y = Σ x / the whole number at `divisor`, which is `divisorStep` bytes from that of the next pixel. */
export function avgStrip(
  y: usize, stepY: usize, x: usize, stepX: usize, count: i32, width: usize, divisor: usize, divisorStep: usize,
  ny: i32, nx: i32, rowMove: usize, colMove: usize,
): void {
  for (; count > 0; count--) {
    const by = f32x4.convert_i32x4_s(v128.load32_splat(divisor));
    for (let c: usize = 0; c < width; c += 32) {
      let s0 = f32x4.splat(0), s1 = s0, row = x + c;
      for (let ky = ny; ky > 0; ky--) {
        let at = row;
        for (let kx = nx; kx > 0; kx--) {
          s0 = f32x4.add(s0, v128.load(at)); s1 = f32x4.add(s1, v128.load(at, 16));
          at += colMove;
        }
        row += rowMove;
      }
      v128.store(y + c, flush(f32x4.div(s0, by))); v128.store(y + c, flush(f32x4.div(s1, by)), 16);
    }
    y += stepY; x += stepX; divisor += divisorStep;
  }
}

/** dx = Σ dy / its divisor, which moves with dy: y is dx here, x is dy. */
export function avgGradientStrip(
  y: usize, stepY: usize, x: usize, stepX: usize, count: i32, width: usize, divisor: usize, divisorStep: usize,
  ny: i32, nx: i32, rowMove: usize, colMove: usize, divisorRow: usize, divisorCol: usize,
): void {
  for (; count > 0; count--) {
    for (let c: usize = 0; c < width; c += 32) {
      let s0 = f32x4.splat(0), s1 = s0, row = x + c, rowDivisor = divisor;
      for (let ky = ny; ky > 0; ky--) {
        let at = row, atDivisor = rowDivisor;
        for (let kx = nx; kx > 0; kx--) {
          const by = f32x4.convert_i32x4_s(v128.load32_splat(atDivisor));
          s0 = f32x4.add(s0, f32x4.div(v128.load(at), by)); s1 = f32x4.add(s1, f32x4.div(v128.load(at, 16), by));
          at += colMove; atDivisor += divisorCol;
        }
        row += rowMove; rowDivisor += divisorRow;
      }
      v128.store(y + c, flush(s0)); v128.store(y + c, flush(s1), 16);
    }
    y += stepY; x += stepX; divisor += divisorStep;
  }
}
