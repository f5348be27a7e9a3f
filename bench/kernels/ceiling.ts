// The machine's SIMD128 ceiling: multiply-add loops over operands that stay in L1, in several tile shapes. Each makes one
// tile of c from a packed [depth][rows] and b packed [depth][cols]. The fastest is what an f32
// product without fused multiply-add can hope for on this processor and this engine.

import { packedPanels } from "../../assembly/gemm/tiles4x8";

/** c[3, 8] = a · b. */
export function tile3x8(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 32;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  for (let p = b; p < end; p += 32) {
    const b00 = v128.load(p), b01 = v128.load(p, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b00)); c21 = f32x4.add(c21, f32x4.mul(x, b01));
    a += 12;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c10, 32); v128.store(c, c11, 48);
  v128.store(c, c20, 64); v128.store(c, c21, 80);
}

/** c[3, 8] = a · b, 2 steps of k a turn. */
export function tile3x8k2(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 32;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  for (let p = b; p < end; p += 64) {
    const b00 = v128.load(p), b01 = v128.load(p, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b00)); c21 = f32x4.add(c21, f32x4.mul(x, b01));
    const b10 = v128.load(p, 32), b11 = v128.load(p, 48);
    x = v128.load32_splat(a, 12);
    c00 = f32x4.add(c00, f32x4.mul(x, b10)); c01 = f32x4.add(c01, f32x4.mul(x, b11));
    x = v128.load32_splat(a, 16);
    c10 = f32x4.add(c10, f32x4.mul(x, b10)); c11 = f32x4.add(c11, f32x4.mul(x, b11));
    x = v128.load32_splat(a, 20);
    c20 = f32x4.add(c20, f32x4.mul(x, b10)); c21 = f32x4.add(c21, f32x4.mul(x, b11));
    a += 24;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c10, 32); v128.store(c, c11, 48);
  v128.store(c, c20, 64); v128.store(c, c21, 80);
}

/** c[4, 8] = a · b. */
export function tile4x8(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 32;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  for (let p = b; p < end; p += 32) {
    const b00 = v128.load(p), b01 = v128.load(p, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b00)); c21 = f32x4.add(c21, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b00)); c31 = f32x4.add(c31, f32x4.mul(x, b01));
    a += 16;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c10, 32); v128.store(c, c11, 48);
  v128.store(c, c20, 64); v128.store(c, c21, 80); v128.store(c, c30, 96); v128.store(c, c31, 112);
}

/** c[5, 8] = a · b. */
export function tile5x8(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 32;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0);
  for (let p = b; p < end; p += 32) {
    const b00 = v128.load(p), b01 = v128.load(p, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b00)); c21 = f32x4.add(c21, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b00)); c31 = f32x4.add(c31, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(x, b00)); c41 = f32x4.add(c41, f32x4.mul(x, b01));
    a += 20;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c10, 32); v128.store(c, c11, 48);
  v128.store(c, c20, 64); v128.store(c, c21, 80); v128.store(c, c30, 96); v128.store(c, c31, 112);
  v128.store(c, c40, 128); v128.store(c, c41, 144);
}

/** c[6, 8] = a · b. */
export function tile6x8(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 32;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0), c51 = f32x4.splat(0);
  for (let p = b; p < end; p += 32) {
    const b00 = v128.load(p), b01 = v128.load(p, 16);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b00)); c21 = f32x4.add(c21, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b00)); c31 = f32x4.add(c31, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(x, b00)); c41 = f32x4.add(c41, f32x4.mul(x, b01));
    x = v128.load32_splat(a, 20);
    c50 = f32x4.add(c50, f32x4.mul(x, b00)); c51 = f32x4.add(c51, f32x4.mul(x, b01));
    a += 24;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c10, 32); v128.store(c, c11, 48);
  v128.store(c, c20, 64); v128.store(c, c21, 80); v128.store(c, c30, 96); v128.store(c, c31, 112);
  v128.store(c, c40, 128); v128.store(c, c41, 144); v128.store(c, c50, 160); v128.store(c, c51, 176);
}

/** c[2, 12] = a · b, 2 steps of k a turn. */
export function tile2x12k2(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 48;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0);
  for (let p = b; p < end; p += 96) {
    const b00 = v128.load(p), b01 = v128.load(p, 16), b02 = v128.load(p, 32);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01)); c02 = f32x4.add(c02, f32x4.mul(x, b02));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01)); c12 = f32x4.add(c12, f32x4.mul(x, b02));
    const b10 = v128.load(p, 48), b11 = v128.load(p, 64), b12 = v128.load(p, 80);
    x = v128.load32_splat(a, 8);
    c00 = f32x4.add(c00, f32x4.mul(x, b10)); c01 = f32x4.add(c01, f32x4.mul(x, b11)); c02 = f32x4.add(c02, f32x4.mul(x, b12));
    x = v128.load32_splat(a, 12);
    c10 = f32x4.add(c10, f32x4.mul(x, b10)); c11 = f32x4.add(c11, f32x4.mul(x, b11)); c12 = f32x4.add(c12, f32x4.mul(x, b12));
    a += 16;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32); v128.store(c, c10, 48);
  v128.store(c, c11, 64); v128.store(c, c12, 80);
}

/** c[2, 16] = a · b. */
export function tile2x16(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 64;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
  for (let p = b; p < end; p += 64) {
    const b00 = v128.load(p), b01 = v128.load(p, 16), b02 = v128.load(p, 32), b03 = v128.load(p, 48);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01)); c02 = f32x4.add(c02, f32x4.mul(x, b02)); c03 = f32x4.add(c03, f32x4.mul(x, b03));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01)); c12 = f32x4.add(c12, f32x4.mul(x, b02)); c13 = f32x4.add(c13, f32x4.mul(x, b03));
    a += 8;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32); v128.store(c, c03, 48);
  v128.store(c, c10, 64); v128.store(c, c11, 80); v128.store(c, c12, 96); v128.store(c, c13, 112);
}

/** c[3, 12] = a · b. */
export function tile3x12(c: usize, a: usize, b: usize, depth: i32): void {
  const end = b + <usize>depth * 48;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0);
  for (let p = b; p < end; p += 48) {
    const b00 = v128.load(p), b01 = v128.load(p, 16), b02 = v128.load(p, 32);
    let x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b00)); c01 = f32x4.add(c01, f32x4.mul(x, b01)); c02 = f32x4.add(c02, f32x4.mul(x, b02));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b00)); c11 = f32x4.add(c11, f32x4.mul(x, b01)); c12 = f32x4.add(c12, f32x4.mul(x, b02));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b00)); c21 = f32x4.add(c21, f32x4.mul(x, b01)); c22 = f32x4.add(c22, f32x4.mul(x, b02));
    a += 12;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32); v128.store(c, c10, 48);
  v128.store(c, c11, 64); v128.store(c, c12, 80); v128.store(c, c20, 96); v128.store(c, c21, 112);
  v128.store(c, c22, 128);
}

/** c[4, 8] = a · b: the core's own loop over packed operands. */
export function packed4x8(c: usize, a: usize, b: usize, depth: i32): void {
  packedPanels(c, 32, a, b, 0, 0, 0, 1, 1, depth, true, true);
}

/**
 * Makes a tile `times` times, for a call from JavaScript takes as long as some of them. The shapes are numbered as in
 * bench/ceiling.ts; they are exported only because else they would be inlined here and share their registers.
 */
export function repeat(shape: i32, times: i32, c: usize, a: usize, b: usize, depth: i32): void {
  for (; times > 0; times--) {
    switch (shape) {
      case 0: { tile3x8(c, a, b, depth); break; }
      case 1: { tile3x8k2(c, a, b, depth); break; }
      case 2: { tile4x8(c, a, b, depth); break; }
      case 3: { tile5x8(c, a, b, depth); break; }
      case 4: { tile6x8(c, a, b, depth); break; }
      case 5: { tile2x12k2(c, a, b, depth); break; }
      case 6: { tile2x16(c, a, b, depth); break; }
      case 7: { tile3x12(c, a, b, depth); break; }
      default: packed4x8(c, a, b, depth);
    }
  }
}
