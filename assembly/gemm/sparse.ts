import { flush } from "../math";
import { finish } from "./rows";
import { madd } from "./sums";

// One row of inputs of which many are exactly zero, as the pixels of an image or what relu lets through. A zero adds nothing to a
// sum: sums start at +0 and so are never −0, and weights are finite. It gives no gradient either, and weights are
// flushed already, so SGD leaves those behind it as they are. What is skipped doesn't change a bit.

/** From this many inputs on it pays to look. */
export const SPARSE_INPUTS = 32;

/** A list is taken where it has at most so many eighths of the inputs: a dense row reads them one after the other. */
const EIGHTHS = 6;

/** How many more than that share may be listed on the way: a row that begins dense is given up soon. */
const SLACK = 16;

/** Lists where x[inputs] is not zero, as offsets in bytes; how many, or −1 where too many are. */
export function listNonZeros(list: usize, x: usize, inputs: i32): i32 {
  const most = inputs * EIGHTHS >> 3, zero = f32x4.splat(0);
  let at = list;
  const end = <usize>inputs << 2;
  for (let offset: usize = 0; offset < end; offset += 16) {
    // Padding is zero: it is not listed.
    let bits = i32x4.bitmask(f32x4.ne(v128.load(x + offset), zero));
    while (bits) {
      store<u32>(at, offset + (ctz(bits) << 2));
      bits &= bits - 1;
      at += 4;
    }
    // Bytes of the list are four times its length, as `offset` is four times the inputs before this vector.
    if (at - list > (offset * EIGHTHS >> 3) + (SLACK << 2)) return -1;
  }
  const count = <i32>((at - list) >> 2);
  return count <= most ? count : -1;
}

/** z[8 · panels] = x · w + bias, over the inputs of a list; panels are `stride` bytes apart. */
export function sparseRow(z: usize, x: usize, list: usize, count: i32, w: usize, stride: usize, bias: usize, panels: i32): void {
  const end = list + (<usize>count << 2), step = select<usize>(32, 0, bias != 0);
  for (; panels > 1; panels -= 2) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    for (let at = list; at < end; at += 4) {
      const offset = <usize>load<u32>(at), p = w + (offset << 3), q = p + stride;
      const s = v128.load32_splat(x + offset);
      c0 = madd(c0, s, v128.load(p)); c1 = madd(c1, s, v128.load(p, 16));
      c2 = madd(c2, s, v128.load(q)); c3 = madd(c3, s, v128.load(q, 16));
    }
    finish(z, c0, bias, true); finish(z + 16, c1, bias + (step >> 1), true); bias += step;
    finish(z + 32, c2, bias, true); finish(z + 48, c3, bias + (step >> 1), true); bias += step;
    z += 64; w += stride << 1;
  }
  if (panels) {
    let c0 = f32x4.splat(0), c1 = c0;
    for (let at = list; at < end; at += 4) {
      const offset = <usize>load<u32>(at), p = w + (offset << 3);
      const s = v128.load32_splat(x + offset);
      c0 = madd(c0, s, v128.load(p)); c1 = madd(c1, s, v128.load(p, 16));
    }
    finish(z, c0, bias, true); finish(z + 16, c1, bias + (step >> 1), true);
  }
}

/** One panel of SGD's step by one row: w[inputs of a list, 8] − rate · xᵀ · dz. */
export function sparseStep(w: usize, x: usize, list: usize, count: i32, dz: usize, rate: v128): void {
  const b0 = v128.load(dz), b1 = v128.load(dz, 16);
  for (const end = list + (<usize>count << 2); list < end; list += 4) {
    const offset = <usize>load<u32>(list), at = w + (offset << 3), s = v128.load32_splat(x + offset);
    v128.store(at, flush(f32x4.sub(v128.load(at), f32x4.mul(rate, flush(f32x4.mul(s, b0))))));
    v128.store(at, flush(f32x4.sub(v128.load(at, 16), f32x4.mul(rate, flush(f32x4.mul(s, b1))))), 16);
  }
}
