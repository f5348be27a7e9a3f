import { flush } from "../math";

/**
 * dw[inputs, outputs] = xᵀ[inputs, rows] · dz[rows, outputs], written straight into panels; dbias[outputs] = Σ over rows of dz
 * (left out where `dbias` is 0). ldx and lddz are in bytes.
 */
export function denseWeightGradient(
  dw: usize, dbias: usize, x: usize, ldx: usize, dz: usize, lddz: usize, rows: i32, inputs: i32, outputs: i32,
): void {
  const tiles = (inputs + 3) >> 2;
  const stride = <usize>tiles << 7;
  const panels = (outputs + 7) >> 3;
  for (let p = 0; p < panels; p++) {
    if (rows == 1) outerProduct4x8(dw, x, dz, tiles);
    else weightGradient4x8(dw, x, ldx, dz, lddz, tiles, rows);
    if (dbias) {
      sumRows8(dbias, dz, lddz, rows);
      dbias += 32;
    }
    dw += stride; dz += 32;
  }
}

/** One panel: dw[4 · tiles, 8] = xᵀ · dz over `rows` terms in ascending order. */
function weightGradient4x8(dw: usize, x: usize, ldx: usize, dz: usize, lddz: usize, tiles: i32, rows: i32): void {
  const end = dz + rows * lddz;
  for (; tiles > 0; tiles--) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    let a = x;
    for (let d = dz; d < end; d += lddz) {
      const b0 = v128.load(d), b1 = v128.load(d, 16);
      let s = v128.load32_splat(a);
      c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
      s = v128.load32_splat(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
      s = v128.load32_splat(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
      s = v128.load32_splat(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
      a += ldx;
    }
    v128.store(dw, flush(c00)); v128.store(dw, flush(c01), 16);
    v128.store(dw, flush(c10), 32); v128.store(dw, flush(c11), 48);
    v128.store(dw, flush(c20), 64); v128.store(dw, flush(c21), 80);
    v128.store(dw, flush(c30), 96); v128.store(dw, flush(c31), 112);
    dw += 128; x += 16;
  }
}

/** One panel of one row's gradient: dw[4 · tiles, 8] = xᵀ · dz, an outer product. */
function outerProduct4x8(dw: usize, x: usize, dz: usize, tiles: i32): void {
  const b0 = v128.load(dz), b1 = v128.load(dz, 16);
  for (; tiles > 0; tiles--) {
    let s = v128.load32_splat(x);
    v128.store(dw, flush(f32x4.mul(s, b0))); v128.store(dw, flush(f32x4.mul(s, b1)), 16);
    s = v128.load32_splat(x, 4);
    v128.store(dw, flush(f32x4.mul(s, b0)), 32); v128.store(dw, flush(f32x4.mul(s, b1)), 48);
    s = v128.load32_splat(x, 8);
    v128.store(dw, flush(f32x4.mul(s, b0)), 64); v128.store(dw, flush(f32x4.mul(s, b1)), 80);
    s = v128.load32_splat(x, 12);
    v128.store(dw, flush(f32x4.mul(s, b0)), 96); v128.store(dw, flush(f32x4.mul(s, b1)), 112);
    dw += 128; x += 16;
  }
}

/** sum[8] = Σ over rows of x[rows, 8], in ascending order. */
function sumRows8(sum: usize, x: usize, ldx: usize, rows: i32): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (; rows > 0; rows--) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    x += ldx;
  }
  v128.store(sum, flush(s0));
  v128.store(sum, flush(s1), 16);
}
