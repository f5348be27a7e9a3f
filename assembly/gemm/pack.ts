// Operands in the order in which tiles4x8 takes them.

/** to[rows / 4][depth padded to 4][4] = x[rows, depth] turned, for whole fours of rows; the padding of x is copied. */
export function packRows(to: usize, x: usize, ldx: usize, rows: i32, depth: i32): void {
  for (; rows > 0; rows -= 4) {
    for (let k: usize = 0, end = <usize>depth << 2; k < end; k += 16) {
      turn4x4(to, 16, x + k, ldx);
      to += 64;
    }
    x += ldx << 2;
  }
}

/** to[tiles][rows][4] = x[rows, 4 · tiles]. */
export function packTiles(to: usize, x: usize, ldx: usize, tiles: i32, rows: i32): void {
  const step = <usize>rows << 4;
  let row = 0;
  for (; row < rows - 3; row += 4) {
    const x1 = x + ldx, x2 = x1 + ldx, x3 = x2 + ldx;
    let at = to + (<usize>row << 4);
    for (let c: usize = 0, end = <usize>tiles << 4; c < end; c += 16) {
      v128.store(at, v128.load(x + c)); v128.store(at, v128.load(x1 + c), 16);
      v128.store(at, v128.load(x2 + c), 32); v128.store(at, v128.load(x3 + c), 48);
      at += step;
    }
    x = x3 + ldx;
  }
  for (; row < rows; row++) {
    let at = to + (<usize>row << 4);
    for (let c: usize = 0, end = <usize>tiles << 4; c < end; c += 16) {
      v128.store(at, v128.load(x + c));
      at += step;
    }
    x += ldx;
  }
}

/** to[rows][8] = dz[rows, 8]. */
export function packPanel(to: usize, dz: usize, lddz: usize, rows: i32): void {
  for (const end = to + (<usize>rows << 5); to < end; to += 32) {
    v128.store(to, v128.load(dz)); v128.store(to, v128.load(dz, 16), 16);
    dz += lddz;
  }
}

/** to[4, 4] = from[4, 4] turned, with rows ldto and ldfrom bytes apart. */
// @ts-ignore: decorator
@inline
export function turn4x4(to: usize, ldto: usize, from: usize, ldfrom: usize): void {
  const from2 = from + (ldfrom << 1), to2 = to + (ldto << 1);
  const r0 = v128.load(from), r1 = v128.load(from + ldfrom), r2 = v128.load(from2), r3 = v128.load(from2 + ldfrom);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  v128.store(to + ldto, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
  v128.store(to2, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
  v128.store(to2 + ldto, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
}
