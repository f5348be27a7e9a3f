import { address, shareStart, stride, word } from "./fields";
import { MaxPieces, MaxPiecesBackward } from "./records";

// The largest of the pieces of a maxout unit. Pieces lie `units` numbers apart, at no particular boundary; rows are divided among threads. What is
// passed on is flushed already.

export function maxPiecesPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, MaxPieces.ldy), ldz = stride(r, MaxPieces.ldz), index = address(r, MaxPieces.index);
  const to = shareStart(rows, thread + 1, size);
  for (let row = <usize>shareStart(rows, thread, size); row < <usize>to; row++) {
    maxRow(
      address(r, MaxPieces.y) + row * ldy, index ? index + row * ldy : 0, address(r, MaxPieces.z) + row * ldz,
      word(r, MaxPieces.units), word(r, MaxPieces.pieces),
    );
  }
}

/** y[units] = max over p of z[p · units + unit], whole panels of it; a NaN stays. */
function maxRow(y: usize, index: usize, z: usize, units: i32, pieces: i32): void {
  const piece = <usize>units << 2, whole = <usize>(units & ~3) << 2, width = <usize>((units + 7) & ~7) << 2;
  let c: usize = 0;
  for (; c < whole; c += 16) {
    let best = v128.load(z + c), at = i32x4.splat(0), next = z + c;
    for (let p = 1; p < pieces; p++) {
      next += piece;
      const v = v128.load(next), takes = v128.or(f32x4.gt(v, best), f32x4.ne(v, v));
      best = v128.bitselect(v, best, takes);
      at = v128.bitselect(i32x4.splat(p), at, takes);
    }
    v128.store(y + c, best);
    if (index) v128.store(index + c, at);
  }
  for (; c < piece; c += 4) {
    let best = load<f32>(z + c), at = 0, next = z + c;
    for (let p = 1; p < pieces; p++) {
      next += piece;
      const v = load<f32>(next);
      if (v > best || v != v) { best = v; at = p; }
    }
    store<f32>(y + c, best);
    if (index) store<i32>(index + c, at);
  }
  for (; c < width; c += 4) store<f32>(y + c, 0);
}

export function maxPiecesBackwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const lddz = stride(r, MaxPiecesBackward.lddz), lddy = stride(r, MaxPiecesBackward.lddy);
  const to = shareStart(rows, thread + 1, size);
  for (let row = <usize>shareStart(rows, thread, size); row < <usize>to; row++) {
    scatterRow(
      address(r, MaxPiecesBackward.dz) + row * lddz, address(r, MaxPiecesBackward.dy) + row * lddy,
      address(r, MaxPiecesBackward.index) + row * lddy, word(r, MaxPiecesBackward.units), word(r, MaxPiecesBackward.pieces),
    );
  }
}

/** dz[p · units + unit] = dy[unit] where p = index[unit], else 0. */
function scatterRow(dz: usize, dy: usize, index: usize, units: i32, pieces: i32): void {
  const piece = <usize>units << 2, whole = <usize>(units & ~3) << 2;
  for (let p = 0; p < pieces; p++) {
    const lanes = i32x4.splat(p);
    let c: usize = 0;
    for (; c < whole; c += 16) v128.store(dz + c, v128.and(v128.load(dy + c), i32x4.eq(v128.load(index + c), lanes)));
    for (; c < piece; c += 4) store<f32>(dz + c, load<i32>(index + c) == p ? load<f32>(dy + c) : 0);
    dz += piece;
  }
}
